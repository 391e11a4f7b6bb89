/* deferred: libraries that are opened when a function of theirs is first called. At the start of a worker they would be
 * most of what it costs: 25 files with what they need in turn, and 15,000 symbols to look up.
 */
#ifndef OTO_WORKER_DEFERRED_H
#define OTO_WORKER_DEFERRED_H

#pragma GCC visibility push(hidden)

/* What a name means that nothing opened so far defines: all of these libraries are opened for it. NULL: nothing. */
void *deferred_symbol(const char *name);

#pragma GCC visibility pop
#endif
