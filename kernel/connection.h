/* connection: the file with which a client tells the kernel where to listen and which key signs messages. */
#ifndef OTO_CONNECTION_H
#define OTO_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

enum port { PORT_SHELL, PORT_IOPUB, PORT_STDIN, PORT_CONTROL, PORT_HEARTBEAT, PORT_COUNT };

struct connection {
    char *transport; /* tcp or ipc */
    char *ip;        /* the address, or for ipc the path before "-port" */
    int ports[PORT_COUNT];
    char *key;                         /* empty: messages are not signed */
    const char *digest;                /* of the HMAC that signs them, as OpenSSL calls it */
    char *curve_public, *curve_secret; /* Z85 keys of CurveZMQ (40 characters), or NULL: not encrypted */
};

/* The field of the file that holds the port, such as shell_port. */
const char *connection_port_name(enum port port);

/* Reads the file. On failure *problem is a malloc'd line that names the file and the field. */
bool connection_read(const char *path, struct connection *connection, char **problem);
void connection_free(struct connection *connection);

#endif
