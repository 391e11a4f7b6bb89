/* process_parts: what the files about the worker share: process.c (its life and transactions), channel.c (what goes to
 * and fro), process_run.c (one unit that runs). Nobody else includes it. */
#ifndef OTO_PROCESS_PARTS_H
#define OTO_PROCESS_PARTS_H

#include "kernel/engine/process.h"
#include "kernel/engine/text.h"

enum { DYING_MOST = 8 };

struct process {
    pid_t base, session, snapshot, running; /* running: the child that runs a cell, or 0 */
    pid_t dying[DYING_MOST];                /* killed, not collected yet */
    int commands, records, outputs[2];
    int end;                           /* readable when a worker without snapshots has ended; -1: it has them */
    struct interruption *interruption; /* the session's */
    struct text pending;               /* bytes of records not parsed yet */
    struct limits limits;              /* of the cell that runs */
};

/* ---- channel.c ---- */

/* Frees the record. False when the worker is gone. */
bool channel_send(struct process *process, struct oto_record *record);
bool channel_send_plain(struct process *process, int kind);
/* Passes on what the cell printed (0: stdout, 1: stderr); false when nothing was there. */
bool channel_pump(struct process *process, int which, const struct cell_host *host);
void channel_drain(struct process *process, const struct cell_host *host);

enum arrival { ARRIVED, NOTHING_YET, SPOILT, ENDED };

/* The next record, if one is complete. */
enum arrival channel_next(struct process *process, struct oto_record *record, const struct cell_host *host);
/* Waits until a record of one of the kinds comes (0 ends the list), handling all others; false when the worker is gone
 * or nothing came in time. What is printed meanwhile stays in the pipes when there is no host to take it. */
bool channel_await(struct process *process, struct oto_record *record, const int *kinds, const struct cell_host *host,
                   double seconds);

/* ---- process.c ---- */

/* Whatever student code writes on the records, only what descends from the worker is signalled or read. */
bool process_owns(const struct process *process, pid_t pid);
void process_signal(const struct process *process, pid_t pid, int signal);
/* Kills a process. It is collected later: the end of a large process takes longer than a small cell. */
void process_finish(struct process *process, pid_t pid);
/* The cell runs in the session's own process: no snapshot is there that would outlive it. */
bool process_is_alone(const struct process *process);
/* RESTORED tells who is the session now. False when it is another one than before: that was killed, and what the last
 * cell did is lost with it. */
bool process_note_restored(struct process *process, const struct oto_record *record);

#endif
