#include "kernel/worker/worker.h"

#include <unistd.h>

struct worker worker = {.commands = -1, .records = -1};

bool worker_is_forked_child(void) {
    return getpid() != worker.session;
}
