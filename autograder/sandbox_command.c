#include "autograder/sandbox_command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/files.h"
#include "autograder/installation.h"
#include "autograder/truth.h"
#include "kernel/engine/text.h"

enum { INSIDE_USER = 1000 };

#define SAY(command, ...)                                                                                              \
    for (const char *const *word = (const char *const[]){__VA_ARGS__, NULL}; *word; word++) words_add(command, *word)

static void say_number(struct words *command, const char *option, int64_t number) {
    words_add(command, option);
    words_take(command, must_format("%lld", (long long)number));
}

/* What every process in a sandbox has in its environment, and OTO_ROOT. */
static const char *const environment[][2] = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                             {"HOME", "/exercise"},
                                             {"TMPDIR", "/tmp"},
                                             {"LANG", "C.UTF-8"},
                                             {"OPENBLAS_NUM_THREADS", "1"}};
enum { ENVIRONMENT = sizeof environment / sizeof *environment };

struct words sandbox_environment(void) {
    struct words list = {};
    for (size_t i = 0; i < ENVIRONMENT; i++)
        words_take(&list, must_format("%s=%s", environment[i][0], environment[i][1]));
    words_take(&list, must_format("OTO_ROOT=%s", installation_root()));
    return list;
}

/* /bin, /lib and their like are links into /usr on Debian 12; a folder of its own is shown as one. */
static void show_system(struct words *command) {
    static const char *const links[] = {"/bin", "/sbin", "/lib", "/lib64", "/lib32"};
    static const char *const settings[] = {"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
                                           "/etc/alternatives", "/etc/localtime"};
    SAY(command, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char target[PATH_MAX];
        ssize_t length = readlink(links[i], target, sizeof target - 1);
        if (length > 0) {
            target[length] = '\0';
            SAY(command, "--symlink", target, links[i]);
        } else {
            SAY(command, "--ro-bind-try", links[i], links[i]);
        }
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        SAY(command, "--ro-bind-try", settings[i], settings[i]);
}

/* Settings of the machine, which some kernels let root's user id change even where it has no capabilities. */
static void protect_settings(struct words *command) {
    static const char *const settings[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",      "/proc/bus",
                                           "/proc/fs",  "/proc/driver",        "/proc/pressure", "/proc/mtrr"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        SAY(command, "--ro-bind-try", settings[i], settings[i]);
}

static bool is_shipped(const char *name) {
    const char *dot = strrchr(name, '.');
    return !dot || (!is_truth_folder(name) && strcmp(dot, ".ipynb") != 0 && strcmp(dot, ".expected") != 0 &&
                    strcmp(dot, ".db") != 0);
}

static void show_files(struct words *command, const char *folder, char type) {
    size_t count;
    char **names = folder_list(folder, type, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_shipped(names[i])) continue;
        char *from = must_format("%s/%s", folder, names[i]), *to = must_format("/exercise/%s", names[i]);
        SAY(command, "--ro-bind", from, to);
        free(from);
        free(to);
    }
    names_free(names, count);
}

struct words sandbox_command(const char *files, const struct sandbox_limits *limits, int filter) {
    struct words command = {};
    SAY(&command, "bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
        "--unshare-cgroup-try", "--disable-userns", "--hostname", "oto", "--cap-drop", "ALL", "--new-session",
        "--die-with-parent", "--clearenv");
    say_number(&command, "--uid", INSIDE_USER);
    say_number(&command, "--gid", INSIDE_USER);
    for (size_t i = 0; i < ENVIRONMENT; i++) SAY(&command, "--setenv", environment[i][0], environment[i][1]);
    show_system(&command);
    say_number(&command, "--size", limits->disk);
    SAY(&command, "--tmpfs", "/tmp");
    say_number(&command, "--size", limits->disk);
    SAY(&command, "--tmpfs", "/exercise");
    for (const char *const *folder = installation_folders(); *folder; folder++)
        SAY(&command, "--ro-bind", *folder, *folder);
    SAY(&command, "--setenv", "OTO_ROOT", installation_root());
    /* Notebooks reach the course's recordings as ../data. */
    if (installation_data()) SAY(&command, "--ro-bind", installation_data(), "/data");
    if (files) {
        show_files(&command, files, 'f');
        show_files(&command, files, 'd');
    }
    SAY(&command, "--proc", "/proc");
    protect_settings(&command);
    SAY(&command, "--dev", "/dev");
    say_number(&command, "--size", limits->disk);
    SAY(&command, "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/exercise");
    say_number(&command, "--seccomp", filter);
    SAY(&command, "--");
    say_number(&command, installation_inside(), limits->processes);
    return command;
}
