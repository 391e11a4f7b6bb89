/* display: a record of the running cell becomes a message on iopub. */
#ifndef OTO_DISPLAY_H
#define OTO_DISPLAY_H

#include "lib/record/record.h"

struct kernel;
struct message;

/* RESULT, DISPLAY and CLEAR; other kinds are not for the client. */
void display_record(struct kernel *kernel, const struct message *parent, const struct oto_record *record);

#endif
