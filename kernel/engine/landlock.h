/* landlock: what the processes of a sandbox may change, said once more by the kernel. */
#ifndef OTO_LANDLOCK_H
#define OTO_LANDLOCK_H

enum { LANDLOCK_WITH_PORTS = 4 /* the first version that knows of TCP ports */ };

/* Confines this process and all that come from it, for good. Returns the version of Landlock's interface that the
 * kernel has (1 and up), 0 when it has none or none that is switched on, -1 with a malloc'd *error when it has one and
 * does not take the rules: then nothing must run. */
int landlock_confine(char **error);

#endif
