#include "lib/tensor/caller.h"

#include <dlfcn.h>
#include <string.h>
#include <unwind.h>

/* A public function often refuses through another one, whose name the user never wrote. What he did write is on the
 * stack: the last frame before code that does not belong to the library. */
enum { NAME_MOST = 64 };

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

struct walk {
    const void *library; /* where it begins */
    const char *operation, *outermost;
    bool is_macro, is_seen;
};

/* Ends the walk at the first frame that is not of the library: behind it lies the user's stack, which may be broken. */
static _Unwind_Reason_Code visit_frame(struct _Unwind_Context *context, void *of) {
    struct walk *walk = of;
    Dl_info info;
    /* A frame holds where its call returns to, which may lie behind the function's end. */
    if (!dladdr((char *)_Unwind_GetIP(context) - 1, &info) || info.dli_fbase != walk->library) return _URC_END_OF_STACK;
    if (!is_public(info.dli_sname) || strcmp(info.dli_sname, "oto_outermost_call") == 0) return _URC_NO_REASON;
    if (strcmp(info.dli_sname, "oto_refuse") == 0) { /* and what it calls: no call of the user's */
        walk->outermost = NULL;
        return _URC_NO_REASON;
    }
    walk->outermost = as_written(info.dli_sname);
    walk->is_seen = walk->is_seen || is_named(walk->outermost, walk->operation, walk->is_macro);
    return _URC_NO_REASON;
}

const char *oto_outermost_call(const char *operation) {
    Dl_info library;
    if (!dladdr((void *)oto_outermost_call, &library)) return NULL;
    bool is_macro = !dlsym(RTLD_DEFAULT, operation);
    struct walk walk = {
        .library = library.dli_fbase, .operation = operation, .is_macro = is_macro, .is_seen = !is_macro};
    _Unwind_Backtrace(visit_frame, &walk);
    /* A macro whose function has another name altogether is not seen, and refuses for itself. */
    bool is_another = walk.outermost && walk.is_seen && !is_named(walk.outermost, operation, is_macro);
    return is_another ? walk.outermost : NULL;
}
