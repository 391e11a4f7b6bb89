/* caller: which function of the library was called from outside, when one that it calls refuses. For error.c. */
#ifndef OTO_CALLER_H
#define OTO_CALLER_H

/* The name of the outermost function of the library that is under way on this thread, counted from here to the first
 * caller that is not of the library; NULL when that is `operation` itself, or is not to be found out: in a program that
 * the library is linked into and that does not export it. Valid until this thread asks again. */
const char *oto_outermost_call(const char *operation);

#endif
