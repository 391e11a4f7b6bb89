/* protocol: what the engine (kernel/engine/build.c) and oto-compiler say to each other, over one stream socket.
 *
 * The engine writes a request and its text, and reads a reply with what follows it; then the next request may come. End
 * of file before a whole reply means that the compiler could not finish: its exit status says why. */
#ifndef OTO_COMPILER_PROTOCOL_H
#define OTO_COMPILER_PROTOCOL_H

#include <stdint.h>

enum { COMPILER_SOCKET = 3 }; /* the descriptor that oto-compiler is started with */

struct compiler_request {
    uint64_t text_size; /* bytes of C that follow */
};

struct compiler_reply {
    uint64_t succeeded;
    uint64_t object_size, said_size; /* the object file, then what the compiler said, follow */
};

/* Exit statuses: why a unit has no reply. Anything else is a crash. */
enum {
    COMPILER_DONE = 0,
    COMPILER_OUT_OF_MEMORY = 40,
    COMPILER_OUT_OF_TIME = 41,
    COMPILER_CRASHED = 42, /* while it worked on a unit */
};

/* What one unit may take. */
enum { COMPILER_SECONDS = 120, COMPILER_MEGABYTES = 2048 };

#endif
