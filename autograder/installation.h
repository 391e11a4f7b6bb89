/* installation: which parts of the system a sandbox must see so that the engine runs in it: its programs, the library's
 * headers and data. They appear at the paths they have outside, because a precompiled header holds them. */
#ifndef GRADER_INSTALLATION_H
#define GRADER_INSTALLATION_H

/* Finds the installation once. False with a malloc'd *error. Call it before the others. */
bool installation_find(char **error);

/* This program's own path. */
const char *installation_program(void);
/* The path of the program that runs cells in a sandbox. */
const char *installation_inside(void);
/* Folders to show read-only, NULL-terminated; none lies under /usr. */
const char *const *installation_folders(void);
/* The folder of the course's recordings, or NULL. */
const char *installation_data(void);
/* The root that the engine shall take, for OTO_ROOT. */
const char *installation_root(void);
/* A hash over the programs and headers: results of another build are not taken from the cache. 64 hexadecimal
 * digits. */
const char *installation_hash(void);

#endif
