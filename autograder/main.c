/* oto-grade: the autograder of Oto's exercises. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "autograder/commands.h"
#include "autograder/files.h"
#include "autograder/options.h"

static const struct command {
    const char *name;
    int (*function)(int count, char **words);
    const char *help;
} commands[] = {
    {"release", command_release,
     "SOLUTION.ipynb -o FOLDER [--full FOLDER] [--check]\n"
     "        the student's notebook and the expectations of its visible checks; --full also writes\n"
     "        those of all checks, for nbgrader; --check writes nothing: status 1 when FOLDER is stale"},
    {"check", command_check,
     "SOLUTION.ipynb [--mutants N [--seed N]] [--jobs N]\n"
     "        proves the exercise: solution, release, known wrong and right answers; status 1 when one fails;\n"
     "        --mutants: up to N small mistakes in each solution; status 1 when fewer than 95 % lose points"},
    {"run", command_run,
     "[--course COURSE] [--assignment A] [--student S] [--jobs N] [--seed N] [--again] [--json]\n"
     "        [--unprotected] [--slurm [-- SBATCH-OPTION ...]]\n"
     "        grades what is in COURSE/submitted into COURSE/gradebook.db; what did not change is not run again;\n"
     "        status 1 when not all that was handed in is graded, 2 when nothing could begin;\n"
     "        --unprotected: even where a layer of the sandbox that matters is missing (doctor);\n"
     "        --slurm: by the nodes of the site's Slurm; interrupted, the same command goes on"},
    {"report", command_report,
     "[--course COURSE] [--assignment A] [--student S] [--json | --to html -o FILE [--anonymous] [--language en|ja]]\n"
     "        the table of scores; --to html: the class as a page, with what its checks are worth"},
    {"feedback", command_feedback,
     "[--course COURSE] [--assignment A] [--student S] [--language en|ja]\n"
     "        COURSE/feedback/STUDENT/ASSIGNMENT/NOTEBOOK.html and .ipynb: what each check expected and got"},
    {"manual", command_manual,
     "[--course COURSE] [[--assignment A] [--student S] [-o FILE] | --from FILE]\n"
     "        what a person grades, as a table (CSV); --from takes the scores and comments filled in there"},
    {"serve", command_serve,
     "[--course COURSE] [--assignment A] [--port N] [--language en|ja]\n"
     "        a page on this machine (127.0.0.1) for grading by hand: the answers of a part side by side"},
    {"import", command_import,
     "--from nbgrader [--course COURSE] [--assignment A] [--student S]\n"
     "        the scores and comments given in nbgrader's formgrader, all or none (export --to nbgrader first)"},
    {"diff", command_diff,
     "[--course COURSE] [--assignment A] [--student S] [--json]\n"
     "        which scores changed since feedback or an export handed them out"},
    {"forget", command_forget,
     "[--course COURSE] [--assignment A] [--student S]\n"
     "        takes them out of gradebook.db, with what was given by hand; needs at least one of both names"},
    {"export", command_export,
     "--to csv|canvas|moodle|gradescope|nbgrader|jsonl [--course COURSE] [--assignment A] [--student S]\n"
     "               [-o FILE] [--anonymous]\n"
     "        the scores for another program; gradescope wants -o FOLDER; nbgrader: into its tables of\n"
     "        gradebook.db and into autograded/; --anonymous: pseudonyms, for jsonl"},
    {"gradescope", command_gradescope,
     "-o FILE.zip [--course COURSE] [--assignment A]\n"
     "        the archive from which Gradescope makes an autograder of one assignment"},
    {"similar", command_similar,
     "[--course COURSE] [--assignment A] [--student S] [-o FOLDER] [--json] [--language en|ja]\n"
     "        pairs of submissions alike after renaming; both side by side in COURSE/similar/ASSIGNMENT.html"},
    {"doctor", command_doctor, "\n        what this machine enforces around a student's code"},
};

static void print_help(FILE *out, const struct command *command) {
    fprintf(out, "    oto-grade %s %s\n", command->name, command->help);
}

static int usage(FILE *out, int status) {
    fputs("oto-grade: grades C notebooks of Oto\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) print_help(out, &commands[i]);
    fputs("\noto-grade COMMAND --help shows one of them. See autograder/README.md.\n", out);
    return status;
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* --help stands anywhere before what is passed on (run --slurm -- ...). */
static bool wants_help(int count, char **words) {
    for (int i = 2; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) return true;
    return false;
}

/* Where the caller closed 0, 1 or 2, a file opened later, the gradebook even, would get that number and what is
 * printed. What cannot be written in its place says so when it is. */
static void hold_standard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", O_RDONLY);
}

int main(int count, char **words) {
    hold_standard_descriptors();
    if (count < 2) return usage(stderr, 2);
    bool help_first = asks_for_help(words[1]),
         help = help_first || wants_help(count, words) || (count == 3 && asks_for_help(words[2]));
    if (help_first && count == 2) return usage(stdout, 0);
    const char *name = words[help_first ? 2 : 1];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) != 0) continue;
        if (help) {
            print_help(stdout, &commands[i]);
            return 0;
        }
        int status = commands[i].function(count - 2, words + 2);
        char *error;
        return status == 2 || output_flush(&error) ? status : complain_and_free(error);
    }
    fprintf(stderr, "oto-grade: no command \"%s\" (oto-grade help)\n", name);
    return 2;
}
