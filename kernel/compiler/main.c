/* oto-compiler [OPTION] CLANG FLAG...: compiles units of C that come over a socket (kernel/engine/service.h), all with
 * these flags. With --thrifty nothing is got ready ahead. With --stand-by FOLDER nothing either, and it takes orders
 * first (kernel/engine/stand_by.h): each is for a child that compiles in a sandbox, where FOLDER is its working
 * directory. oto-compiler --check CLANG FLAG...: are these flags that clang takes? What is wrong with them goes to
 * stdout. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/compiler/serve.h"
#include "kernel/engine/service.h"
#include "kernel/engine/stand_by.h"

static bool asked, thrifty;
static const char *folder; /* of sandboxes; NULL: it serves at once */

static struct bytes next_unit(void *context) {
    asked = true;
    if (folder) stand_by(folder);
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
    char *const *words = argv + 1;
    if (argc > 2 && !strcmp(words[0], "--check")) return check(words + 1);
    if (argc > 3 && !strcmp(words[0], "--stand-by")) folder = words[1];
    thrifty = folder || (argc > 2 && !strcmp(words[0], "--thrifty"));
    words += folder ? 2 : thrifty ? 1 : 0;
    if (!*words || **words == '-') {
        fputs("usage: oto-compiler [--check | --thrifty | --stand-by FOLDER] CLANG FLAG... (the kernel starts it)\n",
              stderr);
        return 2;
    }
    serve_privately();
    struct compiled compiled;
    compile_unit(words[0], words + 1, next_unit, NULL, no_memory, &compiled);
    /* with wrong flags each unit is told what is wrong with them */
    if (!asked) next_unit(NULL);
    serve_reply(SERVICE_SOCKET, &compiled);
    _exit(SERVICE_DONE);
}
