/* oto-worker: the process that student code lives in. See protocol.h for what it is told and what it says. */
#include <dlfcn.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/children.h"
#include "kernel/worker/descriptors.h"
#include "kernel/worker/family.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/heap.h"
#include "kernel/worker/input.h"
#include "kernel/worker/interrupt.h"
#include "kernel/worker/output.h"
#include "kernel/worker/session.h"
#include "kernel/worker/worker.h"
#include "lib/record/record.h"

static const char usage[] =
    "usage: oto-worker --commands FD --records FD [--no-snapshots]\n"
    "       (started by the engine of oto-kernel and oto-grade; see kernel/worker/protocol.h)\n";

static bool number(const char *text, int64_t most, int64_t *value) {
    char *end;
    errno = 0;
    long long read = strtoll(text, &end, 10);
    *value = read;
    return !errno && end != text && !*end && read >= 0 && read <= most;
}

static bool arguments(int count, char **values) {
    static const struct option options[] = {{"commands", required_argument, NULL, 'c'},
                                            {"records", required_argument, NULL, 'r'},
                                            {"no-snapshots", no_argument, NULL, 'n'},
                                            {0}};
    int64_t commands = -1, records = -1;
    for (int option; (option = getopt_long(count, values, "", options, NULL)) != -1;) {
        bool good = option == 'n';
        worker.no_snapshots |= good;
        if (option == 'c') good = number(optarg, 1 << 20, &commands);
        if (option == 'r') good = number(optarg, 1 << 20, &records);
        if (option != '?' && !good) fprintf(stderr, "oto-worker: %s is not a number it can use\n", optarg);
        if (!good) return false;
    }
    worker.commands = descriptors_move((int)commands);
    worker.records = descriptors_move((int)records);
    bool all_used = optind == count;
    optind = 1; /* getopt belongs to the cells from now on */
    return all_used && worker.commands >= 0 && worker.records >= 0;
}

/* A stack of 8 MiB, so that runaway recursion ends soon, whatever the shell's limit says. */
static void limit_stack(void) {
    struct rlimit limit;
    const rlim_t stack = 8 << 20;
    if (getrlimit(RLIMIT_STACK, &limit) < 0 || (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= stack)) return;
    limit.rlim_cur = stack;
    if (setrlimit(RLIMIT_STACK, &limit) < 0) perror("oto-worker: setrlimit");
}

int main(int count, char **values) {
    if (!arguments(count, values)) {
        fputs(usage, stderr);
        return 2;
    }
    setsid(); /* fails for the leader of a group, which needs it not: a shell made the group for it */
    limit_stack();
    setvbuf(stdout, NULL, _IONBF, 0);
    setvbuf(stderr, NULL, _IONBF, 0);
    /* Clang's helpers for 128-bit and complex arithmetic, which no call of ours pulls in. */
    if (!dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_GLOBAL)) fprintf(stderr, "oto-worker: %s\n", dlerror());
    heap_serve_records();
    oto_host_attach(worker.records);
    oto_host_attach_answers(worker.commands);
    if (!arena_open() || !output_open() || !input_open() || !fault_open() || !children_open() || !family_open()) {
        perror("oto-worker: cannot start");
        return 1;
    }
    interrupt_install();
    return session_serve();
}
