/* policy: what an instructor decides about a course, in COURSE/course.json, which need not be there:
 *
 *     {"language": "ja",
 *      "assignments": {"01_sound": {"due": "2026-10-09 23:59 +09:00"}},
 *      "late": {"grace_minutes": 15, "free_days": 3, "penalty_per_day": 0.1, "last_day": 7},
 *      "students": {"s1": {"name": "Ada Lovelace", "email": "ada@example.org", "id": "1815",
 *                          "extra_days": {"01_sound": 2}}}}
 *
 * A due date without an offset is in UTC. language is that of feedback and of the pages of report, similar and serve,
 * "en" (as when nothing is said) or "ja". A submission is late by the days begun since it was due (and the grace is
 * over). Each student has free_days over the whole course, used up in the order in which assignments are due; each
 * further day takes penalty_per_day of what was earned, and after last_day (counted from the due date, extra days
 * added) nothing is left. What is ungradable earned nothing, so it uses up no free days. When a student handed in is
 * read from nbgrader's timestamp.txt; without it, or without a due date, nothing is late. An assignment of which there
 * is neither a source nor a score is said on stderr: the dates of a whole term may stand there, and so may a misspelt
 * name. */
#ifndef GRADER_POLICY_H
#define GRADER_POLICY_H

#include "autograder/gradebook.h"
#include "autograder/strings.h"

/* Reads COURSE/course.json into tables of this connection: oto_language(code), oto_due(assignment, due),
 * oto_student(student, name, email, id) and oto_late(student, assignment, days, free, penalty), the last for every
 * submission that is late. False with a malloc'd *error that names the file and the field. */
bool policy_load(struct gradebook *book, const char *course, char **error);

/* The language that was asked for ("ja", as --language takes it), else (NULL) the course's, else English. False with a
 * malloc'd *error when there is no such language. */
bool policy_language(struct gradebook *book, const char *asked, enum language *language, char **error);

#endif
