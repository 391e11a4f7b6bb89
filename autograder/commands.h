/* commands: what oto-grade does, one function a command. Each takes the words behind the command and returns the exit
 * status. main.c holds the table. */
#ifndef GRADER_COMMANDS_H
#define GRADER_COMMANDS_H

int command_release(int count, char **words);
int command_check(int count, char **words);
int command_run(int count, char **words);
int command_report(int count, char **words);
int command_feedback(int count, char **words);
int command_export(int count, char **words);
int command_import(int count, char **words);
int command_manual(int count, char **words);
int command_serve(int count, char **words);
int command_forget(int count, char **words);
int command_diff(int count, char **words);
int command_gradescope(int count, char **words);
int command_similar(int count, char **words);
int command_doctor(int count, char **words);

#endif
