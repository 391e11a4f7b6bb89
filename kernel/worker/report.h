/* report: a record (lib/record's bytes) written without the heap, for a process whose heap may be broken or locked. */
#ifndef OTO_WORKER_REPORT_H
#define OTO_WORKER_REPORT_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* One report at a time: begin, add fields, send. Texts are cut at 8 KiB and fields that do not fit are left out. */
void report_begin(int kind);
void report_text(const char *name, const char *text);
void report_integer(const char *name, int64_t value);
void report_bytes(const char *name, const void *bytes, size_t size);
void report_send(void);

#pragma GCC visibility pop
#endif
