#ifndef GUARD_H
#define GUARD_H
#define LEVEL 3
struct cfg { int a, b; };
static inline int level(void) { return LEVEL * 2; }
#endif
