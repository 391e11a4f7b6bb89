#ifdef NEVER
broken here
#endif
#ifndef DEBUG
broken too
#endif
verbose + 1