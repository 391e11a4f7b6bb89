#include "kernel/engine/reserve.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/service.h"
#include "kernel/engine/text.h"
#include "kernel/engine/toolchain.h"
#include "kernel/engine/words.h"

struct reserve {
    char *flags;
    struct service *parser, *compiler;
};

/* As a session makes it for checked cells before it has seen any: with its working directory's headers. */
static bool make_flavour(const struct toolchain *toolchain, struct flavour *flavour, char **error) {
    static const char *const extra[] = {"-iquote.", NULL};
    char *precompiled = toolchain_precompiled(toolchain, MODE_CHECKED, error);
    bool made = precompiled && flavour_make(toolchain, MODE_CHECKED, precompiled, extra, flavour, error);
    free(precompiled);
    return made;
}

/* program --stand-by FOLDER [CLANG] FLAG... What is compiled says that it was compiled in that folder. */
static struct service *start(const char *program, const char *folder, const char *clang, const struct flavour *flavour,
                             char *const *environment, char **error) {
    struct words command = {};
    words_add(&command, program);
    words_add(&command, "--stand-by");
    words_add(&command, folder);
    if (clang) words_add(&command, clang);
    words_add_all(&command, (const char *const *)flavour->parse_flags);
    if (clang) words_take(&command, must_format("-fdebug-compilation-dir=%s", folder));
    struct service *service = service_start(command.list, environment, error);
    words_free(&command);
    return service;
}

struct reserve *reserve_open(const char *folder, char *const *environment, char **error) {
    const struct toolchain *toolchain = toolchain_find(error);
    struct flavour flavour;
    if (!toolchain || !make_flavour(toolchain, &flavour, error)) return NULL;
    struct reserve *reserve = must_allocate(sizeof *reserve);
    reserve->flags = flavour_text(&flavour);
    reserve->parser = start(toolchain->parser, folder, NULL, &flavour, environment, error);
    if (reserve->parser)
        reserve->compiler = start(toolchain->compiler, folder, toolchain->clang, &flavour, environment, error);
    flavour_free(&flavour);
    if (reserve->compiler) return reserve;
    reserve_close(reserve);
    return NULL;
}

void reserve_close(struct reserve *reserve) {
    if (!reserve) return;
    service_stop(reserve->parser);
    service_stop(reserve->compiler);
    free(reserve->flags);
    free(reserve);
}

const char *reserve_flags(const struct reserve *reserve) {
    return reserve->flags;
}

bool reserve_send(struct reserve *reserve, const struct stand_by_order *order, int parser, int compiler) {
    struct stand_by_order to_parser = *order, to_compiler = *order;
    to_parser.socket = parser;
    to_compiler.socket = compiler;
    return stand_by_order(service_socket(reserve->parser), &to_parser) &&
           stand_by_order(service_socket(reserve->compiler), &to_compiler);
}
