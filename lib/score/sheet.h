/* sheet: a score as its file has it, measure by measure, before repeats are played out. The readers of formats fill it
 * in; oto_sheet_score makes a score of it. Not for students. */
#ifndef OTO_SHEET_H
#define OTO_SHEET_H

#include "score.h"

struct oto_sheet_note {
    OtoScoreNote note; /* .quarter counts from the beginning of its measure */
    int64_t measure;
    bool tie_start; /* whether it ends is left to the note that follows: some files mark only beginnings */
};

enum oto_sheet_mark_kind { OTO_MARK_TEMPO, OTO_MARK_METER, OTO_MARK_KEY };
struct oto_sheet_mark {
    enum oto_sheet_mark_kind kind;
    int64_t measure;
    double offset;    /* quarters from the beginning of its measure */
    int64_t sequence; /* in which they were read */
    double bpm;
    int numerator, denominator;
    OtoKey key;
};

enum { OTO_REPEATS_MAX = 32 };
/* One measure of all parts, and how one goes on at its ends. */
struct oto_sheet_measure {
    double length;    /* quarters until the last note of any part has ended */
    double rests;     /* the same of rests, of which some files have too many */
    bool upbeat;      /* the file says that it is not a whole bar */
    bool forward;     /* a repeat begins here */
    int backward;     /* it ends here, after so many times in all; 0: it does not */
    uint32_t ending;  /* the times (bit 0: the first) for which this volta is; 0: none begins here */
    bool ending_stop; /* the volta ends behind this measure */
    char part;        /* the part of part_order that begins here, 'A'; 0: none does */
    bool segno, coda; /* signs at its beginning */
    bool da_capo, dal_segno, to_coda, fine; /* at its end */
};

struct oto_sheet {
    const char *name; /* of the file, for messages */
    int64_t note_count, mark_count, measure_count, part_count;
    int64_t note_capacity, mark_capacity, measure_capacity, part_capacity;
    struct oto_sheet_note *notes;
    struct oto_sheet_mark *marks;
    struct oto_sheet_measure *measures;
    OtoPart *parts;
    char *title, *composer;
    const char *part_order; /* "AABA": what is played, when measures say which part they begin; or NULL */
};

/* A sheet that lives until the end of the innermost scope, as name must. */
struct oto_sheet *oto_sheet_new(const char *name);
/* One more of each; memory that runs out is refused. The measure: all up to this index are there then. */
void oto_sheet_add_note(struct oto_sheet *sheet, struct oto_sheet_note note);
void oto_sheet_add_mark(struct oto_sheet *sheet, struct oto_sheet_mark mark);
struct oto_sheet_measure *oto_sheet_measure_at(struct oto_sheet *sheet, int64_t index);
OtoPart *oto_sheet_add_part(struct oto_sheet *sheet);

/* In which order the measures are played: *count indices that live until the end of the innermost scope. */
int64_t *oto_sheet_order(const struct oto_sheet *sheet, bool repeats, const char *name, int64_t *count);

/* The score; name becomes its origin. Refuses a sheet without parts, and one that is too long. */
OtoScore *oto_sheet_score(struct oto_sheet *sheet, bool repeats, const char *name);

#endif
