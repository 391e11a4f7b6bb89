/* Checks of what an answer takes: processor time and memory. Samples leave, verdicts never. In the grader not even
 * samples count: the check stops before and behind the calls, and the grader looks from outside at what they took. */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/check/observe.h"
#include "lib/show/bundle.h"

/* ---- measured from outside ---- */

static bool is_measured_outside(void) {
    return oto_show_is_blind() && oto_host() >= 0 && oto_host_answers() >= 0;
}

/* Waits until the grader has looked. How many calls are to follow, 0: no more. */
static int64_t calls_to_follow(enum oto_check_kind kind, const char *name) {
    struct oto_record record;
    int64_t calls = 0;
    oto_record_begin(&record, OTO_RECORD_MEASURE);
    oto_record_text(&record, "check", oto_check_kind_name(kind));
    oto_record_text(&record, "name", name ? name : "");
    bool asked = oto_record_send(oto_host(), &record) == 0;
    oto_record_free(&record);
    if (asked && oto_record_receive(oto_host_answers(), &record) == 1) {
        if (record.kind == OTO_RECORD_ANSWER) calls = oto_record_get_integer(&record, "calls", 0);
        oto_record_free(&record);
    }
    return calls;
}

/* ---- time ---- */

/* A batch shorter than this is doubled: the clock counts in fractions of a microsecond. */
static const double batch_seconds = 1e-3;
enum { BATCH_MOST = 1 << 24 };

/* Of this process and of the children that it has waited for: work does not become less by being done in a fork. */
static double processor_seconds(void) {
    struct timespec now;
    struct rusage children = {};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec +
           (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
           1e-6 * (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec);
}

OtoStopwatch oto_stopwatch_begin(const char *name, OtoCheck options) {
    bool outside = is_measured_outside();
    return (OtoStopwatch){
        .name = name, .options = options, .outside = outside, .batch = outside ? 0 : 1, .begun = processor_seconds()};
}

static void end_stopwatch(const OtoStopwatch *watch) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_time", OTO_CHECK_TIME, watch->name, OTO_OBSERVED_FLOAT64, &watch->options);
    const int64_t count = watch->count;
    observed.rank = 1;
    observed.shape = &count;
    observed.data = watch->samples;
    oto_observe_end(&observed);
}

bool oto_stopwatch_goes_on(OtoStopwatch *watch) {
    if (watch->done < watch->batch) {
        watch->done++;
        return true;
    }
    if (watch->outside) {
        watch->batch = calls_to_follow(OTO_CHECK_TIME, watch->name);
        watch->done = 1;
        if (watch->batch <= 0) end_stopwatch(watch);
        return watch->batch > 0;
    }
    double seconds = processor_seconds() - watch->begun;
    if (seconds < batch_seconds && watch->batch < BATCH_MOST)
        watch->batch *= 2;
    else
        watch->samples[watch->count++] = seconds / (double)watch->batch;
    if (watch->count == OTO_STOPWATCH_SAMPLES || (watch->count && seconds > 1)) {
        end_stopwatch(watch);
        return false;
    }
    watch->done = 1;
    watch->begun = processor_seconds();
    return true;
}

/* ---- memory ---- */

/* AddressSanitizer's, there when its runtime is linked, as it is to every worker. */
extern int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void *, size_t),
                                                     void (*given)(const volatile void *)) __attribute__((weak));
extern size_t __sanitizer_get_allocated_size(const volatile void *block) __attribute__((weak));

static _Atomic bool counting;
static _Atomic int64_t now_taken, most_taken;

static void on_malloc(const volatile void *block, size_t size) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed)) return;
    int64_t taken = atomic_fetch_add(&now_taken, (int64_t)size) + (int64_t)size, most = atomic_load(&most_taken);
    while (taken > most && !atomic_compare_exchange_weak(&most_taken, &most, taken)) {
    }
}

static void on_free(const volatile void *block) {
    if (block && atomic_load_explicit(&counting, memory_order_relaxed))
        atomic_fetch_sub(&now_taken, (int64_t)__sanitizer_get_allocated_size(block));
}

static bool can_count(void) {
    static bool installed;
    if (!installed && __sanitizer_install_malloc_and_free_hooks && __sanitizer_get_allocated_size)
        installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0;
    return installed;
}

OtoMemoryWatch oto_memory_watch_begin(const char *name, OtoCheck options) {
    atomic_store(&counting, false); /* a cell that an interrupt has ended leaves it on */
    return (OtoMemoryWatch){.name = name, .options = options, .outside = is_measured_outside()};
}

static void end_memory_watch(const OtoMemoryWatch *watch, bool counted) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_memory", OTO_CHECK_MEMORY, watch->name, OTO_OBSERVED_INT64, &watch->options);
    const int64_t left = atomic_load(&now_taken), bytes[] = {atomic_load(&most_taken), left > 0 ? left : 0}, two = 2;
    if (counted) {
        observed.rank = 1;
        observed.shape = &two;
        observed.data = bytes;
    } else
        observed.problem = "memory is measured in notebooks only";
    oto_observe_end(&observed);
}

/* The first run fills what is kept for later runs (plans, buffers of the library); the second is counted. */
bool oto_memory_watch_goes_on(OtoMemoryWatch *watch) {
    bool counted = can_count();
    switch (watch->runs++) {
    case 0:
        return true;
    case 1:
        if (watch->outside) calls_to_follow(OTO_CHECK_MEMORY, watch->name);
        atomic_store(&now_taken, 0);
        atomic_store(&most_taken, 0);
        atomic_store(&counting, true);
        return true;
    default:
        atomic_store(&counting, false);
        if (watch->outside) calls_to_follow(OTO_CHECK_MEMORY, watch->name);
        end_memory_watch(watch, counted);
        return false;
    }
}
