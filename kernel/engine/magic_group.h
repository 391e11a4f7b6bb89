/* The magics by group, for the table in magic.c, and what they share. Each is false when the cell failed. */
#ifndef OTO_MAGIC_GROUP_H
#define OTO_MAGIC_GROUP_H

#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"

/* magic.c: fails the cell; takes the message over. False, for the caller to return. */
bool magic_refuse(struct cell_run *run, const struct magic_call *call, char *message);
/* Writes to the cell's stdout. */
void magic_print(struct cell_run *run, const char *text);

/* magic_time.c */
bool magic_time(struct cell_run *run, const struct magic_call *call);
bool magic_timeit(struct cell_run *run, const struct magic_call *call);
bool magic_fast(struct cell_run *run, const struct magic_call *call);

/* magic_names.c */
bool magic_who(struct cell_run *run, const struct magic_call *call);
bool magic_whos(struct cell_run *run, const struct magic_call *call);
bool magic_reset(struct cell_run *run, const struct magic_call *call);
bool magic_undo(struct cell_run *run, const struct magic_call *call);

/* magic_settings.c */
bool magic_config(struct cell_run *run, const struct magic_call *call);
bool magic_cflags(struct cell_run *run, const struct magic_call *call);
bool magic_ldflags(struct cell_run *run, const struct magic_call *call);

/* magic_look.c */
bool magic_asm(struct cell_run *run, const struct magic_call *call);
bool magic_leaks(struct cell_run *run, const struct magic_call *call);
bool magic_help(struct cell_run *run, const struct magic_call *call);

/* magic_files.c */
bool magic_load(struct cell_run *run, const struct magic_call *call);
bool magic_writefile(struct cell_run *run, const struct magic_call *call);
bool magic_cd(struct cell_run *run, const struct magic_call *call);
bool magic_ls(struct cell_run *run, const struct magic_call *call);
bool magic_shell(struct cell_run *run, const struct magic_call *call);

#endif
