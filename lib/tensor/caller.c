#include "lib/tensor/caller.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <string.h>

/* A public function often refuses through another one, whose name the user never wrote. What he did write is on the
 * stack: the last frame before code that does not belong to the library. */
enum { DEPTH = 64, NAME_MOST = 64 };

static bool is_public(const char *symbol) {
    return symbol && strncmp(symbol, "oto_", 4) == 0;
}

/* Whether both name one function. An operation that is no function is a macro: oto_zeros calls oto_zeros_of, which
 * refuses as oto_zeros. */
static bool is_named(const char *symbol, const char *operation, bool is_macro) {
    size_t length = strlen(operation);
    return strncmp(symbol, operation, length) == 0 && (symbol[length] == '\0' || (is_macro && symbol[length] == '_'));
}

/* The name as the user writes it: oto_mse_loss(x, t, .reduction = OTO_SUM) is a macro that calls oto_mse_loss_with. */
static const char *as_written(const char *symbol) {
    static _Thread_local char name[NAME_MOST];
    static const char ending[] = "_with";
    size_t length = strlen(symbol), kept = length - (sizeof ending - 1);
    if (length < sizeof ending || kept >= sizeof name || strcmp(symbol + kept, ending) != 0) return symbol;
    memcpy(name, symbol, kept);
    name[kept] = '\0';
    return name;
}

const char *oto_outermost_call(const char *operation) {
    void *frames[DEPTH];
    int depth = backtrace(frames, DEPTH);
    bool is_macro = !dlsym(RTLD_DEFAULT, operation), is_seen = !is_macro;
    const char *outermost = NULL;
    Dl_info library, info;
    if (!dladdr((void *)oto_outermost_call, &library)) return NULL;
    for (int i = 1; i < depth; i++) {
        /* A frame holds where its call returns to, which may lie behind the function's end. */
        if (!dladdr((char *)frames[i] - 1, &info) || info.dli_fbase != library.dli_fbase) break;
        if (!is_public(info.dli_sname)) continue;
        if (strcmp(info.dli_sname, "oto_refuse") == 0) { /* and what it calls: no call of the user's */
            outermost = NULL;
            continue;
        }
        outermost = as_written(info.dli_sname);
        is_seen = is_seen || is_named(outermost, operation, is_macro);
    }
    /* A macro whose function has another name altogether is not seen, and refuses for itself. */
    return outermost && is_seen && !is_named(outermost, operation, is_macro) ? outermost : NULL;
}
