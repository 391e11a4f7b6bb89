#ifndef OPTION
#define OPTION 1
#endif
static int option(void) { return OPTION; }
