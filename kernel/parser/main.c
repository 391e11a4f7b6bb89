/* oto-parser: answers questions about C (questions.h) that come over a socket, with libclang. A process of its own,
 * because a question may take forever, or all memory: then it ends alone. oto-parser --stand-by FOLDER FLAG...: gets
 * ready for questions with these flags, and takes orders (kernel/engine/stand_by.h): each is for a child that answers
 * in a sandbox, where FOLDER is its working directory. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "kernel/engine/libclang.h"
#include "kernel/engine/service.h"
#include "kernel/engine/stand_by.h"
#include "kernel/engine/unit.h"
#include "kernel/parser/questions.h"

static void add_name(void *context, const char *name, const char *type, const char *signature) {
    pack_string(context, name);
    pack_string(context, type);
    pack_string(context, signature);
}

static void add_header_name(void *context, const char *name, char space) {
    pack_string(context, name);
    pack_number(context, space);
}

static void answer(struct libclang *libclang, const struct question *q, struct text *out) {
    switch (q->kind) {
    case QUESTION_FACTS: {
        struct facts facts;
        libclang_parse_text(libclang, q->flags, q->text, q->length, q->place, q->prefix, &facts);
        facts_pack(&facts, out);
        facts_free(&facts);
        break;
    }
    case QUESTION_COMPLETION:
        libclang_complete(libclang, q->flags, q->text, q->length, q->place, q->prefix, strlen(q->prefix), add_name,
                          out);
        break;
    case QUESTION_SCOPE:
        libclang_scope(libclang, q->flags, q->text, q->length, q->place, add_name, out);
        break;
    case QUESTION_DECLARATION: {
        char *comment,
            *declaration = libclang_declaration_at(libclang, q->flags, q->text, q->length, q->place, &comment);
        pack_string(out, declaration);
        pack_string(out, comment);
        free(declaration);
        free(comment);
        break;
    }
    case QUESTION_PRINT: {
        char *printed = libclang_print(libclang, q->flags, q->text, q->length, q->place, q->to);
        pack_string(out, printed);
        free(printed);
        break;
    }
    case QUESTION_HEADER_NAMES:
        libclang_header_names(libclang, q->flags, add_header_name, out);
        break;
    }
}

/* libclang aborts when an allocation fails. */
static void aborted(int signal_number) {
    struct rusage usage;
    bool much = !getrusage(RUSAGE_SELF, &usage) && usage.ru_maxrss > (SERVICE_MEGABYTES << 10) / 2;
    service_give_up(much ? SERVICE_OUT_OF_MEMORY : SERVICE_CRASHED);
}

static void out_of_time(int signal_number) {
    service_give_up(SERVICE_OUT_OF_TIME);
}

static void limit(void) {
    const struct rlimit none = {0, 0};
    const struct rlimit bytes = {(rlim_t)SERVICE_MEGABYTES << 20, (rlim_t)SERVICE_MEGABYTES << 20};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_DATA, &bytes);
    signal(SIGABRT, aborted);
    signal(SIGPROF, out_of_time);
    setenv("LIBCLANG_NOTHREADS", "1", 1); /* a thread for each parse costs more than it protects here */
}

/* From now on, how much processor time may be used; 0: without end. */
static void allow_seconds(int seconds) {
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = seconds}, NULL);
}

/* The first question is slower than those that follow. */
static void get_ready(struct libclang *libclang, const char *const *flags) {
    struct facts facts;
    libclang_parse_text(libclang, flags, "", 0, 0, UNIT_PART, &facts);
    facts_free(&facts);
}

static void serve(struct libclang *libclang) {
    for (uint64_t size; service_receive(SERVICE_SOCKET, &size, sizeof size);) {
        char *bytes = must_allocate(size + 1);
        if (!service_receive(SERVICE_SOCKET, bytes, size)) break;
        struct question question;
        struct text out = {};
        struct packed in = {bytes, bytes + size, false};
        if (!question_unpack(&in, &question) || !question.prefix) service_give_up(SERVICE_CRASHED);
        allow_seconds(SERVICE_SECONDS);
        answer(libclang, &question, &out);
        allow_seconds(0);
        size = out.length;
        if (!service_transmit(SERVICE_SOCKET, &size, sizeof size) ||
            !service_transmit(SERVICE_SOCKET, text_c(&out), out.length))
            break;
        question_free(&question);
        text_free(&out);
        free(bytes);
    }
}

int main(int argc, char **argv) {
    bool stands_by = argc > 3 && !strcmp(argv[1], "--stand-by");
    if (argc > 1 && !stands_by) {
        fputs("usage: oto-parser [--stand-by FOLDER FLAG...] (the kernel and the grader start it)\n", stderr);
        return 2;
    }
    /* A cell's code runs as the same user, and may neither read a hidden test here nor change what is said of an
     * answer. */
    prctl(PR_SET_DUMPABLE, 0);
    limit();
    struct libclang *libclang = libclang_open();
    if (stands_by) {
        get_ready(libclang, (const char *const *)argv + 3);
        stand_by(argv[2]);
    }
    serve(libclang);
    _exit(SERVICE_DONE);
}
