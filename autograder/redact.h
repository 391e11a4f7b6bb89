/* redact: keeps the lines of hidden tests out of what a student reads. */
#ifndef GRADER_REDACT_H
#define GRADER_REDACT_H

/* text (an error's sentence or traceback) without its lines that quote a line of full (the test cells' sources) that is
 * not in shown (what the student has), and without what stands in grey below these. Malloc'd. */
char *redact(const char *text, const char *full, const char *shown);

#endif
