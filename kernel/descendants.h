/* descendants: no process outlives the kernel. */
#ifndef OTO_DESCENDANTS_H
#define OTO_DESCENDANTS_H

#include <sys/types.h>

/* Kills every process below this one but the spared one, and those that come to it as orphans meanwhile (it must be a
 * child subreaper), until none is left. The last thing before the end: whoever still waits for a child is cheated of
 * it. */
void descendants_kill(pid_t spared);

#endif
