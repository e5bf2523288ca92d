/*
 * tortureapart - whether the daemon of a private copy would keep clear of the
 * original: of its sockets, files, services and programs.
 */
#ifndef CTL_TORTUREAPART_H
#define CTL_TORTUREAPART_H

#include "conf/conf.h"

/*
 * theirs is the original as it is in effect, ours the copy, both of the same
 * sections; dir is the copy's folder, an absolute path.  0, or -1 with the
 * first thing that both would share, or that lies outside of dir.
 */
int apart_check(const struct conf *theirs, const struct conf *ours,
    const char *dir, struct error *error);

#endif
