/* adapter: a debug adapter (lldb-dap) as a child process, spoken to in the Debug Adapter Protocol: JSON behind a
 * Content-Length header. https://microsoft.github.io/debug-adapter-protocol */
#ifndef OTO_ADAPTER_H
#define OTO_ADAPTER_H

#include <jansson.h>
#include <stdbool.h>

struct adapter;

/* Whether there is one on this machine's PATH. */
bool adapter_available(void);

/* Starts one; NULL with errno. */
struct adapter *adapter_start(void);
/* Kills and reaps it; what it watches goes on without it. */
void adapter_stop(struct adapter *adapter);
/* Readable when a message may have come. */
int adapter_descriptor(const struct adapter *adapter);

/* Sends a request; arguments (may be NULL) are taken over. Returns its sequence number, 0 when the adapter is gone. */
json_int_t adapter_send(struct adapter *adapter, const char *command, json_t *arguments);
/* The next message, waited for at most that long; NULL when none came. The caller's. */
json_t *adapter_receive(struct adapter *adapter, int milliseconds);
/* It ended, or said what is not of the protocol. */
bool adapter_gone(const struct adapter *adapter);

#endif
