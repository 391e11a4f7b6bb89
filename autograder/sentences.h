/* sentences: what the grader, the library's checks and the notebook reader said in English, said in another language.
 *
 * Who compares does not know who will read: the line is kept in English in the gradebook, and is recognised again, a
 * clause at a time, when a page is made of it. tests/grader/test_sentences.py finds each of these sentences in the
 * sources and wants it here. */
#ifndef GRADER_SENTENCES_H
#define GRADER_SENTENCES_H

#include "autograder/strings.h"

/* The line in language, malloc'd; NULL when it has to stay English because part of it is not known here. */
char *sentence_in(enum language language, const char *english);

/* What the name of an error means ("SegmentationFault"), or NULL for a name that is none of the kernel's. */
const char *error_meaning(enum language language, const char *ename);

#endif
