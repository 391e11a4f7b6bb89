/* syscalls: the seccomp filter of the sandbox, an allow-list. What is not on it answers ENOSYS, as an old kernel would:
 * programs fall back or fail, and nothing is killed for asking. */
#ifndef GRADER_SYSCALLS_H
#define GRADER_SYSCALLS_H

/* A descriptor with the filter as BPF, at its start, for bwrap's --seccomp. -1 with a malloc'd *error. */
int syscalls_filter(char **error);

#endif
