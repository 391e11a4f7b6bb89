/* redact: keeps the lines of hidden tests out of what a student reads. */
#ifndef GRADER_REDACT_H
#define GRADER_REDACT_H

/* text (an error's sentence or traceback) without its lines that quote a line of full (a test cell's source) that is
 * not in shown (the same cell in the release). Malloc'd. */
char *redact(const char *text, const char *full, const char *shown);

#endif
