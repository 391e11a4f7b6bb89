/* parallel: one loop on several threads. For the library's own files.
 *
 * The indices 0 <= i < count are cut into pieces of `grain`, and body(from, to, context) is called once for each piece,
 * on whichever thread is free. How they are cut depends on count and grain alone; so a body whose pieces write apart
 * from one another gives the same bits with any number of threads. A sum over all pieces is kept one partial sum a
 * piece, and added up in order afterwards.
 *
 * A body makes no values of the library and refuses nothing: both belong to the thread that called. It may ask
 * oto_interrupt_pending, and then return early; pieces not yet begun are left out once it is true.
 */
#ifndef OTO_PARALLEL_H
#define OTO_PARALLEL_H

#include <stdint.h>

void oto_parallel(int64_t count, int64_t grain, void (*body)(int64_t from, int64_t to, void *context), void *context);

/* How many threads the library uses: what oto_set_threads said, else OTO_THREADS of the environment, else as many as
 * there are processors for this process. oto_set_threads(0) is back to that; it returns the number before. Results are
 * the same with any number. */
int oto_threads(void);
int oto_set_threads(int threads);

/* Ends the threads that wait for the next loop, which would bring them back. A fork does so by itself, because it
 * copies no threads; so does the host before it copies a session in a way of its own. */
void oto_parallel_rest(void);

#endif
