/*
 * list - globs with something behind them, asked which of them match an item.
 * Filled by lists.c, then constant.  What a glob ends with leads to it, so
 * that a question costs little however many entries there are.
 */
#ifndef RULES_LIST_H
#define RULES_LIST_H

#include "base/map.h"
#include "rules/lists.h"

struct list_entry {
	struct span glob, second;
	bool gone;		/* taken out by an "un" line */
	size_t next;		/* in its chain: number + 1, or 0 */
};

struct list {
	struct list_entry *entries;
	size_t count, room;
	struct map by_glob;	/* glob as written -> chain, for taking out */
	/* Chains: entries without wildcards by themselves, others by what
	 * they end with, whole labels; the rest in one. */
	struct map exact, tails;
	size_t others;
};

struct list *list_new(void);
void list_free(struct list *);

/* Texts outlive the list. */
void list_add(struct list *, struct span glob, struct span second);

/* Takes out all entries of that glob, or only those with that second. */
void list_drop(struct list *, struct span glob, const struct span *second);

/* When all is said: makes the list ready to be asked. */
void list_ready(struct list *);

#endif
