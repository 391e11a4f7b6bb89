/* The mounts of the sandbox say what is there and what is read-only. Landlock says it a second time, by another part of
 * the kernel: every access to a file is looked up along its path, from the file to the root, and one that meets no rule
 * is refused. The rule for reading hangs on the root of the sandbox's own tree: a process that found a way to the
 * machine's tree, past the mounts, would meet no rule there. Rules for writing hang on the folders of its own. The
 * write to any other device, TCP ports, signals to processes outside and abstract sockets are refused too, as far as
 * the kernel's version goes; rights that a version does not know are left out. */
#include "kernel/engine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/engine/text.h"

/* The kernel's interface as of version 6; Debian 12's header ends at 2. */
enum : uint64_t {
    FILES_1 = (1u << 13) - 1,
    REFER_2 = 1u << 13,
    TRUNCATE_3 = 1u << 14,
    DEVICE_CONTROL_5 = 1u << 15,
    PORTS_4 = 3,  /* bind and connect of TCP */
    OTHERS_6 = 3, /* abstract sockets and signals */

    READ = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE_3,
    CHANGE = WRITE | REFER_2 | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_FIFO |
             LANDLOCK_ACCESS_FS_MAKE_SYM,
};

struct ruleset {
    uint64_t files, ports, others;
};

static const struct rule {
    const char *path;
    uint64_t allowed;
} rules[] = {
    {"/", READ},
    {"/tmp", CHANGE},
    {"/exercise", CHANGE},
    {"/dev/shm", CHANGE},
    {"/dev/null", WRITE | DEVICE_CONTROL_5},
    {"/dev/full", WRITE | DEVICE_CONTROL_5},
    {"/dev/tty", WRITE | DEVICE_CONTROL_5},
    {"/proc", WRITE}, /* the compiler touches its own pages through /proc/self/mem */
};

static struct ruleset known_to(int version) {
    struct ruleset known = {.files = FILES_1};
    if (version >= 2) known.files |= REFER_2;
    if (version >= 3) known.files |= TRUNCATE_3;
    if (version >= LANDLOCK_WITH_PORTS) known.ports = PORTS_4;
    if (version >= 5) known.files |= DEVICE_CONTROL_5;
    if (version >= 6) known.others = OTHERS_6;
    return known;
}

/* A path that is not there needs no rule. */
static bool add(int ruleset, const struct rule *rule, uint64_t known) {
    int path = open(rule->path, O_PATH | O_CLOEXEC);
    if (path < 0) return errno == ENOENT;
    const struct landlock_path_beneath_attr beneath = {.allowed_access = rule->allowed & known, .parent_fd = path};
    bool added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    close(path);
    return added;
}

int landlock_confine(char **error) {
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *error = NULL;
    if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) return 0;
    const struct ruleset known = known_to(version);
    /* A kernel that does not know the last fields takes a longer struct when these are 0. */
    int ruleset = version < 0 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &known, sizeof known, 0);
    bool done = ruleset >= 0;
    for (size_t i = 0; done && i < sizeof rules / sizeof *rules; i++) done = add(ruleset, &rules[i], known.files);
    done = done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (!done) *error = must_format("Landlock does not take the sandbox's rules: %s", strerror(errno));
    if (ruleset >= 0) close(ruleset);
    return done ? version : -1;
}
