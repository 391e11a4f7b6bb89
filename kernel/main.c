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
#include "kernel/stream.h"

enum { EXIT_USAGE = 2 }; /* arguments or the connection file are wrong */

static const char usage[] =
    "usage: oto-kernel -f CONNECTION_FILE [--history FILE] [--output-limit BYTES]\n"
    "\n"
    "  -f, --connection-file FILE   where to listen, as Jupyter clients write it\n"
    "      --history FILE           the SQLite file of all cells (default: $XDG_DATA_HOME/oto/history.sqlite;\n"
    "                               :memory: keeps none)\n"
    "      --output-limit BYTES     what one cell may print (default: 67108864)\n"
    "      --prepare                precompile what every cell sees (once, after installing)\n"
    "  -h, --help                   this text\n";

static bool read_size(const char *text, size_t *size) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1) return false;
    *size = (size_t)value;
    return true;
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
                                          {"output-limit", required_argument, NULL, 'o'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"prepare", no_argument, NULL, 'p'},
                                          {0}};
    struct server_options options = {.output_limit = STREAM_LIMIT_DEFAULT};
    const char *path = NULL;
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
        case 'o':
            if (read_size(optarg, &options.output_limit)) break;
            fprintf(stderr, "oto-kernel: --output-limit %s is not a number of bytes\n", optarg);
            return EXIT_USAGE;
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
