/* server: the five sockets, the thread that owns them, and what makes the kernel end. */
#ifndef OTO_SERVER_H
#define OTO_SERVER_H

#include "kernel/connection.h"
#include "kernel/engine/limits.h"

struct server;

struct server_options {
    const char *history_path; /* NULL: the default */
    struct limits limits;     /* of a cell */
};

/* Binds the sockets. On failure NULL, and *problem is a malloc'd line that names the field. path names the connection
 * file in messages. connection and options must live as long as the server. */
struct server *server_open(const struct connection *connection, const struct server_options *options, const char *path,
                           char **problem);
/* Serves until a shutdown_request, SIGTERM, SIGHUP, SIGQUIT or the end of the parent; then ends the session and
 * whatever it started. Returns the exit status. */
int server_run(struct server *server);

#endif
