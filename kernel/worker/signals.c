#include "kernel/worker/signals.h"

#include <fcntl.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/interrupt.h"
#include "kernel/worker/machine.h"
#include "kernel/worker/memory.h"
#include "kernel/worker/missing.h"
#include "kernel/worker/report.h"
#include "kernel/worker/run.h"

static const int handled[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGXFSZ};
/* These end a process too; a cell may have given them another meaning, which stays. */
static const int ending[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM,
                             SIGTERM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ, SIGSYS};

enum { NULL_PAGE = 64 << 10, GUARD = 1 << 20 };

/* Where the main thread's stack ends below. */
static uintptr_t stack_end;

/* The C library reads all of /proc/self/maps for this, so it is asked once. */
static void find_stack_end(void) {
    pthread_attr_t attributes;
    void *low;
    size_t size;
    static bool asked;
    if (asked) return;
    asked = true;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) stack_end = (uintptr_t)low;
    pthread_attr_destroy(&attributes);
}

/* The permissions (as /proc/self/maps writes them) of the mapping that holds address; false when there is none. */
static bool mapping(uintptr_t address, char permissions[5]) {
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    char chunk[4096];
    uintptr_t numbers[2] = {0};
    int field = 0, letters = 0; /* of the line: low, high, permissions, rest */
    bool found = false;
    if (fd < 0) return false;
    for (ssize_t size; !found && (size = read(fd, chunk, sizeof chunk)) > 0;) {
        for (ssize_t i = 0; i < size && !found; i++) {
            char c = chunk[i];
            if (c == '\n') {
                field = letters = 0;
                numbers[0] = numbers[1] = 0;
            } else if (c == '-' && field == 0)
                field = 1;
            else if (c == ' ' && field == 1)
                field = 2;
            else if (field < 2)
                numbers[field] = numbers[field] * 16 + (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
            else if (field == 2) {
                permissions[letters++] = c;
                if (letters == 4) field = 3;
                found = letters == 4 && address >= numbers[0] && address < numbers[1];
            }
        }
    }
    close(fd);
    permissions[4] = '\0';
    return found;
}

static bool in_guard(uintptr_t address, uintptr_t sp) {
    if (gettid() == worker.thread && stack_end)
        return address < stack_end + 2 * 4096 && address + GUARD > stack_end && sp < stack_end + GUARD;
    /* Another thread's stack is followed by a page of no access. */
    return address < sp + 4096 && sp < address + GUARD;
}

/* Checked code asks the shadow of an address before it touches the address: where there is no shadow either, that is
 * what faults. Returns the address that was meant: a register may still hold it. */
static uintptr_t behind_shadow(const void *context, uintptr_t address) {
    size_t scale, offset;
    __asan_get_shadow_mapping(&scale, &offset);
    for (int i = 0; i < machine_register_count(); i++) {
        uintptr_t value = machine_register(context, i);
        if ((value >> scale) + offset == address) return value;
    }
    unsigned char code[16];
    bool asks_shadow = memory_read(code, machine_pc(context), sizeof code) && machine_mentions(code, offset);
    return asks_shadow ? (address - offset) << scale : address;
}

/* The address that a fault is about; 0 with *known false when it is no address of this machine, and the registers do
 * not tell either. Memory that was never set is filled with one byte (0xaa by the compiler, 0xbe by malloc). */
static uintptr_t meant_address(const siginfo_t *info, const void *context, bool *known) {
    char permissions[5];
    uintptr_t address = (uintptr_t)info->si_addr;
    *known = true;
    if (info->si_code != SI_KERNEL)
        return mapping(address, permissions) && strncmp(permissions, "---", 3) != 0 ? address
                                                                                    : behind_shadow(context, address);
    for (int i = 0; i < machine_register_count(); i++) {
        uintptr_t value = machine_register(context, i), top = value >> 32;
        if (top == 0xaaaaaaaa || top == 0xbebebebe) return value;
    }
    *known = false;
    return 0;
}

static const char *region_of(uintptr_t address, bool known, const void *context, const char *access) {
    uintptr_t sp = machine_sp(context);
    char permissions[5];
    if (!known) return "unmapped";
    if (address < NULL_PAGE) return "null";
    if (in_guard(address, sp)) return "guard";
    if (arena_is_code(address)) return "code";
    if (arena_holds(AREA_RODATA, address)) return "literal";
    if (!mapping(address, permissions) || !strncmp(permissions, "---", 3)) {
        bool near_stack = address < sp + GUARD && sp < address + GUARD && sp < run_base() && address < run_base();
        return near_stack ? "guard" : "unmapped";
    }
    if (permissions[2] == 'x') return "code";
    return !strcmp(access, "write") && permissions[1] == '-' ? "literal" : "unknown";
}

/* Dies of the signal as a process without us would. */
static void die_of(int signal) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t unblock;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
    sigemptyset(&unblock);
    sigaddset(&unblock, signal);
    pthread_sigmask(SIG_UNBLOCK, &unblock, NULL);
    raise(signal);
}

static void on_signal(int signal, siginfo_t *info, void *context) {
    if (signal == SIGSEGV) interrupt_on_fault(info, context);
    if (signal == SIGSEGV && missing_go_on(context)) return;
    if (worker_is_forked_child()) {
        die_of(signal);
        return;
    }
    if (signal == SIGSEGV && fault_releasing && !arena_holds(AREA_TEXT, machine_pc(context)))
        fault_release(machine_pc(context), machine_fp(context), machine_sp(context));
    const struct symbol *missing = signal == SIGSEGV ? missing_at((uintptr_t)info->si_addr) : NULL;
    if (signal == SIGABRT) {
        fault_begin("abort");
        report_text("message", "");
    } else if (missing) {
        fault_begin("missing");
        report_text("symbol", missing->name);
    } else if (signal == SIGXFSZ && worker.file_limit) {
        fault_begin("file");
        report_integer("limit", worker.file_limit);
    } else {
        fault_begin("signal");
        report_integer("signal", signal);
        report_integer("code", info->si_code);
    }
    if (signal == SIGSEGV && info->si_code > 0 && !missing) {
        bool known;
        const char *access = machine_access(context);
        uintptr_t address = meant_address(info, context, &known);
        report_text("access", known && address != (uintptr_t)info->si_addr ? "check" : access);
        if (known) report_integer("address", (int64_t)address);
        report_text("region", region_of(address, known, context, access));
    }
    fault_finish(machine_pc(context), machine_fp(context), machine_sp(context), machine_link(context));
}

bool signals_handle(const struct sigaction *action) {
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

static struct sigaction our_action(void) {
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    return action;
}

void signals_default(int number, struct sigaction *action) {
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        if (handled[i] == number) *action = our_action();
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (ending[i] == number) *action = our_action();
}

void signals_reclaim_segv(void) {
    struct sigaction action = our_action();
    sigaction(SIGSEGV, &action, NULL);
}

void signals_install(void) {
    struct sigaction action = our_action();
    find_stack_end();
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
        sigset_t unblock;
        sigaction(handled[i], &action, NULL);
        sigemptyset(&unblock);
        sigaddset(&unblock, handled[i]);
        sigprocmask(SIG_UNBLOCK, &unblock, NULL);
    }
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        struct sigaction present;
        if (sigaction(ending[i], NULL, &present) == 0 && present.sa_handler == SIG_DFL)
            sigaction(ending[i], &action, NULL);
    }
}
