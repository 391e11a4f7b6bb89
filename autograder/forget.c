/* oto-grade forget: takes a student, an assignment, or what one handed in for the other, out of the gradebook. */
#include <stdio.h>

#include "autograder/commands.h"
#include "autograder/gradebook.h"
#include "autograder/options.h"

int command_forget(int count, char **words) {
    struct options options;
    struct gradebook book;
    size_t forgotten, by_hand;
    char *error = NULL;
    if (!options_read_course(&options, "--course --assignment --student", count, words)) return 2;
    if (!options.student && !options.assignment) {
        fprintf(stderr, "oto-grade: forget needs --student NAME, --assignment NAME or both: what they name is taken "
                        "out of the gradebook\n");
        return 2;
    }
    if (!gradebook_open_course_for(&book, options.course, options.assignment, options.student, &error))
        return complain_and_free(error);
    bool done = gradebook_forget(&book, options.assignment, options.student, &forgotten, &by_hand, &error);
    gradebook_close(&book);
    if (!done) return complain_and_free(error);
    printf(
        "forgot %zu submission%s, %zu score%s or comment%s given by hand among it; what lies in the course's folders "
        "(submitted/, feedback/, autograded/), and nbgrader's own tables, stay\n",
        forgotten, forgotten == 1 ? "" : "s", by_hand, by_hand == 1 ? "" : "s", by_hand == 1 ? "" : "s");
    return 0;
}
