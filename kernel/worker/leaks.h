/* leaks: memory that nothing points to any more, as LeakSanitizer sees it. */
#ifndef OTO_WORKER_LEAKS_H
#define OTO_WORKER_LEAKS_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* LeakSanitizer's report, "" when nothing leaks; malloc'd. NULL: no memory. */
char *leaks_report(void);

#pragma GCC visibility pop
#endif
