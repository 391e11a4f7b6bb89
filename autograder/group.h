/* group: a control group of the kernel's for each sandbox, where this machine lets us make one: it limits what all of
 * its processes hold together, at once and not at the next look, and counts what processors did for them.
 *
 * Groups are made below the one that this process is in, in whatever hierarchies have the memory, pids and cpuacct
 * controllers (version 1) or a subtree that was given to us (version 2). A slot's group stays for its next sandbox, and
 * goes when this process ends. What a process that was killed left is found by its lock, which nobody holds any more,
 * and is removed by the next one. Without groups watch.c looks from outside alone. */
#ifndef GRADER_GROUP_H
#define GRADER_GROUP_H

#include <stdint.h>

#include "autograder/sandbox.h"

enum group_controller { GROUP_MEMORY, GROUP_PROCESSES, GROUP_PROCESSOR, GROUP_CONTROLLERS };

struct group;

/* The group of a slot, empty and with these limits; NULL where there is none. One sandbox at a time uses it. */
struct group *group_for(int slot, const struct sandbox_limits *limits);
/* In the child between fork and exec: only system calls. False: it is not in the group. */
bool group_enter(const struct group *group);

/* The descriptors that group_enter writes to, one a controller; -1: none. */
const int *group_entrances(const struct group *group);

/* What the group ran into since group_for, as watch() names it: "memory" (the kernel killed a process for it),
 * "processes", or NULL. */
const char *group_struck(const struct group *group);
/* Did the kernel kill a process of it for want of memory, though the group's own limit was not reached? Then the
 * machine, or a group above, has too little. */
bool group_starved(const struct group *group);
/* Processor time since group_for, s; below 0: this group does not count it. */
double group_seconds(const struct group *group);

/* Does this machine have groups for that? *why, where not, is a sentence that says what is missing. */
bool group_has(enum group_controller controller, const char **why);

/* Where this process's own group of a controller is, malloc'd, by the texts of /proc/self/cgroup and
 * /proc/self/mountinfo; NULL: nowhere. *unified: in version 2's hierarchy, which has the controller or not. */
char *group_place(const char *groups, const char *mounts, const char *controller, bool *unified);
/* Is the word in a list with commas, blanks or newlines? */
bool group_lists(const char *list, size_t length, const char *word);

#endif
