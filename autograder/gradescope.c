/* oto-grade gradescope: the archive from which Gradescope makes an autograder: setup.sh, run_autograder, one
 * assignment's source, and Oto's own sources when this program lies in a tree of them. Nothing of students is in it.
 * https://gradescope-autograders.readthedocs.io/en/latest/specs/ */
#include <errno.h>
#include <minizip/zip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autograder/commands.h"
#include "autograder/course.h"
#include "autograder/files.h"
#include "autograder/installation.h"
#include "autograder/options.h"
#include "kernel/engine/text.h"

enum { FILE_MAX_BYTES = 256 << 20 };

static const char setup[] = {
#embed "autograder/gradescope/setup.sh"
};
static const char run_autograder[] = {
#embed "autograder/gradescope/run_autograder"
};

/* What of a tree is needed to build the grader and the engine. */
static const char *const tree_folders[] = {"lib", "kernel", "autograder", "scripts", "data"};
static const char *const tree_files[] = {"Makefile", "packages.txt", "requirements.txt", "LICENSE"};

static bool add_bytes(zipFile zip, const char *name, const char *bytes, size_t size, bool executable, char **error) {
    /* The same date in every archive, so that the same course makes the same bytes. */
    zip_fileinfo info = {.tmz_date = {.tm_mday = 1, .tm_year = 1980},
                         .external_fa = (uLong)(S_IFREG | (executable ? 0755 : 0644)) << 16};
    static const uLong made_by_unix = 3 << 8 | 20;
    int status = zipOpenNewFileInZip4(zip, name, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, Z_DEFAULT_COMPRESSION, 0,
                                      -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0, made_by_unix, 0);
    if (status == ZIP_OK) status = zipWriteInFileInZip(zip, bytes, (unsigned)size);
    if (status == ZIP_OK) status = zipCloseFileInZip(zip);
    if (status != ZIP_OK) *error = must_format("%s: cannot be put into the archive: %s", name, strerror(errno));
    return status == ZIP_OK;
}

static bool add_file(zipFile zip, const char *path, const char *name, char **error) {
    struct stat status;
    size_t size;
    char *bytes = file_read(path, FILE_MAX_BYTES, &size, error);
    bool executable = stat(path, &status) == 0 && status.st_mode & S_IXUSR;
    bool added = bytes && add_bytes(zip, name, bytes, size, executable, error);
    free(bytes);
    return added;
}

/* A folder with all in it but hidden files, links and what Python leaves behind. */
static bool add_folder(zipFile zip, const char *path, const char *name, char **error) {
    static const char kinds[] = {'f', 'd'};
    for (int kind = 0; kind < 2 && !*error; kind++) {
        size_t count;
        char **names = folder_list(path, kinds[kind], &count);
        for (size_t i = 0; i < count && !*error; i++) {
            char *from = must_format("%s/%s", path, names[i]), *to = must_format("%s/%s", name, names[i]);
            if (kinds[kind] == 'f')
                add_file(zip, from, to, error);
            else if (strcmp(names[i], "__pycache__") != 0)
                add_folder(zip, from, to, error);
            free(from);
            free(to);
        }
        names_free(names, count);
    }
    return !*error;
}

/* The tree that this program was built in, malloc'd; NULL for an installed one. */
static char *tree_of_program(void) {
    char *root = must_copy(installation_program());
    for (int level = 0; level < 3; level++) {
        char *slash = strrchr(root, '/');
        if (slash) *slash = '\0';
    }
    char *list = must_format("%s/packages.txt", root);
    bool is_tree = access(list, R_OK) == 0;
    free(list);
    if (is_tree) return root;
    free(root);
    return NULL;
}

static bool add_tree(zipFile zip, const char *root, char **error) {
    for (size_t i = 0; i < sizeof tree_files / sizeof *tree_files && !*error; i++) {
        char *path = must_format("%s/%s", root, tree_files[i]), *name = must_format("oto/%s", tree_files[i]);
        add_file(zip, path, name, error);
        free(path);
        free(name);
    }
    for (size_t i = 0; i < sizeof tree_folders / sizeof *tree_folders && !*error; i++) {
        char *path = must_format("%s/%s", root, tree_folders[i]), *name = must_format("oto/%s", tree_folders[i]);
        add_folder(zip, path, name, error);
        free(path);
        free(name);
    }
    return !*error;
}

static bool fill(zipFile zip, const struct assignment *assignment, const char *tree, char **error) {
    char *name = must_format("course/source/%s", assignment->name);
    bool done = add_bytes(zip, "setup.sh", setup, sizeof setup, true, error) &&
                add_bytes(zip, "run_autograder", run_autograder, sizeof run_autograder, true, error) &&
                add_folder(zip, assignment->folder, name, error) && (!tree || add_tree(zip, tree, error));
    free(name);
    return done;
}

/* The whole archive or none. */
static bool write_archive(const struct assignment *assignment, const char *path, const char *tree, char **error) {
    if (!file_may_replace(path, error)) return false;
    char *partial = must_format("%s.partial", path);
    zipFile zip = zipOpen64(partial, APPEND_STATUS_CREATE);
    if (!zip) *error = must_format("%s: cannot be written: %s", path, strerror(errno));
    bool done = zip && fill(zip, assignment, tree, error);
    if (zip && zipClose(zip, NULL) != ZIP_OK && done) {
        *error = must_format("%s: cannot be written: %s", path, strerror(errno));
        done = false;
    }
    if (done && rename(partial, path) < 0) {
        *error = must_format("%s: cannot be written: %s", path, strerror(errno));
        done = false;
    }
    if (!done && zip) unlink(partial);
    free(partial);
    return done;
}

int command_gradescope(int count, char **words) {
    struct options options;
    struct course course;
    char *error = NULL;
    if (!options_read_course(&options, "-o --course --assignment", count, words)) return 2;
    if (!options.output) {
        fputs("oto-grade: gradescope writes an archive and wants -o FILE.zip\n", stderr);
        return 2;
    }
    if (!installation_find(&error) || !course_open(&course, options.course, options.assignment, &error))
        return complain_and_free(error);
    char *tree = tree_of_program();
    if (course.count != 1)
        error = must_format("%s has %zu assignments, and an autograder of Gradescope is for one: say --assignment",
                            course.root, course.count);
    else if (write_archive(&course.assignments[0], options.output, tree, &error))
        printf("%s: %s\n", options.output,
               tree ? "Oto is built from the sources in it when Gradescope makes the image"
                    : "without Oto's sources: the image must have oto-grade");
    free(tree);
    course_close(&course);
    return error ? complain_and_free(error) : 0;
}
