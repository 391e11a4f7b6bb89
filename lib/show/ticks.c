/* Ticks: numbers, notes and names beside the axes of images and piano rolls. */
#include <math.h>
#include <string.h>

#include "lib/music/pitch.h"
#include "lib/show/place.h"
#include "lib/show/script.h"

enum {
    ROOM_HIGH = 15, /* pixels that a tick needs on a vertical axis, */
    ROOM_WIDE = 42, /* and a number on a horizontal one */
    OWN_MOST = 40   /* so many cells with whole numbers are each marked with it */
};

static const char *const class_names[] = {"C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"};

/* The list of ticks of one axis while it is written. */
struct list {
    FILE *out;
    bool begun;
    double apart, last; /* the least distance of two, and where the last one was */
};

/* Adds a tick unless it would touch the one before it. */
static void add(struct list *list, const char *text, double where) {
    if (fabs(where - list->last) < list->apart) return;
    fputs(list->begun ? ", " : "", list->out);
    oto_script_string(list->out, text);
    fprintf(list->out, " %.9g", where);
    list->last = where;
    list->begun = true;
}

/* 440 as "440", 22050 as "22.05k". */
static void add_number(struct list *list, double value, double where) {
    char text[32];
    if (fabs(value) >= 1000)
        snprintf(text, sizeof text, "%.4gk", value / 1000);
    else
        snprintf(text, sizeof text, "%.3g", value);
    add(list, text, where);
}

/* The lesser and the greater end of what the axis shows. */
static void shown(const struct oto_places *places, size_t count, double *low, double *high) {
    double first = oto_place_at(places, count, 0), last = oto_place_at(places, count, (double)(count - 1));
    bool logarithmic = places->scale == OTO_SCALE_LOGARITHMIC;
    *low = logarithmic ? places->low : fmin(first, last);
    *high = logarithmic ? places->high : fmax(first, last);
}

static bool is_monotone(const double *values, size_t count) {
    bool rises = true, falls = true;
    for (size_t i = 1; i < count; i++) rises &= values[i] > values[i - 1], falls &= values[i] < values[i - 1];
    return rises || falls;
}

static bool are_whole(const double *values, size_t count) {
    bool whole = true;
    for (size_t i = 0; i < count; i++) whole &= values[i] == floor(values[i]);
    return whole;
}

/* 1, 2, 5, 10, 20, 50, ... where the places reach them; the places themselves where these jump about or are few whole
 * numbers. */
static void add_numbers(struct list *list, const struct oto_places *places, size_t count) {
    const double *values = places->values;
    if (values &&
        (!is_monotone(values, count) || (count <= OWN_MOST && !places->octaves && are_whole(values, count)))) {
        for (size_t i = 0; i < count; i++) add_number(list, values[i], (double)i);
        return;
    }
    static const double steps[] = {1, 2, 5};
    double low, high;
    shown(places, count, &low, &high);
    if (low == 0) add_number(list, 0, oto_place_drawn(places, count, 0));
    double least = fmax(low, high * 1e-6);
    if (!(least > 0) || !isfinite(high)) return;
    for (double decade = pow(10, floor(log10(least))); decade <= high; decade *= 10)
        for (int s = 0; s < 3; s++) {
            double value = decade * steps[s];
            if (value >= least * (1 - 1e-9) && value <= high * (1 + 1e-9))
                add_number(list, value, oto_place_drawn(places, count, value));
        }
}

static void add_tempi(struct list *list, const struct oto_places *places, size_t count) {
    for (double bpm = 15.0 / 8; bpm <= places->high; bpm *= 2)
        if (bpm >= places->low) add_number(list, bpm, oto_place_drawn(places, count, bpm));
}

bool oto_is_black_key(int pitch) {
    return strlen(class_names[(pitch % 12 + 12) % 12]) > 1;
}

/* Notes between two MIDI numbers, where key m lies at (m - origin) * a_key. */
static void add_keys(struct list *list, double low, double high, double origin, double a_key, bool all) {
    for (double key = ceil(low); key <= high; key++)
        if (fmod(key, 12) == 0 || (all && !oto_is_black_key((int)key)))
            add(list, oto_midi_to_note(key), (key - origin) * a_key);
}

static void add_octaves(struct list *list, const struct oto_places *places, size_t count) {
    double low, high;
    shown(places, count, &low, &high);
    for (double c = 0; c <= 132; c += 12) {
        double hz = 440 * exp2((c - 69) / 12);
        if (hz >= low && hz <= high) add(list, oto_midi_to_note(c), oto_place_drawn(places, count, hz));
    }
}

/* Rows of equal ratios. */
static void add_notes(struct list *list, const struct oto_places *places, size_t count, int pixels) {
    double first = oto_hz_to_midi(places->values[0]);
    double semitones = 12 * log2(places->values[1] / places->values[0]); /* a row */
    double last = first + semitones * (double)(count - 1);
    bool all = (double)pixels / (double)count / semitones >= ROOM_HIGH * 0.6;
    add_keys(list, first - semitones / 2, last, first, 1 / semitones, all);
}

void oto_ticks_write_keys(FILE *out, int low, int high, double pixels_a_key) {
    struct list list = {.out = out, .last = -INFINITY};
    fputs("set ytics (", out);
    add_keys(&list, low, high, 0, 1, pixels_a_key >= ROOM_HIGH * 0.6);
    fputs(")\n", out);
}

void oto_ticks_write(FILE *out, char axis, const struct oto_places *places, size_t count, int pixels) {
    if (places->scale == OTO_SCALE_SPANS) return;
    if (places->scale == OTO_SCALE_EVEN && places->ticks == OTO_TICKS_NUMBERS) {
        /* Where an axis counts, its ticks are whole numbers. */
        int most = pixels / (axis == 'x' ? ROOM_WIDE / 2 : ROOM_HIGH);
        if (places->start == floor(places->start) && fabs(places->step) == 1 && count <= 20)
            fprintf(out, "set %ctics %d\n", axis, (int)count <= most ? 1 : (int)count <= 2 * most ? 2 : 5);
        return;
    }
    double from, to;
    oto_place_ends(places, count, &from, &to);
    double a_pixel = fabs(to - from) / (pixels > 0 ? pixels : 1);
    struct list list = {.out = out,
                        .last = -INFINITY,
                        .apart = (axis == 'x' && places->ticks == OTO_TICKS_NUMBERS ? ROOM_WIDE : ROOM_HIGH) * a_pixel};
    fprintf(out, "set %ctics (", axis);
    switch (places->ticks) {
    case OTO_TICKS_NUMBERS:
        if (places->values && axis == 'x' && count <= OWN_MOST) list.apart = 0.6 * list.apart;
        add_numbers(&list, places, count);
        break;
    case OTO_TICKS_TEMPI:
        add_tempi(&list, places, count);
        break;
    case OTO_TICKS_KEYS:
        list.apart = 0;
        add_keys(&list, places->start, places->start + (double)(count - 1), 0, 1, 1 / a_pixel >= ROOM_HIGH * 0.6);
        break;
    case OTO_TICKS_PITCH_CLASSES:
        for (size_t i = 0; i < 12; i++) add(&list, class_names[i], (double)(i * count / 12));
        break;
    case OTO_TICKS_NOTES:
        list.apart = 0;
        add_notes(&list, places, count, pixels);
        break;
    case OTO_TICKS_NAMES:
        for (size_t i = 0; i < count; i++)
            if (places->names[i]) add(&list, places->names[i], (double)i);
        break;
    }
    fputs(")\n", out);
    if (!places->octaves) return;
    list = (struct list){.out = out, .last = -INFINITY, .apart = ROOM_HIGH * a_pixel};
    fprintf(out, "set %c2tics (", axis);
    add_octaves(&list, places, count);
    fprintf(out, ") textcolor '#808080' font ',8' offset -0.6,0\nset %c2range [%.17g:%.17g]\n", axis, from, to);
}
