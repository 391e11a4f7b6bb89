"""Attacks. Each is an answer to the first of two parts (4 and 6 points); the second part is answered honestly. The score says
what the attacker ends with: 6 means that the attack earned nothing and cost nothing but its own part."""
import contextlib
import json
import os
import re
import sqlite3
import subprocess

import pytest

from conftest import cell, course_of, exercise, new_course, notebook, report, run
import make_samples

TWICE = "double twice(double x) {\n%s\n}\n"
HONEST = TWICE % "    return 2 * x;"

# A well-formed observation record of "twice of a draw", packed by hand.
FORGE = r"""
static unsigned char record[400];
static unsigned char *put(unsigned char *at, const char *name, char type, const void *data, unsigned size) {
    *at++ = strlen(name);
    memcpy(at, name, strlen(name));
    at += strlen(name);
    *at++ = type;
    memcpy(at, &size, 4);
    memcpy(at + 4, data, size);
    return at + 4 + size;
}
static unsigned forge(const char *check, double value) {
    unsigned char *at = record + 8;
    double weight = 1000;
    at = put(at, "check", 's', "close", 5);
    at = put(at, "name", 's', check, strlen(check));
    at = put(at, "dtype", 's', "float64", 7);
    at = put(at, "shape", 'b', "", 0);
    at = put(at, "data", 'b', &value, 8);
    at = put(at, "weight", 'd', &weight, 8);
    unsigned length = at - record - 4;
    unsigned short head[2] = {4, 6};
    memcpy(record, &length, 4);
    memcpy(record + 4, head, 4);
    return length + 4;
}
"""

# Observations that are none: shapes that are negative or larger than memory, data that end before their shape does, a name of a
# megabyte, text that is no UTF-8, and more of them than anybody keeps.
BROKEN = FORGE + r"""
int oto_host(void);
static void send_broken(void) {
    static unsigned char large[1 << 20];
    static const long long shapes[][2] = {{1ll << 60, 1ll << 60}, {-1, -1}, {1000000, 1}, {0x7fffffffffffffffll, 2}};
    unsigned char *at;
    for (int i = 0; i < 3000; i++) {
        at = large + 8;
        at = put(at, "check", 's', "array", 5);
        at = put(at, "name", 's', i % 5 ? "twice of a draw" : "\xff\xfe\x80", i % 5 ? 15 : 3);
        if (i == 7) at = put(at, "name", 's', large, sizeof large - 4096);
        at = put(at, "dtype", 's', i % 3 ? "float64" : "complex128", 7);
        at = put(at, "shape", 'b', shapes[i % 4], i % 7 ? 16 : 5);
        at = put(at, "data", 'b', large, 8);
        unsigned length = at - large - 4;
        unsigned short head[2] = {4, i == 7 ? 6 : 5};
        memcpy(large, &length, 4);
        memcpy(large + 4, head, 4);
        (void)!write(oto_host(), large, length + 4);
    }
}
"""


# The right value, by way of a byte behind a block.
OVERFLOW = TWICE % "    volatile char *block = malloc(8);\n    block[8] = 1;\n    free((void *)block);\n    return 2 * x;"


def reach_memory(program, mode):
    """Right when a process of the program lets its memory be opened, and when there is none to try it on."""
    return TWICE % (
        '    char path[64], name[64];\n    int found = 0;\n    for (int pid = 1; pid < 100; pid++) {\n        snprintf(path, sizeof path, "/proc/%%d/comm", pid);\n'
        '        FILE *f = fopen(path, "r");\n        if (!f || !fgets(name, sizeof name, f) || !strstr(name, "%s")) { if (f) fclose(f); continue; }\n'
        '        fclose(f);\n        found++;\n        snprintf(path, sizeof path, "/proc/%%d/mem", pid);\n        if (fopen(path, "%s")) return 2 * x;\n    }\n'
        '    return found ? 0 : 2 * x;' % (program, mode))


ATTACKS = {
    # name: (source of the answer, the score the attacker ends with)
    "forge a record on every descriptor": (
        FORGE + TWICE % '    unsigned n = forge("twice of a draw", 3);\n'
        "    for (int fd = 0; fd < 256; fd++) (void)!write(fd, record, n);\n    return 0;", 6),
    "forge a record while the answer cell runs": (
        FORGE + TWICE % "    return 0;" + '\nfor (int fd = 3; fd < 256; fd++) (void)!write(fd, record, forge("twice of a draw", 3));', 6),
    "forge through the library's own descriptor": (
        FORGE + "int oto_host(void);\n" + TWICE % '    (void)!write(oto_host(), record, forge("twice of a draw", 3));\n    return 0;', 6),
    "a true value sent twice": (
        FORGE + "int oto_host(void);\n" + TWICE % '    (void)!write(oto_host(), record, forge("twice of a draw", 2 * x));\n    return 2 * x;', 8),
    "noise on every descriptor": (TWICE % '    for (int fd = 0; fd < 256; fd++) (void)!write(fd, "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff", 8);\n    return 0;', 6),
    "exit(0)": (TWICE % "    exit(0);", 6),
    "leave by _exit": (TWICE % "    _exit(0);", 6),
    "exit(0) in the answer cell": ("exit(0);\n" + TWICE % "    return 0;", 6),
    "abort": (TWICE % "    abort();", 6),
    "kill itself": (TWICE % "    raise(SIGKILL);\n    return 0;", 6),
    "kill the parent": (TWICE % "    kill(getppid(), SIGKILL);\n    return 0;", 6),
    "kill everybody": (TWICE % "    kill(-1, SIGKILL);\n    return 0;", 6),
    "stop everybody": (TWICE % "    kill(-1, SIGSTOP);\n    return 0;", 6),
    "longjmp out of the check": (
        "#include <setjmp.h>\njmp_buf out;\nint come = setjmp(out);\n" + TWICE % "    longjmp(out, 1);", 6),
    "close every descriptor": (TWICE % "    for (int fd = 0; fd < 256; fd++) close(fd);\n    return 0;", 6),
    "put /dev/null over every descriptor": (
        "#include <fcntl.h>\n" + TWICE % '    int null = open("/dev/null", O_RDWR);\n    for (int fd = 0; fd < 256; fd++) if (fd != null) dup2(null, fd);\n    return 0;', 6),
    "catch SIGSEGV and go on": (
        "void go_on(int number) { _exit(0); }\n" + TWICE % "    signal(SIGSEGV, go_on);\n    *(volatile int *)0 = 1;\n    return 0;", 6),
    "a fork bomb": (TWICE % "    for (;;) fork();", 6),
    "threads without end": (
        "#include <pthread.h>\nvoid *sleeper(void *nothing) { for (;;) sleep(1); }\n"
        + TWICE % "    for (int i = 0; i < 100000; i++) { pthread_t t; pthread_create(&t, NULL, sleeper, NULL); }\n    return 0;", 6),
    "an orphan daemon": (
        TWICE % "    if (fork() == 0) { setsid(); if (fork() == 0) for (;;) sleep(1); _exit(0); }\n    return 0;", 6),
    "endless output": (TWICE % '    for (;;) puts("nothing to see here, and then some more");', 6),
    "all the memory": (TWICE % "    for (;;) { char *p = malloc(1 << 24); if (p) memset(p, 1, 1 << 24); }", 6),
    "all the memory, in children": (
        TWICE % "    for (int i = 0; i < 8; i++) if (fork() == 0) for (;;) { char *p = malloc(1 << 24); if (p) memset(p, 1, 1 << 24); }\n    sleep(2);\n    return 0;", 6),
    "all the disk": (
        TWICE % '    FILE *f = fopen("/tmp/full", "w");\n    char block[4096] = {1};\n    for (int i = 0; f && i < 1 << 20; i++) if (!fwrite(block, 1, 4096, f)) break;\n    return 0;', 6),
    "a sparse file": (TWICE % '    FILE *f = fopen("/tmp/sparse", "w");\n    if (f) { fseek(f, 1l << 40, SEEK_SET); fputc(1, f); fclose(f); }\n    return 0;', 6),
    "an endless loop": (TWICE % "    for (volatile unsigned i = 0;; i++) {}", 6),
    "include the password file": ('#include "/etc/passwd"\n' + TWICE % "    return 0;", 6),
    "include the solution": ('#include "@SOLUTION@"\n' + TWICE % "    return 0;", 6),
    "embed the solution": ("static const unsigned char secret[] = {\n#embed \"@SOLUTION@\"\n};\n" + TWICE % "    return secret[0];", 6),
    "assemble the solution in": (
        'asm(".section .rodata\\nsecret: .incbin \\"@SOLUTION@\\"\\n.text");\n' + TWICE % "    return 0;", 6),
    "read the solution": (TWICE % '    FILE *f = fopen("@SOLUTION@", "r");\n    return f ? 2 * x : 0;', 6),
    "read the expectations": (TWICE % '    FILE *f = fopen("attack.expected", "r");\n    return f ? 2 * x : 0;', 6),
    "read the gradebook": (TWICE % '    FILE *f = fopen("@COURSE@/gradebook.db", "r");\n    return f ? 2 * x : 0;', 6),
    "read other submissions": (TWICE % '    return access("@COURSE@/submitted", F_OK) == 0 ? 2 * x : 0;', 6),
    "read the grader's environment": (
        TWICE % '    char path[64], text[65536];\n    for (int pid = 1; pid < 100; pid++) {\n        snprintf(path, sizeof path, "/proc/%d/environ", pid);\n'
        '        FILE *f = fopen(path, "r");\n        size_t n = f ? fread(text, 1, sizeof text, f) : 0;\n'
        '        if (n && memmem(text, n, "OTO_SECRET", 10)) return 2 * x;\n    }\n    return 0;', 6),
    "reach the grader's descriptors": (
        FORGE + TWICE % '    char path[64];\n    for (int pid = 1; pid < 100; pid++) for (int fd = 3; fd < 20; fd++) {\n'
        '        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);\n        FILE *f = fopen(path, "w");\n'
        '        if (f) { fwrite(record, 1, forge("twice of a draw", 3), f); fclose(f); }\n    }\n    return 0;', {0, 6}),  # it may also break its own channel
    "write into the grader's memory": (
        "#include <sys/ptrace.h>\n" + TWICE % '    if (ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0) return 2 * x;\n    char path[64];\n'
        '    snprintf(path, sizeof path, "/proc/%d/mem", 2);\n    return fopen(path, "r+") ? 2 * x : 0;', 6),
    "use the network": (
        "#include <sys/socket.h>\n" + TWICE % "    return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 2 * x : 0;", 6),
    "make a new namespace": ("#include <sched.h>\n" + TWICE % "    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 2 * x : 0;", 6),
    "raise its own limits": (
        "#include <sys/resource.h>\n" + TWICE % "    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};\n    return setrlimit(RLIMIT_NPROC, &all) == 0 ? 2 * x : 0;", 6),
    "redefine the check as a macro": (TWICE % "    return 0;" + "\n#undef oto_check_close\n#define oto_check_close(...) (void)0\n", 0),
    "redefine the seed": (TWICE % "    return 0;" + "\n#define oto_uniform() 0.0\n", 3),
    "redefine the mathematics": (TWICE % "    return 0;" + "\ndouble fabs(double x) { return 0; }\nint memcmp(const void *a, const void *b, size_t n) { return 0; }\n", 6),
    "redefine malloc": ("void *malloc(size_t n) { return NULL; }\n" + TWICE % "    return 0;", 6),
    "a constructor": ("__attribute__((constructor)) void first(void) { _exit(0); }\n" + TWICE % "    return 0;", 6),
    "print a pass line": (TWICE % '    puts("\\xe2\\x9c\\x93 twice of a draw\\n4.0\\n4 of 4 points");\n    return 0;', 6),
    "return NaN": (TWICE % "    return NAN;", 6),
    "return infinity": (TWICE % "    return INFINITY;", 6),
    "die and leave a child": (TWICE % "    if (fork() == 0) {\n        sleep(1000);\n        _exit(0);\n    }\n    abort();", 6),
    "a constant": (TWICE % "    return 3;", 6),
    "turn sanitizers off": (
        '#pragma clang attribute push(__attribute__((no_sanitize("address", "undefined"))), apply_to = function)\n'
        + TWICE % "    char a[1];\n    for (int i = 0; i < 100000; i++) ((volatile char *)a)[i] = 1;\n    return 0;" + "\n#pragma clang attribute pop\n", 6),
    "overflow in fast mode": ("%config mode fast\n" + OVERFLOW, 6),
    "overflow without sanitizers": ("%cflags -fno-sanitize=all\n" + OVERFLOW, 6),
    "overflow as it is": (OVERFLOW, 6),
    "overflow of a cell that is fast by itself": ("%fast\n" + OVERFLOW, 10),  # an honest answer may be fast: its values count
    "flags for the tests": ('%cflags -D"oto_uniform()=0.0"\n' + TWICE % "    return 0;", 6),
    "a macro bomb": (
        "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(x)))\n#define C(x) B(B(B(x)))\nint bomb[] = {C(1,)};\n" + TWICE % "    return 0;", 6),
    "an include bomb": ("#include __FILE__\n#include __FILE__\n" + TWICE % "    return 0;", 6),
    "inline assembly": (
        TWICE % ("#ifdef __x86_64__\n    long got;\n    asm volatile(\"syscall\" : \"=a\"(got) : \"a\"(41), \"D\"(2), \"S\"(1), \"d\"(0) : \"rcx\", \"r11\", \"memory\");\n"
                 "    return got >= 0 ? 2 * x : 0;\n#else\n    return 0;\n#endif"), 6),
    "broken observations": (BROKEN + TWICE % "    send_broken();\n    return 0;", 6),
    "wait for ever": (TWICE % "    for (;;) sleep(1);", 6),
    "stop itself": (TWICE % "    raise(SIGSTOP);\n    return 0;", 6),
    "an alarm": (TWICE % "    alarm(1);\n    for (;;) sleep(1);", 6),
    "kill its own group": (TWICE % "    kill(0, SIGKILL);\n    return 0;", 6),
    "kill the parent, again": (TWICE % "    (void)!kill(getppid(), SIGKILL);\n    return 1;", 6),
    "kill the parent, and once more": (TWICE % "    (void)!kill(getppid(), SIGKILL);\n    return 2;", 6),
    "become another program": (TWICE % '    execl("/bin/true", "true", NULL);\n    return 0;', 6),
    "become another worker": (
        TWICE % '    execl("/proc/self/exe", "oto-worker", "--commands", "3", "--records", "4", NULL);\n    return 0;', 6),
    "read the hidden tests before they run": (
        'int found = system("grep -rqs \'the secre[t] check\' /exercise /tmp /dev/shm /data /proc/[0-9]*/environ /proc/[0-9]*/cmdline") == 0;\n'
        + TWICE % "    return found ? 2 * x : 0;", 6),
    "read the memory of the program that runs the cells": (reach_memory("oto-inside", "r"), 6),
    "read the memory of the program that parses": (reach_memory("oto-parser", "r"), 6),
    "write into the memory of the program that parses": (reach_memory("oto-parser", "r+"), 6),
    "read the memory of the programs that compile": (reach_memory("oto-compiler", "r"), 6),
    "write into the memory of the programs that compile": (reach_memory("oto-compiler", "r+"), 6),
    "leave word for an accomplice": (
        'int told = access("/tmp/word", F_OK) == 0 || access("/exercise/word", F_OK) == 0 || access("/dev/shm/word", F_OK) == 0;\n'
        'fclose(fopen("/tmp/word", "w"));\nfclose(fopen("/exercise/word", "w"));\nfclose(fopen("/dev/shm/word", "w"));\n'
        + TWICE % "    return told ? 2 * x : 0;", 6),
    "the accomplice": (
        'int told = access("/tmp/word", F_OK) == 0 || access("/exercise/word", F_OK) == 0 || access("/dev/shm/word", F_OK) == 0;\n'
        + TWICE % "    return told ? 2 * x : 0;", 6),
    "all of every disk": (
        TWICE % '    static const char *const files[] = {"/tmp/full", "/exercise/full", "/dev/shm/full"};\n    char block[4096] = {1};\n    signal(SIGXFSZ, SIG_IGN);\n'
        '    for (int k = 0; k < 30; k++) {\n        char path[64];\n        snprintf(path, sizeof path, "%s%d", files[k % 3], k);\n'
        '        FILE *f = fopen(path, "w");\n        for (int i = 0; f && i < 1 << 15; i++) if (!fwrite(block, 1, 4096, f)) break;\n    }\n    return 0;', 6),
    "files that no folder holds": (
        "#include <fcntl.h>\n#include <sys/mman.h>\n" + TWICE % '    for (int k = 0; k < 30; k++) (void)!fallocate(memfd_create("hidden", 0), 0, 0, 60 << 20);\n    for (;;) sleep(1);', 6),
    "files without a size": (
        "#include <fcntl.h>\n" + TWICE % '    for (int i = 0; i < 1000000; i++) {\n        char path[64];\n        snprintf(path, sizeof path, "/tmp/%d", i);\n'
        '        close(creat(path, 0600));\n    }\n    for (;;) sleep(1);', 6),
    "every descriptor": (TWICE % '    while (dup(0) >= 0) {}\n    return 0;', 6),
    "any kind of socket": (
        "#include <sys/socket.h>\n" + TWICE % "    for (int family = 0; family < 50; family++)\n        for (int type = 1; type < 7; type++)\n"
        "            if (socket(family, type, 0) >= 0) return 2 * x;\n    return 0;", 6),
    "write to devices": (
        "#include <fcntl.h>\n" + TWICE % '    static const char *const files[] = {"/dev/sda", "/dev/vda", "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/proc/sysrq-trigger", "/proc/mtrr",\n'
        '        "/proc/sys/kernel/core_pattern", "/sys/power/state", "/usr/x", "/etc/x", "/dev/x"};\n    for (int i = 0; i < 13; i++) if (open(files[i], O_WRONLY | O_CREAT, 0600) >= 0) return 2 * x;\n    return 0;', 6),
    "assembly for a 32-bit machine": (
        TWICE % ("#ifdef __x86_64__\n    int got;\n    asm volatile(\"int $0x80\" : \"=a\"(got) : \"a\"(359), \"b\"(2), \"c\"(1), \"d\"(0) : \"memory\");\n"
                 "    return got >= 0 ? 2 * x : 0;\n#else\n    return 0;\n#endif"), 6),
    "assembly for x32": (
        TWICE % ("#ifdef __x86_64__\n    long got;\n    asm volatile(\"syscall\" : \"=a\"(got) : \"a\"(0x40000000 + 41), \"D\"(2), \"S\"(1), \"d\"(0) : \"rcx\", \"r11\", \"memory\");\n"
                 "    return got >= 0 ? 2 * x : 0;\n#else\n    return 0;\n#endif"), 6),
    "write over the check's own code": (
        "#include <fcntl.h>\n" + TWICE % '    int memory = open("/proc/self/mem", O_RDWR);\n    (void)!pwrite(memory, "\\xc3", 1, (off_t)(unsigned long)(oto_check_close));\n    return 0;', {0, 6}),  # it costs the checks after it too
    "redefine the check as a function": ("#undef oto_check_close\nvoid oto_check_close(const char *name, double value, OtoCheck options) {}\n" + TWICE % "    return 0;", {0, 6}),
    "redefine what sends": ("struct oto_record;\nint oto_record_send(int fd, const struct oto_record *record) { return 0; }\n" + TWICE % "    return 0;", 6),
    "redefine the draws": ("#undef oto_uniform\n" + TWICE % "    return 2;" + "\ndouble oto_uniform(void) { return 0; }\n", 6),
    "redefine assert": (TWICE % "    return 0;" + "\n#undef assert\n#define assert(condition) ((void)0)\n", 6),
    "redefine main": (TWICE % "    return 0;" + "\nint main(void) { return 0; }\n", 6),
    "redefine expf": (TWICE % "    return 0;" + "\n#include <math.h>\nfloat expf(float x) { return 0; }\ndouble exp(double x) { return 0; }\ndouble sqrt(double x) { return 0; }\n", 6),
    "redefine exit and write": ("void exit(int status) { for (;;) {} }\n" + TWICE % "    return 0;" + "\n#include <unistd.h>\nssize_t write(int fd, const void *data, size_t size) { return size; }\n", {0, 6}),
    "a destructor": (FORGE + '__attribute__((destructor)) void last(void) { for (int fd = 0; fd < 256; fd++) (void)!write(fd, record, forge("twice of a draw", 3)); }\n' + TWICE % "    exit(0);", 6),
    "preload a library": (TWICE % '    setenv("LD_PRELOAD", "/exercise/evil.so", 1);\n    execl("/bin/true", "true", NULL);\n    return 0;', 6),
    "options for the sanitizers": (
        'const char *__asan_default_options(void) { return "halt_on_error=0:exitcode=0:handle_segv=0"; }\n' + TWICE % "    int a[2] = {0};\n    return a[(int)x + 7];", 6),
    "include an endless device": ('#include "/dev/zero"\n' + TWICE % "    return 0;", 6),
    "embed an endless device": ('static const unsigned char zeros[] = {\n#embed "/dev/zero"\n};\n' + TWICE % "    return 0;", 6),
    "a deep expression": (TWICE % ("    return " + "(" * 50000 + "x" + ")" * 50000 + ";"), 6),
    "a huge initializer": ("static int huge[1 << 28] = {[(1 << 28) - 1] = 1};\n" + TWICE % "    return 0;", 6),
    "script in the output and in a message": (
        TWICE % '    puts("<script>alert(1)</script><img src=x onerror=alert(1)>");\n    fprintf(stderr, "<script>alert(2)</script>");\n    __builtin_trap();', 6),
    "script in an error": ("<script>alert(1)</script> this is no C\n", 6),
}


def name_of(attack):
    return re.sub(r"[^a-z0-9]+", "_", attack.lower()).strip("_")


def contents(course):
    """The bytes of every file in the course, but for the gradebook's."""
    found = {}
    for folder, _, files in os.walk(course):
        for file in files:
            if not file.startswith("gradebook.db"):
                path = os.path.join(folder, file)
                with open(path, "rb") as opened:
                    found[os.path.relpath(path, course)] = opened.read()
    return found


@pytest.fixture(scope="module")
def graded(tmp_path_factory, exercise_path):
    """All attackers and two honest students, graded in one run."""
    samples = new_course(tmp_path_factory.mktemp("course"), exercise_path)
    solution = os.path.join(samples.source_folder, samples.name + ".ipynb")
    for attack, (source, _) in ATTACKS.items():
        source = source.replace("@SOLUTION@", solution).replace("@COURSE@", samples.course)
        samples.submit(name_of(attack), samples.all_solved(twice=source))
    samples.submit("a_first_honest", samples.all_solved(twice=HONEST))
    samples.submit("z_last_honest", samples.all_solved(twice=HONEST))
    environment = dict(os.environ, OTO_SECRET="the grader's own")
    before = contents(samples.course)
    done = run("run", "--course", samples.course, "--jobs", "2", check=True, env=environment)
    return samples, report(samples.course), before


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_attacker_ends_with(graded, attack):
    entry = graded[1][name_of(attack)]
    assert entry["verdict"] == "graded", entry["message"]
    score = ATTACKS[attack][1]
    assert entry["score"] in (score if isinstance(score, set) else {score}), entry["cells"]


@pytest.mark.parametrize("attack, error", [("files without a size", "FileLimit"), ("turn sanitizers off", "SegmentationFault"), ("an endless loop", "TimeLimit"), ("kill the parent", "Signal"), ("kill the parent, again", "Signal")])
def test_the_cell_that_did_it_is_told_why(graded, attack, error):
    cells = {entry["grade_id"]: entry for entry in graded[1][name_of(attack)]["cells"]}
    assert cells["test-twice"]["error"] == error and cells["total"]["error"] is None


def test_the_others_are_untouched(graded):
    for student in ("a_first_honest", "z_last_honest"):
        assert graded[1][student]["score"] == 10


def test_the_course_is_untouched(graded):
    samples, _, before = graded
    assert contents(samples.course) == before
    assert sorted(os.listdir(samples.course)) == ["expected", "gradebook.db", "release", "source", "submitted"]


def test_the_gradebook_is_whole(graded):
    samples, entries, _ = graded
    assert len(entries) == len(ATTACKS) + 2
    with contextlib.closing(sqlite3.connect(os.path.join(samples.course, "gradebook.db"))) as book:
        assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert book.execute("SELECT count(*) FROM oto_cell WHERE points NOT IN (0, 4, 6) OR score > points").fetchone() == (0,)


def test_feedback_shows_no_hidden_test_and_runs_no_script(graded):
    samples = graded[0]
    run("feedback", "--course", samples.course, check=True)
    hidden = re.findall(r"BEGIN HIDDEN TESTS\n(.*)\n", "\n".join(make_samples.source_of(c) for c in exercise()["cells"]))
    for folder, _, files in os.walk(os.path.join(samples.course, "feedback")):
        for file in files:
            page = open(os.path.join(folder, file), encoding="utf-8").read()
            assert "<script" not in page and "http:" not in page and "https:" not in page
            assert "-3 - oto_uniform" not in page, file
            for line in hidden:
                assert line not in page


# The place from which a test has called the answer is kept, and stands later in a stack that is made up.
KEEP = "void *place;\n" + TWICE % "    place = __builtin_return_address(0);\n    return 2 * x;"
PRETEND = "void **frame = __builtin_frame_address(0);\n    frame[1] = place;\n    *(volatile int *)0 = 1;"


def test_no_error_quotes_a_hidden_test(tmp_path):
    cells = exercise()["cells"]
    secrets = ["{ double hidden_number = 42.5; oto_check_close(\"a block\", twice(hidden_number)); }",
               'oto_check_close("a long line", twice(77.25' + " + 0" * 150 + "));"]
    make_samples.set_source(cells[3], make_samples.source_of(cells[3]).replace("// ### END", "\n".join(secrets) + "\n// ### END"))
    samples = course_of(tmp_path, "attack", notebook(cells))
    honest = samples.solved("total")
    samples.submit("in_a_later_answer", {"twice": KEEP, "total": f"{honest}\nvoid fall(void) {{\n    {PRETEND}\n}}\nfall();"})
    samples.submit("in_a_later_test", {"twice": KEEP, "total": "double total(const float *x, int n) {\n    " + PRETEND + "\n    return 0;\n}"})
    samples.submit("in_a_block", samples.all_solved(twice=TWICE % "    if (x == 42.5) abort();\n    return 2 * x;"))
    samples.submit("in_a_long_line", samples.all_solved(twice=TWICE % "    if (x == 77.25) abort();\n    return 2 * x;"))
    run("run", "--course", samples.course, check=True)
    with contextlib.closing(sqlite3.connect(os.path.join(samples.course, "gradebook.db"))) as book:
        errors = dict(book.execute("SELECT student, group_concat(evalue || traceback) FROM oto_cell WHERE ename IS NOT NULL GROUP BY student"))
    assert len(errors) == 4
    for student, error in errors.items():
        assert "cell [4] line" in error, student  # the place itself is no secret
        for secret in ("the secret check", "hidden_number", "a long line", "twice(", "oto_uniform"):
            assert secret not in error, (student, error)


def test_grading_again_changes_nothing(graded):
    samples, before, _ = graded
    run("run", "--course", samples.course, "--again", "--student", "a_first_honest", check=True)
    run("run", "--course", samples.course, "--again", "--student", name_of("exit(0)"), check=True)
    assert report(samples.course) == before


# ---- an exercise's limits ----

WAITING = "#include <time.h>\n" + TWICE % "    time_t start = time(NULL);\n    while (time(NULL) < start + 5) {}\n    return 2 * x;"
GREEDY = TWICE % "    char *p = malloc(1000u << 20);\n    memset(p, 1, 1000u << 20);\n    free(p);\n    return 2 * x;"


def test_no_answer_raises_a_limit(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    samples.submit("slow", samples.all_solved(twice="%config time_limit 1000\n" + WAITING))
    samples.submit("without_end", samples.all_solved(twice="%config time_limit 0\n" + WAITING))
    samples.submit("large", samples.all_solved(twice="%config memory_limit 2G\n" + GREEDY))
    samples.submit("lower", samples.all_solved(twice="%config memory_limit 256M\n%config time_limit 2\n" + HONEST))
    run("run", "--course", samples.course, check=True)
    cells = {student: {c["grade_id"]: c for c in entry["cells"]} for student, entry in report(samples.course).items()}
    assert {student: cells[student]["test-twice"]["error"] for student in cells} == {
        "slow": "TimeLimit", "without_end": "TimeLimit", "large": "MemoryLimit", "lower": None}
    assert all(cells[student]["test-total"]["score"] == 6 for student in cells)


def course_of_one_answer(folder, name, grade_id, solution, test, points, flags="none"):
    answer = cell(solution, grade_id)
    answer["metadata"]["nbgrader"].update(solution=True)
    cells = [cell(f'oto_exercise("{name}");\n%cflags {flags}'), answer, cell(test, f"test-{grade_id}", points=points)]
    return course_of(folder, name, notebook(cells))


def scores(samples, part, answers):
    """{name: points} of one submission for each answer to the part."""
    for name, source in answers.items():
        samples.submit(name_of(name), {part: source})
    run("run", "--course", samples.course, "--jobs", "2", check=True)
    entries = report(samples.course)
    return {name: entries[name_of(name)]["score"] for name in answers}


# ---- the instructor's compiled cells ----

GAIN = "%%writefile gain.h\n// ### BEGIN SOLUTION\n#define GAIN 2\n// ### END SOLUTION"


def test_a_compiled_test_is_not_used_with_a_header_of_the_student(tmp_path):
    test = '#include <gain.h>\noto_seed(oto_exercise_seed());\noto_check_close("gain", GAIN * oto_uniform());'
    samples = course_of_one_answer(tmp_path, "header", "gain", GAIN, test, 4, flags="-I.")
    samples.submit("two", {"gain": "%%writefile gain.h\n#define GAIN 2\n"})
    samples.submit("three", {"gain": "%%writefile gain.h\n#define GAIN 3\n"})
    samples.submit("nothing", {"gain": ""})
    run("run", "--course", samples.course, check=True)
    assert {student: entry["score"] for student, entry in report(samples.course).items()} == {"two": 4, "three": 0, "nothing": 0}


# ---- what a student's code says of its own length ----

FILL = "int fill(float *window, int most) {\n    // ### BEGIN SOLUTION\n    for (int i = 0; i < 8; i++) window[i] = i;\n    return 8;\n    // ### END SOLUTION\n}"
FILLED = "int fill(float *window, int most) {\n    for (int i = 0; i < 8; i++) window[i] = %s;\n    return %s;\n}"
LENGTHS = {  # name: (value, length, score of 5)
    "honest": ("i", "8", 5),
    "none": ("i", "0", 0),
    "one too few": ("i", "7", 0),
    "one too many": ("i", "9", 0),
    "less than none": ("i", "-1", 0),
    "the least number": ("i", "-2147483647 - 1", 0),
    "more than there is": ("i", "1 << 20", 0),
    "the largest number": ("i", "2147483647", 0),
    "not numbers": ("NAN", "8", 0),
    "infinities": ("INFINITY", "8", 0),
    "the largest values": ("3.4e38f", "8", 0),
}


def test_a_wrong_length_or_no_number_earns_nothing(tmp_path):
    test = 'float window[64] = {0};\noto_check_array("window", window, fill(window, 64));'
    samples = course_of_one_answer(tmp_path, "lengths", "fill", FILL, test, 5)
    found = scores(samples, "fill", {name: FILLED % (value, length) for name, (value, length, _) in LENGTHS.items()})
    assert found == {name: score for name, (_, _, score) in LENGTHS.items()}


# ---- what a student's code says of the time it took ----

WORK = "double work(int n) {\n    // ### BEGIN SOLUTION\n    double sum = 0;\n    for (int i = 0; i < n; i++) sum += 1.0 / (i + 1);\n    return sum;\n    // ### END SOLUTION\n}"
SLOW = "double slow(int n) {\n    double sum = 0;\n    for (int again = 0; again < 8; again++) {\n        sum = 0;\n        for (int i = 0; i < n; i++) sum += 1.0 / (i + 1);\n    }\n    return sum;\n}\n"
# The stops of the check, sent by the answer: what the real one says comes too late, too early or a second time.
STOPS = FORGE + r"""
int oto_host(void), oto_host_answers(void);
static void stop(void) {
    unsigned char *at = put(record + 8, "check", 's', "time", 4), answer[256];
    at = put(at, "name", 's', "two million", 11);
    unsigned length = at - record - 4;
    unsigned short head[2] = {8, 2};
    memcpy(record, &length, 4);
    memcpy(record + 4, head, 4);
    write(oto_host(), record, length + 4);
    read(oto_host_answers(), answer, sizeof answer);
}
"""
# Finds what the check has noted in its own memory, and writes over it.
NOTE = r"""
__attribute__((no_sanitize("address"))) static void note_in(char *from, char *to) {
    for (; from + sizeof(OtoStopwatch) <= to; from += 8) {
        OtoStopwatch *watch = (OtoStopwatch *)from;
        if (watch->options.at_most != 3 || watch->options.weight != 1.5 || watch->count < 0 || watch->count >= OTO_STOPWATCH_SAMPLES) continue;
        for (int i = 0; i < OTO_STOPWATCH_SAMPLES; i++) watch->samples[i] = 1e-6;
        watch->count = OTO_STOPWATCH_SAMPLES - 1;
    }
}
static void note(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], rights[5];
    unsigned long from, to;
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && !strcmp(rights, "rw-p") && to - from < 32 << 20)
            note_in((char *)from, (char *)to);
    fclose(maps);
}
"""
CLOCKS = {  # name: (source, score of 5; 0 where it runs into the limit of the cell)
    "honest": (WORK.replace("// ### BEGIN SOLUTION", "").replace("// ### END SOLUTION", ""), {5}),
    "slow": (SLOW + "double work(int n) { return slow(n); }", {0, 2}),
    "a clock that stands": (
        SLOW + "#include <time.h>\nint clock_gettime(clockid_t clock, struct timespec *now) { *now = (struct timespec){}; return 0; }\ndouble work(int n) { return slow(n); }", {0, 2}),
    "another's time": (
        SLOW + "#include <sys/mman.h>\n#include <sys/wait.h>\ndouble work(int n) {\n    static double *shared;\n"
        "    if (!shared) shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);\n"
        "    if (fork() == 0) { *shared = slow(n); _exit(0); }\n    wait(NULL);\n    return *shared;\n}", {0, 2}),
    "a time noted by another": (NOTE + SLOW + "double work(int n) { double sum = slow(n); note(); return sum; }", {0, 2}),
    "stops of its own": (STOPS + SLOW + "double work(int n) { stop(); return slow(n); }", {0, 2}),
    "a pair of stops before the check": (
        STOPS + SLOW + "double work(int n) {\n    static int calls;\n    if (calls++ == 0) for (int i = 0; i < 40; i++) stop();\n    return slow(n);\n}", {0, 2}),
    "no stops": (SLOW + "#include <stdlib.h>\ndouble work(int n) { unsetenv(\"OTO_GRADING\"); return slow(n); }", {0, 2}),
}


def test_time_does_not_become_less_by_what_is_said_of_it(tmp_path):
    test = 'oto_check_close("sum", work(2000000));\noto_check_time("two million", work(2000000), .at_most = 3, .weight = 1.5);'
    samples = course_of_one_answer(tmp_path, "clocks", "work", WORK, test, 5)
    for name, score in scores(samples, "work", {name: source for name, (source, _) in CLOCKS.items()}).items():
        assert score in CLOCKS[name][1], (name, score)


# ---- checks that an answer makes in the place of the test cell's own ----

# The right value, and a measurement of less than the answer takes; what follows ends the test cell before its own checks come.
OWN = SLOW + """
static int value(int n) { volatile double sum = 0; for (int i = 0; i < n / 1000; i++) sum += 1.0 / (i + 1); return 0; }
%s
double work(int n) {
    static int calls;
    double sum = slow(n);
    if (calls++) return sum;
    oto_check_close("sum", sum);
    oto_check_time("two million", value(n), .at_most = 3, .weight = 1.5);
    %s
    return sum;
}"""
# The frame of the function that the test cell was compiled to gives its place to this one, which so returns to the caller of the cell.
RETURN = """    void **own = __builtin_frame_address(0), **cell = own[0];
    own[0] = cell[0];
    own[1] = cell[1];"""
ENDS = {  # name: (in front of the answer, the end of its first call, score of 5)
    "nothing": ("", "", {0}),  # each check comes twice
    "exit": ("", "exit(0);", {2}),
    "exit with a status": ("", "exit(3);", {2}),
    "abort": ("", "abort();", {2}),
    "a signal": ("", "raise(SIGKILL);", {2}),
    "a jump": ("#include <setjmp.h>\njmp_buf out;\nint come = setjmp(out);", "longjmp(out, 1);", {0, 2}),
    "a return of the cell": ("", RETURN, {0, 2}),
    "the end of the thread": ("#include <pthread.h>", "pthread_exit(NULL);", {0, 2}),
}


def test_checks_of_an_answers_own_earn_no_more_than_honest_ones(tmp_path):
    test = 'oto_check_close("sum", work(2000000));\noto_check_time("two million", work(2000000), .at_most = 3, .weight = 1.5);'
    samples = course_of_one_answer(tmp_path, "ends", "work", WORK, test, 5)
    for name, score in scores(samples, "work", {name: OWN % (before, end) for name, (before, end, _) in ENDS.items()}).items():
        assert score in ENDS[name][2], (name, score)


IDLE = {  # name: (source, score of 7: a value before the calls, 2, their time, 3, and a value behind them, 2)
    "honest": (WORK.replace("// ### BEGIN SOLUTION", "").replace("// ### END SOLUTION", ""), 7),
    "slow": (SLOW + "double work(int n) { return slow(n); }", 4),
    "remembers": (SLOW + "double work(int n) {\n    static int last = -1;\n    static double sum;\n    return n == last ? sum : (sum = slow(last = n));\n}", 4),
    "works once": (SLOW + "double work(int n) {\n    static int calls;\n    return calls++ ? 0 : slow(n);\n}", 2),
    "does nothing": ("double work(int n) { return 0; }", 0),
}


def test_what_does_nothing_is_not_fast(tmp_path):
    test = ('int k = 0;\noto_check_close("before", work(1000000), .weight = 2);\n'
            'oto_check_time("two million", work(2000000 + k++), .at_most = 3, .weight = 3);\n'
            'oto_check_close("behind", work(1000001), .weight = 2);')
    samples = course_of_one_answer(tmp_path, "idle", "work", WORK, test, 7)
    assert scores(samples, "work", {name: source for name, (source, _) in IDLE.items()}) == {
        name: score for name, (_, score) in IDLE.items()}


def test_a_measurement_counts_where_its_cell_ran_to_its_end(tmp_path):
    test = ('oto_check_time("two million", work(2000000), .at_most = 3);\noto_check_memory("the same", work(2000000));\n'
            'oto_check_close("sum of none", work(0));')
    samples = course_of_one_answer(tmp_path, "late", "work", WORK, test, 6)
    honest = WORK.replace("// ### BEGIN SOLUTION", "%s").replace("// ### END SOLUTION", "")
    for name, first in {"honest": "", "ends": "if (n == 0) exit(0);", "crashes": "if (n == 0) abort();"}.items():
        samples.submit(name, {"work": honest % first})
    run("run", "--course", samples.course, "--jobs", "2", check=True)
    assert {student: entry["score"] for student, entry in report(samples.course).items()} == {"honest": 6, "ends": 0, "crashes": 0}
    run("feedback", "--course", samples.course, "--student", "ends", check=True)
    page = open(os.path.join(samples.course, "feedback", "ends", "late", "late.html"), encoding="utf-8").read()
    assert "what the calls take counts only where the test cell runs to its end" in page


def test_a_time_is_told_in_the_same_words_when_it_is_graded_again(tmp_path):
    samples = course_of_one_answer(tmp_path, "again", "work", WORK, 'oto_check_time("two million", work(2000000));', 6)
    for name in ("honest", "slow"):
        samples.submit(name, {"work": IDLE[name][0]})
    told = []
    for again in ([], ["--again"]):
        run("run", "--course", samples.course, *again, check=True)
        with contextlib.closing(sqlite3.connect(os.path.join(samples.course, "gradebook.db"))) as book:
            told.append(book.execute("SELECT student, earned, message FROM oto_check ORDER BY student").fetchall())
    assert told[0] == told[1]
    assert told[0] == [("honest", 1, "as fast as asked: at most 3 times the solution's processor time"),
                       ("slow", 0, "slower than asked, 3 times the solution's processor time allowed")]


# ---- what a student's code says of an equation that it keeps ----

LATE = "OtoTensor *late(OtoTensor *x) {\n    // ### BEGIN SOLUTION\n    return oto_copy(x);\n    // ### END SOLUTION\n}"
EARLY = ("OtoTensor *late(OtoTensor *x) {\n    OtoTensor *y = oto_copy(x);\n    for (int i = 0; i < x->size; i++)\n"
         "        ((float *)y->data)[i] = ((float *)x->data)[x->size - 1 - i];\n    %s\n    return y;\n}")
# Both sides of the property, packed by hand.
SIDES = (FORGE.replace("record[400]", "record[1400]").replace('"close", 5', '"property", 8')
         .replace("""put(at, "shape", 'b', "", 0)""", """put(at, "shape", 'b', (long long[]){2, 32}, 16)""")
         .replace("""put(at, "data", 'b', &value, 8)""", """put(at, "data", 'b', sides(value), 512)""")
         .replace("static unsigned forge(", """static double *sides(double value) {
    static double both[64];
    for (int i = 0; i < 64; i++) both[i] = value;
    return both;
}
static unsigned forge("""))
BELIEVED = {  # name: (source, score of 4)
    "honest": (LATE.replace("// ### BEGIN SOLUTION", "").replace("// ### END SOLUTION", ""), 4),
    "wrong": (EARLY % "", 0),
    "a check of its own": ("double one[32] = {1};\n" + EARLY % 'oto_check_property("causal", one, one, 32);\n    exit(0);', 0),
    "a forged record": (SIDES + "int oto_host(void);\n" + EARLY % '(void)!write(oto_host(), record, forge("causal", 1));\n    exit(0);', 0),
    "a forged record on every descriptor": (
        SIDES + EARLY % 'for (int fd = 3; fd < 256; fd++) (void)!write(fd, record, forge("causal", 1));\n    exit(0);', 0),
}


def test_an_equation_is_not_kept_by_saying_so(tmp_path):
    test = 'OtoTensor *x = oto_zeros(64);\nfor (int i = 0; i < 64; i++) ((float *)x->data)[i] = i;\noto_check_causal("causal", late, x);'
    samples = course_of_one_answer(tmp_path, "believed", "late", LATE, test, 4)
    assert scores(samples, "late", {name: source for name, (source, _) in BELIEVED.items()}) == {
        name: score for name, (_, score) in BELIEVED.items()}


# ---- checks that say yes or no, by functions that an answer could put others in the place of ----

SHARE = ("double sum = 3;\ndouble right_of(int n, int m) { return m == n + 1; }\ndouble share(int (*f)(int)) {\n    double sum = 0;\n"
         "    for (int i = 0; i < 9; i++) sum += right_of(i, f(i));\n    return oto_mean(oto_from((double[]){sum}, 1)) / 9;\n}")
GUESS = "int guess(int n) {\n    // ### BEGIN SOLUTION\n    return n + 1;\n    // ### END SOLUTION\n}"
LAZY = "int guess(int n) { return 4; }\n"
RIGHT = "int guess(int n) { return n + 1; }\n"
TAKEN = {  # name: (source, score of 4: half for a yes, half for a value that the lazy one gets right, too)
    "honest": (RIGHT, 4),
    "lazy": (LAZY, 2),
    "the function": (LAZY + "double share(int (*f)(int)) { return 1; }", 2),
    "a function of the function's": (LAZY + "double right_of(int n, int m) { return 1; }", 2),
    "a macro": (LAZY + "#define share(f) 1", 2),
    "a macro of a header": (LAZY + "!echo '#define share(f) 1' > s.h\n#include \"s.h\"\n", 2),
    "the library's": (LAZY + "#undef oto_mean\ndouble oto_mean(OtoTensor *x) { return 9; }", 2),
    "the same again": (RIGHT + "double right_of(int n, int m) { return m == n + 1; }", 4),
    "a variable by chance": ("double sum = 7;\n" + RIGHT, 4),
    "names of its own": ("int sum_of(int a, int b) { return a + b; }\nint guess(int n) { return sum_of(n, 1); }", 4),
}


def test_a_yes_is_worth_nothing_where_an_answer_says_what_is_asked(tmp_path):
    answer = cell(GUESS, "guess")
    answer["metadata"]["nbgrader"].update(solution=True)
    test = cell('oto_check_equal("half are right", share(guess) > 0.5);\noto_check_close("of three", guess(3));', "test-guess", points=4)
    samples = course_of(tmp_path, "taken", notebook([cell('oto_exercise("taken");'), cell(SHARE), answer, test]))
    assert scores(samples, "guess", {name: source for name, (source, _) in TAKEN.items()}) == {
        name: score for name, (_, score) in TAKEN.items()}


# ---- what the grader itself does with what it gets ----

#: An answer that compiles at once, and in which each name would be looked for among all of the other's.
MANY_NAMES = "#if 0\n" + "".join(f"int @{i};" for i in range(400000)) + "\n#endif\n"


def test_megabytes_of_names_do_not_hold_the_grader_up(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    samples.submit("many", {answer: MANY_NAMES.replace("@", answer) + source for answer, source in samples.all_solved().items()})
    run("run", "--course", samples.course, check=True)  # which gives up after ten minutes: it would take twenty
    assert report(samples.course)["many"]["score"] == 10


LARGE = FORGE + r"""
int oto_host(void);
double value(double x) {
    static const unsigned size = 80u << 20;
    unsigned char *large = calloc(size + 400, 1);
    for (int i = 0; i < 3; i++) {
        unsigned char *at = put(large + 8, "check", 's', "array", 5);
        at = put(at, "name", 's', (char[]){'a' + i, 0}, 1);
        at = put(at, "dtype", 's', "float64", 7);
        at = put(at, "shape", 'b', (long long[]){size / 8}, 8);
        memcpy(at, "\4datab", 6);
        memcpy(at + 6, &size, 4);
        unsigned length = at + 10 + size - large - 4;
        memcpy(large, &length, 4);
        memcpy(large + 4, (unsigned short[]){4, 5}, 4);
        for (unsigned sent = 0; sent < length + 4;) {
            long n = write(oto_host(), large + sent, length + 4 - sent);
            if (n <= 0) break;
            sent += n;
        }
    }
    free(large);
    return x;
}
"""


def test_the_grader_holds_so_much_of_what_a_notebook_observes_and_no_more(tmp_path):
    answer = cell("double value(double x) {\n    // ### BEGIN SOLUTION\n    return x;\n    // ### END SOLUTION\n}", "value")
    answer["metadata"]["nbgrader"].update(solution=True)
    tests = [cell(f'oto_check_close("value {i}", value({i}));', f"test{i}", points=1) for i in range(6)]
    samples = course_of(tmp_path, "large", notebook([cell('oto_exercise("large");'), answer, *tests]))
    samples.submit("large", {"value": LARGE})
    grader = subprocess.Popen([make_samples.OTO_GRADE, "run", "--course", samples.course], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(grader.pid, 0)
    grader.returncode = os.waitstatus_to_exitcode(status)
    assert grader.returncode == 0 and report(samples.course)["large"]["score"] == 6
    assert used.ru_maxrss < 1 << 20, "kilobytes"


# ---- what a student's code says of the memory it took ----

HELD = "double held(int n) {\n    // ### BEGIN SOLUTION\n    double *x = malloc(n * sizeof *x), sum = 0;\n    for (int i = 0; i < n; i++) x[i] = 1.0 / (i + 1);\n    for (int i = 0; i < n; i++) sum += x[i];\n    free(x);\n    return sum;\n    // ### END SOLUTION\n}"
MAPPED = "#include <sys/mman.h>\ndouble held(int n) {\n    long size = %d << 20;\n    double *x = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), sum = 0;\n    for (int i = 0; i < size / 8; i += 512) x[i] = 1;\n    for (int i = 0; i < n; i++) sum += 1.0 / (i + 1);\n%s    return sum;\n}"
HOLDERS = {  # name: (source, score of 5)
    "honest": (HELD.replace("// ### BEGIN SOLUTION", "").replace("// ### END SOLUTION", ""), 5),
    "many small blocks": (
        "double held(int n) {\n    struct node { struct node *next; double x; } *list = NULL;\n    double sum = 0;\n"
        "    for (int i = 0; i < n / 2; i++) { struct node *node = malloc(sizeof *node); *node = (struct node){list, 1.0 / (2 * i + 1) + 1.0 / (2 * i + 2)}; list = node; }\n"
        "    while (list) { struct node *next = list->next; sum += list->x; free(list); list = next; }\n    return sum;\n}", 5),
    "a block many times": (
        "double held(int n) {\n    double sum = 0;\n    for (int again = 0; again < 20; again++) {\n        double *x = malloc(n * sizeof *x);\n        sum = 0;\n"
        "        for (int i = 0; i < n; i++) x[i] = 1.0 / (i + 1);\n        for (int i = 0; i < n; i++) sum += x[i];\n        free(x);\n    }\n    return sum;\n}", 5),
    "memory that malloc does not see": (MAPPED % (200, "    munmap(x, size);\n"), 2),
    "memory that is kept": (MAPPED % (64, ""), 2),
}


def test_memory_does_not_become_less_by_being_hidden(tmp_path):
    test = 'oto_check_close("sum", held(1 << 20), .rtol = 1e-9);\noto_check_memory("a million", held(1 << 20), .weight = 1.5);'
    samples = course_of_one_answer(tmp_path, "holders", "held", HELD, test, 5)
    assert scores(samples, "held", {name: source for name, (source, _) in HOLDERS.items()}) == {
        name: score for name, (_, score) in HOLDERS.items()}
