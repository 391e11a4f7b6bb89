/* timing: %time and %timeit, called by generated code around what is timed. They print to stdout. */
#ifndef OTO_WORKER_TIMING_H
#define OTO_WORKER_TIMING_H

/* Starts the clocks of %time; oto_cell_time_end stops and prints them. */
void oto_cell_time_begin(void);
void oto_cell_time_end(void);

/* %timeit: timed runs the statement so often, between oto_cell_clock_start and oto_cell_clock_stop. loops 0: enough of
 * them to be measured. Prints mean and standard deviation of the runs, for one loop. */
void oto_cell_timeit(void (*timed)(long loops), long loops, int runs);
void oto_cell_clock_start(void);
void oto_cell_clock_stop(void);

#pragma GCC visibility push(hidden)
/* The value of what is timed is there: showing it is no part of it. */
void timing_result(void);
#pragma GCC visibility pop

#endif
