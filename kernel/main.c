/* oto-kernel -f CONNECTION_FILE: the Jupyter kernel. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/prelude_names.h"
#include "kernel/guard.h"
#include "kernel/server.h"

enum {
    EXIT_USAGE = 2, /* arguments or the connection file are wrong */
    LIMIT = 256     /* options from here on are the limits, in the order of limits.h */
};

static const char usage[] =
    "usage: oto-kernel -f CONNECTION_FILE [--history FILE] [--LIMIT-limit AMOUNT ...]\n"
    "\n"
    "  -f, --connection-file FILE   where to listen, as Jupyter clients write it\n"
    "      --history FILE           the SQLite file of all cells (default: $XDG_DATA_HOME/oto/history.sqlite;\n"
    "                               :memory: keeps none)\n"
    "      --memory-limit SIZE      bytes that a cell may take, as in 512M (default: 4G); 0 is no limit, here and "
    "below\n"
    "      --time-limit SECONDS     how long a cell may run (default: 0)\n"
    "      --output-limit SIZE      bytes that a cell may print (default: 64M)\n"
    "      --process-limit NUMBER   processes, and threads, that a cell may have at once (default: 256)\n"
    "      --file-limit SIZE        bytes that a file of a cell may grow to (default: 4G)\n"
    "      --prepare                precompile what every cell sees (once, after installing)\n"
    "  -h, --help                   this text\n";

/* An argument or a variable of the environment makes no sense. */
static int refuse(char *problem) {
    fprintf(stderr, "oto-kernel: %s\n", problem);
    free(problem);
    return EXIT_USAGE;
}

static int prepare(void) {
    char *error = NULL;
    if (prelude_prepare(&error)) return 0;
    fprintf(stderr, "oto-kernel: %s\n", error);
    free(error);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    static const struct option names[] = {{"connection-file", required_argument, NULL, 'f'},
                                          {"history", required_argument, NULL, 'H'},
                                          {"memory-limit", required_argument, NULL, LIMIT + 0},
                                          {"time-limit", required_argument, NULL, LIMIT + 1},
                                          {"output-limit", required_argument, NULL, LIMIT + 2},
                                          {"process-limit", required_argument, NULL, LIMIT + 3},
                                          {"file-limit", required_argument, NULL, LIMIT + 4},
                                          {"help", no_argument, NULL, 'h'},
                                          {"prepare", no_argument, NULL, 'p'},
                                          {0}};
    struct server_options options = {.limits = limits_default};
    const char *path = NULL;
    char *wrong = limits_read_environment(&options.limits);
    if (wrong) return refuse(wrong);
    for (int option; (option = getopt_long(argc, argv, "f:h", names, NULL)) != -1;) {
        switch (option) {
        case 'f':
            path = optarg;
            break;
        case 'H':
            options.history_path = optarg;
            break;
        case 'p':
            return prepare();
        case 'h':
            fputs(usage, stdout);
            return 0;
        case LIMIT ... LIMIT + 4:
            wrong = limits_set(&options.limits, (size_t)option - LIMIT, optarg);
            if (wrong) return refuse(wrong);
            break;
        default:
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (path == NULL || optind < argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (!guard_start()) {
        fprintf(stderr, "oto-kernel: cannot start its guard: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    json_object_seed(0);
    /* Only HMAC-SHA256 is used: the system's OpenSSL configuration would cost the start some milliseconds. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);

    struct connection connection;
    char *problem = NULL;
    struct server *server = NULL;
    if (connection_read(path, &connection, &problem)) server = server_open(&connection, &options, path, &problem);
    if (server == NULL) {
        fprintf(stderr, "oto-kernel: %s\n", problem == NULL ? "out of memory" : problem);
        free(problem);
        connection_free(&connection);
        return EXIT_USAGE;
    }
    int status = server_run(server);
    connection_free(&connection);
    return status;
}
