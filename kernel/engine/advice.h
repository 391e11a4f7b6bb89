/* advice: what a learner can do about a message of the compiler. */
#ifndef OTO_ADVICE_H
#define OTO_ADVICE_H

/* One sentence, or NULL when there is nothing to add. option: the warning's switch, or "". */
const char *advice_for(const char *message, const char *option);
/* The compiler's words in those of the cell language, malloc'd; NULL when they can stay. */
char *advice_reworded(const char *message);
/* Takes typeof out of a message, in place: generated code spells 'int[3]' as 'typeof(int[3])' (aka 'int[3]'). Returns
 * it. */
char *advice_plain_types(char *message);
/* The switch to put behind //%ldflags: for an undefined symbol of a well-known library, or NULL. */
const char *advice_library(const char *symbol);

#endif
