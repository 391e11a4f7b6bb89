/* serve: one process stands ready with everything that comes before a unit already read, and forks: each child compiles
 * one unit. A child that crashes, or takes too much, ends alone; what its text did is gone with it. */
#ifndef OTO_COMPILER_SERVE_H
#define OTO_COMPILER_SERVE_H

#include "kernel/compiler/compile.h"

/* To be called first: a cell's code runs as the same user, and may neither read nor write in this process and its
 * children, for what they read may be a hidden test. */
void serve_privately(void);

/* Returns in a child, with the text of a unit that it is to compile and reply to. The process itself stays inside, and
 * exits when its engine is gone or a child ended badly. socket: where requests come from. A child is forked, and
 * touches its memory, ahead of its unit; thrifty: when the unit is there, which takes longer, but less of the
 * processors. */
struct bytes serve_next(int socket, bool thrifty);

/* Writes the reply; false when nobody reads it. */
bool serve_reply(int socket, const struct compiled *compiled);

#endif
