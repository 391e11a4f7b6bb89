/* oto-data: renders the data sets of the course. See data/README.md.
 *
 *     oto-data FOLDER [WHAT ...]       makes what is missing below FOLDER, with two processes. WHAT is a set, or the
 *                                      beginning of some of its files: notes, notes/TimGM6mb/reed; left out: all sets
 *     oto-data FOLDER --excerpts TO    copies the excerpts that are committed from FOLDER to the folder TO
 *
 * A file is complete or not there, so the program may be stopped at any time and started again. */
#include "excerpts.h"
#include "file.h"
#include "lib/show/progress.h"
#include "set.h"
#include "studio.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

/* The loops are played from the patterns of the drums, so in this order. */
static const struct set *const sets[] = {&notes_set, &techniques_set, &melodies_set, &piano_set,
                                         &drums_set, &loops_set,      &styles_set,   &stems_set};
enum { SETS = sizeof sets / sizeof *sets, WORKERS = 2 };

/* The set that a word names, or the files of which begin with it. */
static const struct set *set_of(const char *word) {
    size_t length = strcspn(word, "/");
    for (size_t i = 0; i < SETS; i++)
        if (strlen(sets[i]->name) == length && strncmp(sets[i]->name, word, length) == 0) return sets[i];
    fprintf(stderr, "data: there is no set \"%.*s\"; there are", (int)length, word);
    for (size_t i = 0; i < SETS; i++) fprintf(stderr, " %s", sets[i]->name);
    fputc('\n', stderr);
    return NULL;
}

/* The tasks of a set that are not done yet. */
struct tasks {
    const struct set *set;
    int64_t *numbers, count;
};

static struct tasks missing_of(const struct set *set, const char *beginning) {
    int64_t count = set->count();
    struct tasks tasks = {.set = set, .numbers = need_memory((size_t)count + 1, sizeof(int64_t))};
    for (int64_t i = 0; i < count; i++) {
        char *target = set->target(i);
        if (strncmp(target, beginning, strlen(beginning)) == 0 && !is_there(target)) tasks.numbers[tasks.count++] = i;
        free(target);
    }
    return tasks;
}

/* Does a task in a process of its own, so that each begins with players that have never played: what they played before
 * would change the last bits of what they play next. */
static bool do_task(const struct set *set, int64_t number) {
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        _exit(set->make(number) ? 0 : 1);
    }
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A worker takes task after task from a counter that all share, and writes a byte for each that is done. */
static void work(const struct tasks *tasks, atomic_int_least64_t *next, int done) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (int64_t i; (i = atomic_fetch_add(next, 1)) < tasks->count;)
        if (!do_task(tasks->set, tasks->numbers[i]) || write(done, "", 1) != 1) _exit(1);
    _exit(0);
}

/* Reads a byte for each task that is done, until every worker has closed its end. */
static void follow(const struct tasks *tasks, int done) {
    OtoProgress bar = oto_progress(tasks->count, tasks->set->name);
    char bytes[64];
    for (ssize_t got; (got = read(done, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR);)
        if (got > 0) {
            oto_progress_to(&bar, bar.done + got, " ");
            fflush(stdout);
        }
    oto_progress_done(&bar);
}

static bool do_tasks(const struct tasks *tasks) {
    int done[2];
    atomic_int_least64_t *next = mmap(NULL, sizeof *next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (next == MAP_FAILED || pipe(done) != 0) {
        perror("data");
        return false;
    }
    int started = 0;
    open_players();
    fflush(stdout);
    for (; started < WORKERS; started++) {
        pid_t child = fork();
        if (child < 0) {
            perror("data");
            break;
        }
        if (child == 0) {
            close(done[0]);
            work(tasks, next, done[1]);
        }
    }
    close(done[1]);
    follow(tasks, done[0]);
    close(done[0]);
    bool all_well = started == WORKERS;
    for (int status; wait(&status) > 0;) all_well = all_well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    munmap(next, sizeof *next);
    return all_well;
}

static bool write_index(const struct set *set) {
    char *text = NULL, *path = text_of("%s/labels.csv", set->name);
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) out_of_memory();
    set->describe(to);
    if (fclose(to) != 0) out_of_memory();
    bool written = write_text(path, text, size);
    free(path);
    free(text);
    return written;
}

/* What is missing of the files of a set that begin so, and its index. */
static bool make_part(const struct set *set, const char *beginning) {
    struct tasks tasks = missing_of(set, beginning);
    bool made = tasks.count == 0 || do_tasks(&tasks);
    if (made && tasks.count == 0) printf("%s: all of it is there\n", beginning);
    free(tasks.numbers);
    return made && write_index(set);
}

static int make_all(int count, char **words) {
    for (int i = 0; i < count; i++)
        if (!set_of(words[i])) return 2;
    bool made = true;
    for (size_t i = 0; i < SETS && count == 0 && made; i++) made = make_part(sets[i], sets[i]->name);
    for (int i = 0; i < count && made; i++) made = make_part(set_of(words[i]), words[i]);
    return made ? 0 : 1;
}

int main(int count, char **words) {
    if (count < 2 || (count > 2 && strcmp(words[2], "--excerpts") == 0 && count != 4)) {
        fputs("usage: oto-data FOLDER [WHAT ...]\n       oto-data FOLDER --excerpts TO\n", stderr);
        return 2;
    }
    if (count == 4 && strcmp(words[2], "--excerpts") == 0) return copy_excerpts(words[1], words[3]) ? 0 : 1;
    if ((mkdir(words[1], 0777) != 0 && errno != EEXIST) || chdir(words[1]) != 0) {
        fprintf(stderr, "data: %s: %s\n", words[1], strerror(errno));
        return 1;
    }
    return make_all(count - 2, words + 2);
}
