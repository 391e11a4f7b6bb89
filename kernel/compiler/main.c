/* oto-compiler [--thrifty] CLANG FLAG...: compiles units of C that come over a socket (kernel/engine/service.h), all with
 * these flags. oto-compiler --check CLANG FLAG...: are these flags that clang takes? What is wrong with them goes to
 * stdout. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/compiler/serve.h"
#include "kernel/engine/service.h"

static bool asked, thrifty;

static struct bytes next_unit(void *context) {
    asked = true;
    return serve_next(SERVICE_SOCKET, thrifty);
}

static void no_memory(void) {
    _exit(SERVICE_OUT_OF_MEMORY);
}

static int check(char *const *arguments) {
    struct bytes said;
    bool accepted = compile_check(arguments[0], arguments + 1, &said);
    fwrite(said.data, 1, said.size, stdout);
    return accepted ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "--check")) return check(argv + 2);
    thrifty = argc > 2 && !strcmp(argv[1], "--thrifty");
    if (thrifty) argv++, argc--;
    if (argc < 2 || argv[1][0] == '-') {
        fputs("usage: oto-compiler [--check | --thrifty] CLANG FLAG... (the kernel starts it)\n", stderr);
        return 2;
    }
    serve_privately();
    struct compiled compiled;
    compile_unit(argv[1], argv + 2, next_unit, NULL, no_memory, &compiled);
    /* with wrong flags each unit is told what is wrong with them */
    if (!asked) next_unit(NULL);
    serve_reply(SERVICE_SOCKET, &compiled);
    _exit(SERVICE_DONE);
}
