/* finding: what a program did that C does not define, while it went on -> a warning. */
#ifndef OTO_FINDING_H
#define OTO_FINDING_H

#include "kernel/engine/process.h"
#include "kernel/engine/session.h"

/* As text, malloc'd; NULL when nothing was found. number: the cell. */
char *findings_text(const struct session *session, const struct run_result *result, int number);

#endif
