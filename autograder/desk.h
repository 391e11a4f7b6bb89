/* desk: what lies before a person who grades, as JSON: the parts that wait for one, the answers of a part without their
 * names, the points given. serve.c carries it to a browser. */
#ifndef GRADER_DESK_H
#define GRADER_DESK_H

#include <jansson.h>

#include "autograder/course.h"
#include "autograder/gradebook.h"
#include "autograder/strings.h"

struct desk {
    struct course course;
    struct gradebook book;
    const char *assignment; /* NULL: all */
    char *salt;             /* of the pseudonyms */
    char *grader;           /* who sits here */
    enum language language; /* in which it speaks */
};

/* assignment must outlive the desk; language: as --language takes it, or NULL for the course's. False with a malloc'd
 * *error. */
bool desk_open(struct desk *desk, const char *course, const char *assignment, const char *language, char **error);
void desk_close(struct desk *desk);

/* An HTTP status and its body. Everything but 200 has {"error": sentence}; the caller releases body. */
struct desk_reply {
    int status;
    json_t *body;
};

/* Which answers are meant. who is a pseudonym. Fields may be NULL: the reply is then 404. */
struct desk_place {
    const char *assignment, *part, *who;
};

/* [{assignment, part, points, answers, done}] */
struct desk_reply desk_parts(struct desk *desk);
/* {task, model, points, answers: [answer]}; task is HTML made of the instructor's Markdown, model the instructor's own
 * answer. An answer is {who, answer, score, comment, grader, untouched, state}; score is null where nobody gave one. */
struct desk_reply desk_answers(struct desk *desk, const struct desk_place *place);
/* {name}: who it is. */
struct desk_reply desk_name(struct desk *desk, const struct desk_place *place);
/* {pictures: [{name, type, data}]}: what is attached to the answer's text, data in base64. */
struct desk_reply desk_pictures(struct desk *desk, const struct desk_place *place);
/* {cells}: what the same student wrote in the answers that tests score, and what the tests found. */
struct desk_reply desk_work(struct desk *desk, const struct desk_place *place);
/* Takes {assignment, part, who, score, comment, state}: 200 {answer}; 400 for a score that cannot be; 409 with {answer}
 * as it is now, when it is no longer what state says was seen. */
struct desk_reply desk_give(struct desk *desk, json_t *given);

#endif
