/* Where a process's own control group is, by what the kernel says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "autograder/group.h"

static const char version_1[] = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                                "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                                "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
                                "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

static void expect(const char *groups, const char *mounts, const char *controller, const char *place, bool unified) {
    bool is_unified;
    char *found = group_place(groups, mounts, controller, &is_unified);
    if (place) {
        assert_non_null(found);
        assert_string_equal(found, place);
        assert_int_equal(is_unified, unified);
    } else
        assert_null(found);
    free(found);
}

static void each_controller_of_version_1_has_its_own_hierarchy(void **) {
    static const char groups[] = "5:memory:/class/one\n2:cpu,cpuacct:/\n0::/\n";
    expect(groups, version_1, "memory", "/sys/fs/cgroup/memory/class/one", false);
    expect(groups, version_1, "cpuacct", "/sys/fs/cgroup/cpu,cpuacct", false);
}

static void what_has_no_hierarchy_of_its_own_is_looked_for_in_version_2(void **) {
    expect("5:memory:/class\n0::/user.slice/a.scope\n", version_1, "pids", "/sys/fs/cgroup/unified/user.slice/a.scope",
           true);
    expect("0::/a.scope\n", "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n", "memory",
           "/sys/fs/cgroup/a.scope", true);
}

static void a_container_sees_its_group_as_the_root_of_the_mount(void **) {
    static const char mounts[] = "35 31 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
    expect("5:memory:/docker/ab\n", mounts, "memory", "/sys/fs/cgroup/memory", false);
    expect("5:memory:/docker/ab/c\n", mounts, "memory", "/sys/fs/cgroup/memory/c", false);
}

static void a_group_outside_of_the_mount_is_nowhere(void **) {
    static const char mounts[] = "35 31 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
    expect("5:memory:/docker/abc\n", mounts, "memory", NULL, false);
    expect("5:memory:/\n", mounts, "memory", NULL, false);
    expect("0::/../other\n", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "memory", NULL, true);
}

static void blanks_in_a_mount_point_are_written_as_numbers(void **) {
    expect("0::/a\n", "30 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw\n", "memory", "/my groups/a", true);
}

static void broken_and_missing_lines_are_nowhere(void **) {
    expect("", "", "memory", NULL, false);
    expect("5:memory", version_1, "memory", NULL, false);
    expect("5:memory:/\n", "35 31 0:32\n\n35 31 0:32 / /m rw\n- cgroup\n", "memory", NULL, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_controller_of_version_1_has_its_own_hierarchy),
        cmocka_unit_test(what_has_no_hierarchy_of_its_own_is_looked_for_in_version_2),
        cmocka_unit_test(a_container_sees_its_group_as_the_root_of_the_mount),
        cmocka_unit_test(a_group_outside_of_the_mount_is_nowhere),
        cmocka_unit_test(blanks_in_a_mount_point_are_written_as_numbers),
        cmocka_unit_test(broken_and_missing_lines_are_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
