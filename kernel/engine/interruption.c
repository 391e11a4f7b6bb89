#include "kernel/engine/interruption.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

void interruption_open(struct interruption *interruption) {
    atomic_init(&interruption->asked, false);
    interruption->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void interruption_close(struct interruption *interruption) {
    if (interruption->wake >= 0) close(interruption->wake);
}

void interruption_ask(struct interruption *interruption) {
    uint64_t one = 1;
    atomic_store(&interruption->asked, true);
    if (write(interruption->wake, &one, sizeof one) < 0) return; /* already full: it is readable */
}

void interruption_notice(struct interruption *interruption) {
    uint64_t count;
    if (read(interruption->wake, &count, sizeof count) < 0) return; /* it was not readable */
}

void interruption_forget(struct interruption *interruption) {
    atomic_store(&interruption->asked, false);
    interruption_notice(interruption);
}

bool interruption_asked(const struct interruption *interruption) {
    return atomic_load(&interruption->asked);
}

static bool wishes_stop(void *interruption) {
    return interruption_asked(interruption);
}

struct stop_wish interruption_wish(struct interruption *interruption) {
    return (struct stop_wish){interruption->wake, wishes_stop, interruption};
}
