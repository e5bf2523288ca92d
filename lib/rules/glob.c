/* glob - patterns of * and ?. */
#include "rules/glob.h"

/* barrier: the byte that no star takes, or -1. */
static bool
match(struct span glob, struct span item, int barrier)
{
	size_t g = 0, i = 0, star = glob.n, mark = 0;

	/* Only the last star need ever take more: greedy earlier ones do. */
	while (i < item.n) {
		if (g < glob.n && glob.p[g] == '*') {
			star = g++;
			mark = i;
		} else if (g < glob.n &&
		    (glob.p[g] == '?' || glob.p[g] == item.p[i])) {
			g++;
			i++;
		} else if (star < glob.n && item.p[mark] != barrier) {
			g = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

bool
glob_match(struct span glob, struct span item)
{
	return match(glob, item, -1);
}

bool
glob_match_label(struct span glob, struct span item)
{
	return match(glob, item, '.');
}
