/* libclang_parts: what the files that ask libclang share: libclang.c (units, names, places), libclang_facts.c (what a
 * unit holds), libclang_editor.c (what an editor asks). Nobody else includes it. */
#ifndef OTO_LIBCLANG_PARTS_H
#define OTO_LIBCLANG_PARTS_H

#include "kernel/engine/clang.h"
#include "kernel/engine/libclang.h"

struct libclang {
    const struct clang *clang;
    CXIndex index;
    struct kept {
        CXTranslationUnit unit; /* with these flags, or NULL */
        char *flags;
    } parsed, completing;
};

/* A unit of the text as "cell.c", to be disposed of; NULL when libclang gives none. */
CXTranslationUnit libclang_unit(const struct libclang *libclang, const char *const *flags, const char *text,
                                size_t length);
/* Whether the unit that is kept has these flags; one with others is dropped. */
bool libclang_kept_is_for(const struct libclang *libclang, struct kept *kept, const char *const *flags);
/* Parses into a place for which libclang_kept_is_for was false; NULL when libclang gives no unit. */
CXTranslationUnit libclang_parse_kept(const struct libclang *libclang, struct kept *kept, const char *const *flags,
                                      struct CXUnsavedFile *file, unsigned options);
void libclang_drop(const struct libclang *libclang, struct kept *kept);

/* A string of libclang's, which is disposed of, as one of ours. */
char *libclang_string(const struct clang *clang, CXString string);
/* Names as the user wrote them: a unit may write them with a prefix (unit.h). Changes the text, and returns it. */
char *libclang_plain(char *text);
/* Where a place lies in the text; -1 outside it. */
size_t libclang_offset(const struct clang *clang, CXSourceLocation location);
/* "double f(double x)": the head of a function as it was written, on one line. The parameters of the C library's are
 * named __x in its headers: they are x to a reader. malloc'd. */
char *libclang_function_head(const struct clang *clang, CXCursor cursor);

#endif
