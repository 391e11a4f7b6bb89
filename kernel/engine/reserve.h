/* reserve: a parser and a compiler that stand by (stand_by.h), and give one child each to every session in a sandbox.
 */
#ifndef OTO_RESERVE_H
#define OTO_RESERVE_H

#include "kernel/engine/stand_by.h"

struct reserve;

/* Starts both; they get ready behind. folder: the working directory of the sandboxes. environment: all that the
 * services and their children see, NULL-terminated. NULL with *error. */
struct reserve *reserve_open(const char *folder, char *const *environment, char **error);
void reserve_close(struct reserve *reserve);

/* For struct session_services. Owned by the reserve. */
const char *reserve_flags(const struct reserve *reserve);
/* Orders a parser and a compiler into a sandbox: *order is where to, but for the sockets that they are to serve. False
 * when one cannot be told: then its socket comes to an end. Any thread. */
bool reserve_send(struct reserve *reserve, const struct stand_by_order *order, int parser, int compiler);

#endif
