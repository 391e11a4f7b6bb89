/* children: the processes that cells started and left. */
#ifndef OTO_WORKER_CHILDREN_H
#define OTO_WORKER_CHILDREN_H

#include "kernel/worker/worker.h"

struct children {
    pid_t *list;
    size_t count;
};

#pragma GCC visibility push(hidden)

/* Once, at start-up. False when there is no memory. */
bool children_open(void);
/* Has cell code forked since children_begin? A child may still be executing what the parent is done with. */
void children_begin(void);
bool children_forked(void);
/* The children that this process has now. Release with children_forget. */
struct children children_list(void);
/* Has that process, a child of this one, children itself? */
bool children_exist(pid_t pid);
void children_forget(struct children *children);
/* Kills and collects every child that is not among those, and what these leave in turn; forgets the list. */
void children_end_others(struct children *before);

#pragma GCC visibility pop
#endif
