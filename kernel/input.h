/* input: a running cell asks the client for a line, and the client's answer finds the cell. */
#ifndef OTO_INPUT_H
#define OTO_INPUT_H

#include <stdbool.h>

struct kernel;
struct message;
struct input;

struct input *input_new(void);
void input_free(struct input *input);

/* A cell begins: an earlier input_cancel no longer counts. */
void input_begin(struct input *input);

/* Sends input_request to the client of the message and waits. The line (malloc'd), or NULL when input_cancel comes
 * first, or came since the cell began. On the queue's thread. */
char *input_ask(struct kernel *kernel, const struct message *message, const char *prompt, bool secret);

/* Hands an input_reply over; false when no cell waits. Lets a waiting cell go with end of file. From any thread. */
bool input_answer(struct input *input, const char *line);
void input_cancel(struct input *input);

#endif
