/* advice: what a source notebook lacks that a person should mend, but that is no reason for `check` to fail. */
#ifndef GRADER_ADVICE_H
#define GRADER_ADVICE_H

#include "autograder/exercise.h"

/* Prints a line for each thing that the notebook shows before anything of it runs. */
void advise_on_notebook(const struct exercise *exercise);

#endif
