/* The worker (kernel/worker) driven as the engine drives it: cells that run, crash, loop, read and are rebound. */
#include "tests/unit/worker_host.h"

static struct host host;

static int start(void **state) {
    host_start(&host, NULL);
    return host_wait(&host, WORKER_READY, 0, 10) ? 0 : -1;
}
static int start_without_snapshots(void **state) {
    host_start(&host, "--no-snapshots");
    return host_wait(&host, WORKER_READY, 0, 10) ? 0 : -1;
}
static int stop(void **state) {
    host_stop(&host);
    return 0;
}

static const char *what(const struct oto_record *fault) {
    return oto_record_get_text(fault, "what", "nothing");
}

/* A variable and a function that read as the session's state. */
static void define_kept(void) {
    RUN(&host, "int kept __asm__(\"kept.new\") = 10;" CELL "{}");
}
/* The value of kept, which unit 1 defined. */
static void assert_kept(int value) {
    char expected[32];
    RUN(&host, "extern int kept __asm__(\"kept.1\");" CELL "{ printf(\"kept %d\\n\", kept); }");
    snprintf(expected, sizeof expected, "kept %d\n", value);
    assert_string_equal(host.text, expected);
}
#define KEPT "extern int kept __asm__(\"kept.1\"); "

/* ---- cells that end well ---- */

static void a_cell_runs_and_prints(void **state) {
    assert_string_equal(RUN(&host, CELL "{ printf(\"hello %d\\n\", 42); }"), "returned");
    assert_string_equal(host.text, "hello 42\n");
}

static void variables_live_on_in_both_modes(void **state) {
    define_kept();
    RUN(&host, KEPT CELL "{ kept++; }");
    RUN(&host, KEPT CELL "{ kept += 5; }", .mode = FAST);
    assert_kept(16);
}

static void an_old_caller_reaches_a_redefined_function(void **state) {
    for (enum mode mode = CHECKED; mode <= FAST; mode++) {
        char rebind[64], call[256];
        RUN(&host, "int f(void) __asm__(\"f.new\"); int f(void) { return 1; }" CELL "{}", .mode = mode);
        int f = host.unit;
        snprintf(call, sizeof call,
                 "int f(void) __asm__(\"f.%d\"); int g(void) __asm__(\"g.new\"); int g(void) { return f() * 10; }" CELL
                 "{}",
                 f);
        RUN(&host, call, .mode = mode);
        int g = host.unit;
        snprintf(rebind, sizeof rebind, "f.%d f.new", f);
        RUN(&host, "int f(void) __asm__(\"f.new\"); int f(void) { return 2; }" CELL "{}", .mode = mode,
            .rebind = rebind);
        snprintf(call, sizeof call, "int g(void) __asm__(\"g.%d\");" CELL "{ printf(\"%%d\", g()); }", g);
        RUN(&host, call);
        assert_string_equal(host.text, "20");
    }
}

static void a_static_local_is_kept_when_sizes_agree(void **state) {
    for (enum mode mode = CHECKED; mode <= FAST; mode++) {
        char keep[64], call[256];
        RUN(&host, "int f(void) __asm__(\"f.new\"); int f(void) { static int n = 5; return ++n; }" CELL "{ f(); f(); }",
            .mode = mode);
        int f = host.unit;
        snprintf(keep, sizeof keep, "f.new.n f.%d.n", f);
        RUN(&host, "int f(void) __asm__(\"f.new\"); int f(void) { static int n = 5; return n += 10; }" CELL "{}",
            .mode = mode, .keep = keep);
        assert_null(oto_record_find(&host.loaded, "reset"));
        snprintf(call, sizeof call, "int f(void) __asm__(\"f.%d\");" CELL "{ printf(\"%%d\", f()); }", host.unit);
        RUN(&host, call);
        assert_string_equal(host.text, "17");
        snprintf(keep, sizeof keep, "f.new.n f.%d.n", f);
        RUN(&host, "int f(void) __asm__(\"f.new\"); int f(void) { static double n[9]; return n[0] += 1; }" CELL "{}",
            .mode = mode, .keep = keep);
        assert_non_null(oto_record_find(&host.loaded, "reset"));
    }
}

static void thread_locals_constructors_and_complex_work(void **state) {
    RUN(&host, "_Thread_local int t __asm__(\"t.new\") = 7; [[gnu::constructor]] static void first(void) { t++; }\n"
               "#include <complex.h>\n" CELL "{ double complex z = 1 + 2i; z *= z; printf(\"%d %g\", t, creal(z)); }");
    assert_string_equal(host.text, "8 -3");
}

static void a_switch_and_tables_of_functions_work_in_fast_mode(void **state) {
    RUN(&host,
        "static double (*table[])(double) = {sin, cos, sqrt};"
        "static const char *names[] = {\"a\", \"b\", \"c\", \"d\"};"
        "int pick(int n) __asm__(\"pick.new\"); [[gnu::noinline]] int pick(int n) { switch (n) { case 0: return "
        "puts(\"zero\");"
        "case 1: return n + getpid(); case 2: return puts(\"two\"); case 3: return n * 3; case 4: return "
        "puts(\"four\");"
        "case 5: return 17; } return -1; }" CELL
        "{ volatile int two = 2; pick(two); printf(\"%g %s %d\", table[two](16.0), names[two], pick(two + 3)); }",
        .mode = FAST);
    assert_string_equal(host.text, "two\n4 c 17");
}

static void a_missing_symbol_is_named_and_nothing_runs(void **state) {
    host_send_cell(&host, &(struct run){.source = "int nowhere(int); int neither(void);" CELL
                                                  "{ puts(\"ran\"); int n = neither(); nowhere(n); }"});
    assert_true(host_wait(&host, WORKER_MISSING, 0, 10));
    assert_string_equal(oto_record_get_text(&host.last, "symbol", ""), "neither");
    assert_int_equal(host.last.count, 2);
    assert_string_equal(host.text, "");
    host_say(&host, WORKER_ABANDON);
    assert_true(host_wait(&host, WORKER_RESTORED, 0, 10));
    assert_string_equal(RUN(&host, CELL "{}"), "returned");
}

static void a_function_may_be_referred_to_before_it_is_defined(void **state) {
    RUN(&host, "int later(int); int (*kept)(int) __asm__(\"kept.new\") = later;"
               "int use(int) __asm__(\"use.new\"); int use(int x) { return later(x) + 1; }" CELL "{}");
    struct oto_record fault;
    FAIL(&host, &fault, "int use(int) __asm__(\"use.1\");" CELL "{ use(1); }");
    assert_string_equal(oto_record_get_text(&fault, "what", ""), "missing");
    assert_string_equal(oto_record_get_text(&fault, "symbol", ""), "later");
    oto_record_free(&fault);
    RUN(&host,
        "int later(int) __asm__(\"later.new\"); int later(int x) { return x * 10; }"
        "int use(int) __asm__(\"use.1\"); extern int (*kept)(int) __asm__(\"kept.1\");" CELL
        "{ printf(\"%d %d\", use(1), kept(2)); }",
        .rebind = "later later.new");
    assert_string_equal(host.text, "11 20");
}

static void the_workers_own_functions_are_not_found(void **state) {
    host_send_cell(&host,
                   &(struct run){.source = "int session_serve(void); int main(void);" CELL "{ session_serve(); }"});
    assert_true(host_wait(&host, WORKER_MISSING, WORKER_RAN, 10));
    assert_int_equal(host.last.kind, WORKER_MISSING);
    host_say(&host, WORKER_ABANDON);
    assert_true(host_wait(&host, WORKER_RESTORED, 0, 10));
}

static void libraries_are_opened_by_name(void **state) {
    RUN(&host, "const char *zError(int);" CELL "{ printf(\"%s\", zError(0)); }", .libraries = "m\nz");
    host_send_cell(&host, &(struct run){.source = CELL "{}", .libraries = "nowhere_at_all"});
    assert_true(host_wait(&host, WORKER_MISSING, WORKER_RAN, 10));
    assert_non_null(strstr(oto_record_get_text(&host.last, "problem", ""), "-lnowhere_at_all"));
    host_say(&host, WORKER_ABANDON);
    assert_true(host_wait(&host, WORKER_RESTORED, 0, 10));
}

static void a_broken_object_is_refused(void **state) {
    size_t size;
    unsigned char *object = compile(CELL "{ puts(\"whole\"); }", FAST, &size);
    srand(1);
    for (int i = 0; i < 60; i++) {
        unsigned char *copy = malloc(size);
        size_t length = i % 2 ? size : (size_t)rand() % size;
        memcpy(copy, object, size);
        /* headers, tables and names, but not the code: that may do what it likes */
        if (i % 2) copy[(size_t)rand() % 64] ^= (unsigned char)(1 << rand() % 8);
        host_begin(&host);
        host_send_run(&host, &(struct run){0}, copy, length);
        assert_true(host_wait(&host, WORKER_MISSING, WORKER_RAN, 10));
        host_say(&host, WORKER_ABANDON);
        assert_true(host_wait(&host, WORKER_RESTORED, 0, 10));
        host.session = host.snapshot;
        free(copy);
    }
    free(object);
}

static void a_forked_child_is_never_a_second_session(void **state) {
    assert_string_equal(RUN(&host, CELL "{ if (fork() == 0) printf(\"c\"); else { wait(NULL); printf(\"p\"); } }"),
                        "returned");
    assert_string_equal(host.text, "cp");
    RUN(&host,
        CELL "{ if (fork() == 0) { puts(\"gone\"); exit(3); } int s; wait(&s); printf(\"%d\", WEXITSTATUS(s)); }");
    assert_string_equal(host.text, "gone\n3");
    assert_string_equal(RUN(&host, CELL "{ if (fork() == 0) sleep(1); }"), "returned");
}

static void threads_alive_at_the_end_are_stopped_and_counted(void **state) {
    host_send_cell(
        &host,
        &(struct run){
            .source =
                "static long laps; static void *spin(void *p) { for (;;) laps++; }"
                "static void *doze(void *p) { sleep(100); return 0; }" CELL
                "{ pthread_t t; pthread_create(&t, 0, spin, 0); pthread_create(&t, 0, doze, 0); usleep(20000); }"});
    assert_true(host_wait(&host, WORKER_RAN, 0, 10));
    assert_int_equal(oto_record_get_integer(&host.last, "threads", -1), 2);
    host_say(&host, WORKER_COMMIT);
    assert_true(host_wait(&host, WORKER_COMMITTED, 0, 10));
    host_send_cell(&host, &(struct run){.source = "static void *f(void *p) { return p; }" CELL
                                                  "{ pthread_t t; pthread_create(&t, 0, f, 0); pthread_join(t, 0); }"});
    assert_true(host_wait(&host, WORKER_RAN, 0, 10));
    assert_int_equal(oto_record_get_integer(&host.last, "threads", -1), 0);
    host_say(&host, WORKER_COMMIT);
    assert_true(host_wait(&host, WORKER_COMMITTED, 0, 10));
}

/* ---- input and ends ---- */

static void standard_input_asks_the_host(void **state) {
    host.answers = "21 Ada\nsecond line\nx";
    RUN(&host, CELL "{ int n; char w[8], l[32], c; scanf(\"%d %7s\", &n, w); getchar(); fgets(l, 32, stdin);"
                    "read(0, &c, 1); printf(\"%d %s %s%c %d\", n, w, l, c, getchar()); }");
    assert_string_equal(host.text, "21 Ada second line\nx -1");
    host.answers = "7\n";
    RUN(&host, CELL "{ int n = 0; printf(\"%d\", scanf(\"%d\", &n)); printf(\" %d\", n); }");
    assert_string_equal(host.text, "1 7");
    host.answers = NULL;
}

static void exit_zero_keeps_and_exit_n_does_not(void **state) {
    struct oto_record fault;
    define_kept();
    assert_string_equal(RUN(&host, KEPT CELL "{ kept = 11; exit(0); }"), "exited");
    FAIL(&host, &fault, KEPT CELL "{ kept = 12; exit(3); }");
    assert_string_equal(what(&fault), "exit");
    assert_int_equal(oto_record_get_integer(&fault, "code", 0), 3);
    oto_record_free(&fault);
    assert_kept(11);
}

static void a_program_has_arguments_and_a_status(void **state) {
    struct oto_record end;
    FAIL(&host, &end,
         "static void last(void) { puts(\"last\"); }"
         "int main(int c, char **v) { atexit(last); printf(\"%d %s \", c, v[1]); return 4; }",
         .arguments = "program\ntwo words");
    assert_string_equal(what(&end), "exit");
    assert_int_equal(oto_record_get_integer(&end, "code", 0), 4);
    assert_string_equal(host.text, "2 two words last\n");
    oto_record_free(&end);
    FAIL(&host, &end, "int main(void) { puts(\"quiet\"); return 0; }", .arguments = "p");
    assert_int_equal(end.kind, WORKER_RESTORED);
    assert_string_equal(host.text, "quiet\n");
    oto_record_free(&end);
    assert_string_equal(RUN(&host, CELL "{}"), "returned");
}

/* ---- cells that die ---- */

static const struct {
    const char *name, *source;
    enum mode mode;
    const char *what, *field, *value;
} deaths[] = {
    {"null", CELL "{ volatile int *p = 0; *p = 1; }", FAST, "signal", "region", "null"},
    {"null is written", CELL "{ volatile int *p = 0; *p = 1; }", FAST, "signal", "access", "write"},
    {"null checked", CELL "{ int *p = 0; *p = 1; }", CHECKED, "undefined", "kind", "null-pointer-use"},
    {"literal", CELL "{ char *s = \"abc\"; s[0] = 'X'; }", CHECKED, "signal", "region", "literal"},
    {"call of null", CELL "{ void (*volatile f)(void) = 0; f(); }", FAST, "signal", "region", "null"},
    {"wild", CELL "{ *(volatile int *)0x123456789000 = 1; }", FAST, "signal", "region", "unmapped"},
    {"stack overflow",
     "int deep(int n) { volatile int a[50]; a[0] = n; return deep(n + 1) + a[0]; }" CELL "{ deep(0); }", CHECKED,
     "signal", "region", "guard"},
    {"stack overflow, fast",
     "[[gnu::noinline]] int deep(int n) { volatile int a[50]; a[0] = n; return deep(n + 1) + a[0]; }" CELL
     "{ deep(0); }",
     FAST, "signal", "region", "guard"},
    {"tail recursion", "int count(int n) { return count(n + 1); }" CELL "{ count(0); }", CHECKED, "signal", "region",
     "guard"},
    {"heap overflow", CELL "{ int *v = malloc(16); for (int i = 0; i <= 4; i++) v[i] = i; }", CHECKED, "asan", "object",
     "heap"},
    {"heap overflow, where", CELL "{ int *v = malloc(16); v[-1] = 3; }", CHECKED, "asan", "relation", "before"},
    {"stack buffer", CELL "{ char b[4]; strcpy(b, \"much too long\"); }", CHECKED, "asan", "kind",
     "stack-buffer-overflow"},
    {"stack buffer, where", CELL "{ char b[4]; b[0] = 0; memset(b, 1, 6); }", CHECKED, "asan", "name", "b"},
    {"free of a literal", CELL "{ free(\"text\"); }", CHECKED, "asan", "object", "literal"},
    {"free of a number", CELL "{ free((void *)0x1234); }", CHECKED, "asan", "kind", "bad-free"},
    {"realloc of a literal", CELL "{ printf(\"%p\", realloc(\"text\", 9)); }", FAST, "asan", "kind", "bad-free"},
    {"use after free", CELL "{ char *s = strdup(\"x\"); free(s); putchar(s[0]); }", CHECKED, "asan", "kind",
     "heap-use-after-free"},
    {"double free", CELL "{ char *s = malloc(3); free(s); free(s); }", CHECKED, "asan", "kind", "double-free"},
    {"bad free", CELL "{ int x; free(&x); }", CHECKED, "asan", "kind", "bad-free"},
    {"use after scope", CELL "{ int *p; { int inner = 3; p = &inner; } printf(\"%d\", *p); }", CHECKED, "asan", "kind",
     "stack-use-after-scope"},
    {"division by zero", CELL "{ int zero = 0; printf(\"%d\", 10 / zero); }", CHECKED, "undefined", "kind",
     "integer-divide-by-zero"},
    {"overflow", CELL "{ int top = INT_MAX; printf(\"%d\", top + 1); }", CHECKED, "undefined", "kind",
     "signed-integer-overflow"},
    {"SIGFPE", CELL "{ volatile int zero = 0; zero = 10 / zero; }", FAST, "signal", NULL, NULL},
    {"abort", CELL "{ abort(); }", CHECKED, "abort", "message", ""},
    {"raise(SIGABRT)", CELL "{ raise(SIGABRT); }", CHECKED, "abort", "message", ""},
    {"assert", CELL "{ int n = 3; assert(n == 4); }", CHECKED, "abort", "message", "n == 4"},
};

static void each_death_is_told_and_undone(void **state) {
    define_kept();
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
        struct oto_record fault;
        char source[1024];
        snprintf(source, sizeof source, KEPT "[[gnu::constructor]] static void touch(void) { kept = 99; }\n%s",
                 deaths[i].source);
        FAIL(&host, &fault, source, .mode = deaths[i].mode);
        if (strcmp(what(&fault), deaths[i].what) != 0 ||
            (deaths[i].field && strcmp(oto_record_get_text(&fault, deaths[i].field, "missing"), deaths[i].value) != 0))
            fail_msg("%s: %s, %s = %s", deaths[i].name, what(&fault), deaths[i].field ? deaths[i].field : "-",
                     deaths[i].field ? oto_record_get_text(&fault, deaths[i].field, "missing") : "-");
        oto_record_free(&fault);
    }
    assert_kept(10);
}

/* The frames that lie in cell code, which begins and ends as LOADED says. */
static size_t cell_frames(const struct oto_record *fault) {
    size_t size = 0, inside = 0;
    const unsigned char *bytes = oto_record_get_bytes(fault, "frames", &size);
    for (size_t i = 0; i + 16 <= size; i += 16) {
        uint64_t pc;
        memcpy(&pc, bytes + i, 8);
        inside += (int64_t)pc >= oto_record_get_integer(&host.loaded, "text_low", 0) &&
                  (int64_t)pc < oto_record_get_integer(&host.loaded, "text_high", 0);
    }
    return inside;
}

static void every_death_names_the_calls_that_led_to_it(void **state) {
    static const struct {
        const char *body;
        enum mode mode;
        const char *note;
    } bodies[] = {{"*p = 1;", CHECKED, "null, checked"},
                  {"*(volatile int *)p = 1;", FAST, "null, fast"},
                  {"((void (*)(void))p)();", FAST, "call of null"},
                  {"abort();", CHECKED, "abort"},
                  {"raise(SIGABRT);", CHECKED, "raise, through libc"},
                  {"printf(\"%s\", (char *)p + 8);", FAST, "inside printf"},
                  {"strlen((char *)p + 8);", CHECKED, "inside strlen"},
                  {"free(malloc(1) + 1);", CHECKED, "bad free"},
                  {"int v[4]; memset(v, 0, 20 + n);", CHECKED, "inside memset"},
                  {"exit(2);", CHECKED, "exit"}};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct oto_record fault;
        char source[1024];
        snprintf(source, sizeof source,
                 "[[gnu::noinline]] int inner(volatile int n) { int *volatile p = 0; %s return n + 1; }"
                 "[[gnu::noinline]] int middle(volatile int n) { return inner(n) + 1; }" CELL
                 "{ middle(1); puts(\"\"); }",
                 bodies[i].body);
        FAIL(&host, &fault, source, .mode = bodies[i].mode);
        if (fault.kind != WORKER_FAULT || cell_frames(&fault) != 3)
            fail_msg("%s: %zu frames in cell code, not 3 (%s)", bodies[i].note, cell_frames(&fault), what(&fault));
        oto_record_free(&fault);
    }
}

static void a_fault_in_a_callback_of_the_c_library_shows_both_sides(void **state) {
    struct oto_record fault;
    FAIL(&host, &fault,
         "static int compare(const void *a, const void *b) { abort(); }"
         "[[gnu::noinline]] static void sorts(void) { int v[3] = {3, 2, 1}; qsort(v, 3, 4, compare); }" CELL
         "{ sorts(); }");
    assert_string_equal(what(&fault), "abort");
    assert_int_equal(cell_frames(&fault), 3);
    oto_record_free(&fault);
}

static void a_death_by_kill_restores(void **state) {
    struct oto_record end;
    define_kept();
    FAIL(&host, &end, KEPT CELL "{ kept = 1; raise(SIGKILL); }");
    assert_int_equal(end.kind, WORKER_RESTORED);
    assert_int_equal(oto_record_get_integer(&end, "status", 0), SIGKILL);
    oto_record_free(&end);
    assert_kept(10);
}

static void two_hundred_crashes_in_a_row_lose_nothing(void **state) {
    size_t size;
    unsigned char *object = compile(KEPT CELL "{ kept = 0; *(volatile int *)8 = 1; }", FAST, &size);
    define_kept();
    for (int i = 0; i < 200; i++) {
        host_begin(&host);
        host_send_run(&host, &(struct run){0}, object, size);
        assert_true(host_wait(&host, WORKER_FAULT, 0, 10));
        host_say(&host, WORKER_CONTINUE);
        assert_true(host_wait(&host, WORKER_RESTORED, 0, 10));
        host.session = host.snapshot;
    }
    free(object);
    assert_kept(10);
}

static void file_offsets_come_back(void **state) {
    struct oto_record fault;
    RUN(&host, "FILE *f __asm__(\"f.new\"); int n __asm__(\"n.new\");" CELL
               "{ f = tmpfile(); for (int i = 0; i < 3000; i++) fprintf(f, \"%d\\n\", i); rewind(f); fscanf(f, \"%d\", "
               "&n); }");
#define FILES "extern FILE *f __asm__(\"f.1\"); extern int n __asm__(\"n.1\");"
    FAIL(&host, &fault, FILES CELL "{ for (int i = 0; i < 2500; i++) fscanf(f, \"%d\", &n); abort(); }");
    oto_record_free(&fault);
    RUN(&host, FILES CELL "{ for (int i = 0; i < 1500; i++) fscanf(f, \"%d\", &n); printf(\"%d\", n); }");
    assert_string_equal(host.text, "1500");
}

static void memory_has_a_limit(void **state) {
    struct oto_record fault;
    host.memory_limit = 256 << 20;
    FAIL(&host, &fault, CELL "{ for (int i = 0; i < 64; i++) memset(malloc(16 << 20), 1, 16 << 20); }");
    assert_string_equal(what(&fault), "memory");
    oto_record_free(&fault);
    FAIL(&host, &fault, CELL "{ for (;;) calloc(1, 1000); }");
    assert_string_equal(what(&fault), "memory");
    oto_record_free(&fault);
    RUN(&host, CELL "{ printf(\"%d\", malloc((size_t)1 << 60) == NULL); }");
    assert_string_equal(host.text, "1");
    host.memory_limit = 1 << 30;
    RUN(&host, CELL "{ memset(malloc(400 << 20), 1, 400 << 20); }");
}

/* ---- interrupts ---- */

static void interrupted_cells_keep_what_they_did(void **state) {
    static const struct {
        const char *body;
        enum mode mode;
    } bodies[] = {{"kept = 11; for (;;) laps++;", CHECKED},
                  {"kept = 12; for (;;) laps++;", FAST},
                  {"kept = 13; sleep(60);", CHECKED},
                  {"kept = 14; for (;;) x = sin(x);", CHECKED},
                  {"kept = 15; for (;;) puts(\"a\");", CHECKED},
                  {"kept = 16; for (;;) free(malloc(99));", CHECKED},
                  {"kept = 17; getchar(); for (;;) ;", CHECKED},
                  {"kept = 18; signal(SIGINT, SIG_IGN); for (;;) ;", CHECKED},
                  {"kept = 19; signal(SIGSEGV, SIG_IGN); for (;;) usleep(10);", CHECKED}};
    define_kept();
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char source[512];
        snprintf(source, sizeof source, KEPT "static volatile long laps; static volatile double x = 1;" CELL "{ %s }",
                 bodies[i].body);
        host.answers = "\n";
        host_send_cell(&host, &(struct run){.source = source, .mode = bodies[i].mode});
        assert_false(host_wait(&host, WORKER_RAN, WORKER_FAULT, 0.1));
        assert_return_code(kill(host.session, WORKER_SIGNAL_INTERRUPT), errno);
        if (!host_wait(&host, WORKER_RAN, WORKER_FAULT, 2)) fail_msg("not interrupted: %s", bodies[i].body);
        assert_string_equal(oto_record_get_text(&host.last, "how", what(&host.last)), "interrupted");
        host_say(&host, WORKER_COMMIT);
        assert_true(host_wait(&host, WORKER_COMMITTED, 0, 10));
        assert_kept(11 + (int)i);
    }
}

static void a_hundred_interrupts_in_a_row_are_clean(void **state) {
    size_t size;
    unsigned char *object =
        compile("static volatile double x = 1;" CELL "{ for (;;) { free(malloc(50)); x = cos(x); } }", CHECKED, &size);
    for (int i = 0; i < 100; i++) {
        host_begin(&host);
        host_send_run(&host, &(struct run){0}, object, size);
        usleep(3000 + i % 7 * 100);
        kill(host.session, WORKER_SIGNAL_INTERRUPT);
        while (!host_wait(&host, WORKER_RAN, WORKER_FAULT, 0.2)) kill(host.session, WORKER_SIGNAL_INTERRUPT);
        assert_string_equal(oto_record_get_text(&host.last, "how", what(&host.last)), "interrupted");
        host_say(&host, WORKER_COMMIT);
        assert_true(host_wait(&host, WORKER_COMMITTED, 0, 10));
    }
    free(object);
    assert_string_equal(RUN(&host, CELL "{}"), "returned");
}

/* ---- questions, undo, speed ---- */

static void values_and_leaks_are_answered(void **state) {
    struct oto_record record;
    RUN(&host, "int x __asm__(\"x.new\") = 42; double y[2] __asm__(\"y.new\") = {1.5, 2};" CELL
               "{ volatile char *p = malloc(77); p = 0; }");
    oto_record_begin(&record, WORKER_FORMAT);
    oto_record_text(&record, "name", "x.1");
    oto_record_text(&record, "type", "i4");
    oto_record_text(&record, "name", "y.1");
    oto_record_text(&record, "type", "a2[f8]");
    assert_return_code(oto_record_send(host.commands, &record), errno);
    oto_record_free(&record);
    assert_true(host_wait(&host, WORKER_VALUES, 0, 10));
    assert_string_equal(oto_record_get_text(&host.last, "x.1", ""), "42");
    assert_string_equal(oto_record_get_text(&host.last, "y.1", ""), "{1.5, 2.0}");
    host_say(&host, WORKER_LEAKS);
    assert_true(host_wait(&host, WORKER_VALUES, 0, 10));
    assert_non_null(strstr(oto_record_get_text(&host.last, "leaks", ""), "77 byte"));
}

static void undo_takes_the_last_cell_back(void **state) {
    define_kept();
    RUN(&host, KEPT CELL "{ kept = 50; }");
    host_say(&host, WORKER_UNDO);
    assert_true(host_wait(&host, WORKER_RESTORED, 0, 10));
    assert_int_equal(oto_record_get_integer(&host.last, "pid", 0), host.snapshot);
    host.session = host.snapshot;
    assert_kept(10);
}

static void a_trivial_cell_costs_little(void **state) {
    enum { CELLS = 200 };
    size_t size;
    unsigned char *object = compile(CELL "{}", CHECKED, &size);
    struct timespec from, to;
    pid_t before = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < CELLS; i++) {
        host_begin(&host);
        host_send_run(&host, &(struct run){0}, object, size);
        assert_true(host_wait(&host, WORKER_RAN, 0, 10));
        host_say(&host, WORKER_COMMIT);
        assert_true(host_wait(&host, WORKER_COMMITTED, 0, 10));
        if (before) kill(before, SIGKILL);
        before = host.snapshot;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double each = ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) / CELLS;
    print_message("a trivial cell took %.2f ms\n", each);
    assert_true(each < 60); /* about 2 ms on a quiet machine; tests share theirs */
    free(object);
}

/* ---- without snapshots ---- */

static void cells_without_snapshots_are_one_process(void **state) {
    define_kept();
    RUN(&host, KEPT CELL "{ kept++; }");
    assert_int_equal(host.session, host.first);
    assert_int_equal(host.snapshot, host.first);
    assert_kept(11);
}

static void a_death_without_snapshots_is_told_and_ends_the_worker(void **state) {
    define_kept();
    host_send_cell(&host, &(struct run){.source = CELL "{ abort(); }"});
    assert_true(host_wait(&host, WORKER_FAULT, WORKER_RESTORED, 20));
    assert_int_equal(host.last.kind, WORKER_FAULT);
    assert_string_equal(what(&host.last), "abort");
    host_say(&host, WORKER_CONTINUE);
    int status;
    assert_int_equal(waitpid(host.first, &status, 0), host.first);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void threads_left_without_snapshots_end_the_worker(void **state) {
    host_send_cell(&host, &(struct run){.source = "static void *stay(void *p) { for (;;) pause(); }" CELL
                                                  "{ pthread_t t; pthread_create(&t, NULL, stay, NULL); }"});
    assert_true(host_wait(&host, WORKER_RAN, 0, 20));
    assert_int_equal(oto_record_get_integer(&host.last, "threads", 0), 1);
    host_say(&host, WORKER_COMMIT);
    int status;
    assert_int_equal(waitpid(host.first, &status, 0), host.first);
    assert_int_equal(status, W_EXITCODE(1, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define TEST_WITHOUT_SNAPSHOTS(name) cmocka_unit_test_setup_teardown(name, start_without_snapshots, stop)

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(a_cell_runs_and_prints),
        TEST(variables_live_on_in_both_modes),
        TEST(an_old_caller_reaches_a_redefined_function),
        TEST(a_static_local_is_kept_when_sizes_agree),
        TEST(thread_locals_constructors_and_complex_work),
        TEST(a_switch_and_tables_of_functions_work_in_fast_mode),
        TEST(a_missing_symbol_is_named_and_nothing_runs),
        TEST(a_function_may_be_referred_to_before_it_is_defined),
        TEST(the_workers_own_functions_are_not_found),
        TEST(libraries_are_opened_by_name),
        TEST(a_broken_object_is_refused),
        TEST(a_forked_child_is_never_a_second_session),
        TEST(threads_alive_at_the_end_are_stopped_and_counted),
        TEST(standard_input_asks_the_host),
        TEST(exit_zero_keeps_and_exit_n_does_not),
        TEST(a_program_has_arguments_and_a_status),
        TEST(each_death_is_told_and_undone),
        TEST(every_death_names_the_calls_that_led_to_it),
        TEST(a_fault_in_a_callback_of_the_c_library_shows_both_sides),
        TEST(a_death_by_kill_restores),
        TEST(two_hundred_crashes_in_a_row_lose_nothing),
        TEST(file_offsets_come_back),
        TEST(memory_has_a_limit),
        TEST(interrupted_cells_keep_what_they_did),
        TEST(a_hundred_interrupts_in_a_row_are_clean),
        TEST(values_and_leaks_are_answered),
        TEST(undo_takes_the_last_cell_back),
        TEST(a_trivial_cell_costs_little),
        TEST_WITHOUT_SNAPSHOTS(cells_without_snapshots_are_one_process),
        TEST_WITHOUT_SNAPSHOTS(a_death_without_snapshots_is_told_and_ends_the_worker),
        TEST_WITHOUT_SNAPSHOTS(threads_left_without_snapshots_end_the_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
