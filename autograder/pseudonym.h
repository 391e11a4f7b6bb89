/* pseudonym: what stands for a student's name where it must not be known. */
#ifndef GRADER_PSEUDONYM_H
#define GRADER_PSEUDONYM_H

#include "autograder/gradebook.h"

/* A secret of this gradebook (malloc'd), so that a pseudonym stays the same in every export and cannot be made from a
 * name. NULL with a malloc'd *error. */
char *pseudonym_salt(struct gradebook *book, char **error);
/* The student's pseudonym, 16 hexadecimal digits, or without a salt the name itself; malloc'd. */
char *pseudonym_of(const char *salt, const char *student);

#endif
