/* display: a record of the running cell becomes a message on iopub. */
#ifndef OTO_DISPLAY_H
#define OTO_DISPLAY_H

#include <jansson.h>

#include "lib/record/record.h"

struct kernel;
struct message;

/* RESULT, DISPLAY and CLEAR; other kinds are not for the client. */
void display_record(struct kernel *kernel, const struct message *parent, const struct oto_record *record);

/* Displays that say so when the cell ends under them: progress bars. unfinished is an object that holds, by display_id,
 * what replaces each; the first keeps it true for a record of the cell, the second sends it all and empties it. */
void display_note_unfinished(json_t *unfinished, const struct oto_record *record);
void display_stop_unfinished(struct kernel *kernel, const struct message *parent, json_t *unfinished);

/* The record's MIME bundle: its fields that are named by a MIME type; bytes as base64, JSON as JSON. */
json_t *display_bundle(const struct oto_record *record);

#endif
