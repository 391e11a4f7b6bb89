/* run_file: where runs are written down. For run.c and runs.c. */
#ifndef OTO_NN_RUN_FILE_H
#define OTO_NN_RUN_FILE_H

#define OTO_RUNS_FOLDER "runs"
#define OTO_RUNS_ENDING ".jsonl"

/* Refuses what is no name of a file: letters, digits, spaces and -_.+ that do not begin with a dot. */
void oto_run_check_name(const char *operation, const char *name);
/* "runs/tagger.jsonl"; free() it; NULL when there is no memory. */
char *oto_run_file(const char *name);

#endif
