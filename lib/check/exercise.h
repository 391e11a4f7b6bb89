/* exercise: the exercise that is running; what becomes of an observation. For lib/check only. */
#ifndef OTO_EXERCISE_H
#define OTO_EXERCISE_H

#include "lib/record/record.h"

/* Sends the observation to the host, and outside the grader compares it and shows the line. */
void oto_exercise_judge(const struct oto_record *observed);

#endif
