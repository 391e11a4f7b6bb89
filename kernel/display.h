/* display: a record of the running cell becomes a message on iopub. */
#ifndef OTO_DISPLAY_H
#define OTO_DISPLAY_H

#include <jansson.h>

#include "lib/record/record.h"

struct kernel;
struct message;

/* RESULT, DISPLAY and CLEAR; other kinds are not for the client. */
void display_record(struct kernel *kernel, const struct message *parent, const struct oto_record *record);

/* The record's MIME bundle: its fields that are named by a MIME type; bytes as base64, JSON as JSON. */
json_t *display_bundle(const struct oto_record *record);

#endif
