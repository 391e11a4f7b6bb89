#include "lib/score/sheet.h"
#include "lib/tensor/error.h"

#include <libxml/parser.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FORTE = 90, PARTS_MAX = 1000 };

/* What is being read; state that attributes change, of one part. */
struct reader {
    const char *name; /* of the file */
    xmlDoc *document;
    struct oto_sheet *sheet;
    int part;
    int64_t measure;
    double divisions; /* of a quarter */
    double cursor;    /* quarters from the beginning of the measure */
    double chord;     /* where the last note began */
    int transpose;    /* semitones from written to sounding */
    double velocity;
};

__attribute__((noreturn)) static void refuse(const struct reader *r, const xmlNode *node, const char *what) {
    oto_refuse("oto_score_load", "%s, line %ld: %s", r->name, node ? xmlGetLineNo(node) : 0, what);
}

/* ---- elements ---- */

static bool is(const xmlNode *node, const char *name) {
    return node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name);
}

static xmlNode *child(const xmlNode *node, const char *name) {
    for (xmlNode *at = node ? node->children : NULL; at; at = at->next)
        if (is(at, name)) return at;
    return NULL;
}

/* The text of an element without the spaces around it, in the scope's keeping; NULL when there is none. */
static char *text_of(const xmlNode *node) {
    if (!node) return NULL;
    xmlChar *content = xmlNodeGetContent(node);
    if (!content) return NULL;
    char *text = (char *)content;
    size_t from = strspn(text, " \t\r\n"), length = strlen(text + from);
    while (length > 0 && strchr(" \t\r\n", text[from + length - 1])) length--;
    memmove(text, text + from, length);
    text[length] = '\0';
    return oto_hold(text, (void (*)(void *))xmlFree);
}

static bool has_text(const xmlNode *node, const char *text) {
    bool same = false;
    oto_scope {
        const char *content = text_of(node);
        same = content && !strcmp(content, text);
    }
    return same;
}

static bool has_attribute(const xmlNode *node, const char *name, const char *value) {
    xmlChar *is = xmlGetProp(node, (const xmlChar *)name);
    bool same = is && (!value || !strcmp((const char *)is, value));
    xmlFree(is);
    return same;
}

/* A number in a text; refuses what is none. */
static double parse_number(const struct reader *r, const xmlNode *node, const char *text) {
    char *end;
    double value = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end || !isfinite(value)) {
        static _Thread_local char what[100];
        snprintf(what, sizeof what, "<%.40s> is not a number", (const char *)node->name);
        refuse(r, node, what);
    }
    return value;
}

/* The number in a child element, or a default when there is no such child. */
static double number(const struct reader *r, const xmlNode *node, const char *name, double missing) {
    const xmlNode *found = name ? child(node, name) : node;
    double value = missing;
    if (found) oto_scope value = parse_number(r, found, text_of(found));
    return value;
}

static double attribute_number(const struct reader *r, const xmlNode *node, const char *name, double missing) {
    xmlChar *text = xmlGetProp(node, (const xmlChar *)name);
    double value = missing;
    if (text) oto_scope value = parse_number(r, node, oto_hold(text, (void (*)(void *))xmlFree));
    return value;
}

/* ---- what stands in a measure ---- */

/* A length in quarters: <duration> counts divisions. */
static double duration_of(const struct reader *r, const xmlNode *node) {
    double duration = number(r, node, "duration", 0) / r->divisions;
    if (duration < 0 || duration > 1e5) refuse(r, node, "a duration must lie between 0 and 100000 quarters");
    return duration;
}

static int semitone_of(const struct reader *r, const xmlNode *node, char step) {
    static const int semitones[] = {['A' - 'A'] = 9, ['B' - 'A'] = 11, ['C' - 'A'] = 0, ['D' - 'A'] = 2,
                                    ['E' - 'A'] = 4, ['F' - 'A'] = 5,  ['G' - 'A'] = 7};
    if (step < 'A' || step > 'G') refuse(r, node, "the step of a pitch must be A to G");
    return semitones[step - 'A'];
}

static char step_of(const xmlNode *pitch, const char *name) {
    char step = 0;
    oto_scope {
        const char *text = text_of(child(pitch, name));
        if (text && strlen(text) == 1) step = *text;
    }
    return step;
}

static void read_pitch(const struct reader *r, const xmlNode *pitch, OtoScoreNote *note) {
    note->step = step_of(pitch, "step");
    double alter = number(r, pitch, "alter", 0), octave = number(r, pitch, "octave", 4);
    note->alter = (int)lround(fmin(fmax(alter, -4), 4));
    note->octave = (int)lround(fmin(fmax(octave, -2), 12));
    note->pitch = semitone_of(r, pitch, note->step) + 12 * (octave + 1) + alter + r->transpose;
}

/* The key on the drum channel that the part list gives an instrument, from 1; 0 when it says nothing. */
static double drum_key(xmlDoc *document, const char *id) {
    const xmlNode *list = child(xmlDocGetRootElement(document), "part-list");
    double key = 0;
    for (const xmlNode *part = list ? list->children : NULL; part; part = part->next)
        for (const xmlNode *at = part->children; at; at = at->next)
            if (is(at, "midi-instrument") && has_attribute(at, "id", id) && child(at, "midi-unpitched")) oto_scope {
                    const char *text = text_of(child(at, "midi-unpitched"));
                    key = text ? strtod(text, NULL) : 0;
                }
    return key >= 1 && key <= 128 ? key : 0;
}

/* Drums: the instrument's key on channel 10 when the part list names it, otherwise the line they stand on. */
static void read_unpitched(const struct reader *r, const xmlNode *note_node, const xmlNode *unpitched,
                           OtoScoreNote *note) {
    r->sheet->parts[r->part].channel = 9;
    const xmlNode *instrument = child(note_node, "instrument");
    xmlChar *id = instrument ? xmlGetProp(instrument, (const xmlChar *)"id") : NULL;
    double key = id ? drum_key(r->document, (const char *)id) : 0;
    xmlFree(id);
    if (key > 0) {
        note->pitch = key - 1;
        return;
    }
    char step = step_of(unpitched, "display-step");
    note->pitch = step ? semitone_of(r, unpitched, step) + 12 * (number(r, unpitched, "display-octave", 4) + 1) : 60;
}

static void read_ties(const xmlNode *node, struct oto_sheet_note *note) {
    for (const xmlNode *at = node->children; at; at = at->next) {
        if (!is(at, "tie")) continue;
        if (has_attribute(at, "type", "start")) note->tie_start = true;
    }
}

/* Rests (and gaps) make a measure long, but never longer than its bar; notes do. */
static void end_at(struct reader *r, double quarter, bool rest) {
    struct oto_sheet_measure *measure = oto_sheet_measure_at(r->sheet, r->measure);
    double *end = rest ? &measure->rests : &measure->length;
    if (quarter > *end) *end = quarter;
}

static void read_note(struct reader *r, const xmlNode *node) {
    bool grace = child(node, "grace"), chord = child(node, "chord");
    const xmlNode *pitch = child(node, "pitch"), *unpitched = child(node, "unpitched");
    double duration = grace ? 0 : duration_of(r, node);
    double quarter = chord ? r->chord : r->cursor;
    if (!chord) {
        r->chord = r->cursor;
        r->cursor += duration;
        end_at(r, r->cursor, !pitch && !unpitched);
    }
    if (child(node, "cue") || (!pitch && !unpitched)) return;
    struct oto_sheet_note note = {
        .measure = r->measure,
        .note = {.quarter = quarter,
                 .duration = duration,
                 .part = r->part,
                 .voice = (int)fmin(fmax(number(r, node, "voice", 1), 0), 1000),
                 .velocity =
                     fmin(fmax(attribute_number(r, node, "dynamics", r->velocity / FORTE * 100), 0), 140) * FORTE / 100,
                 .grace = grace}};
    if (pitch)
        read_pitch(r, pitch, &note.note);
    else
        read_unpitched(r, node, unpitched, &note.note);
    if (!(note.note.pitch >= 0 && note.note.pitch <= 127)) refuse(r, node, "a pitch lies outside MIDI's 0 to 127");
    read_ties(node, &note);
    oto_sheet_add_note(r->sheet, note);
}

static void add_mark(struct reader *r, double offset, struct oto_sheet_mark mark) {
    mark.measure = r->measure;
    mark.offset = fmax(r->cursor + offset, 0);
    oto_sheet_add_mark(r->sheet, mark);
}

/* "3+2" over 8: 5/8. The parts of a time signature with several are added at the finest of their denominators. */
static void read_time(struct reader *r, const xmlNode *time) {
    double quarters = 0;
    int denominator = 1;
    double beats = 0;
    for (const xmlNode *at = time->children; at; at = at->next) {
        if (is(at, "beats")) {
            beats = 0;
            oto_scope for (char *text = text_of(at), *end = text; end && *end; text = end) {
                double value = strtod(text, &end);
                if (end == text || !(value >= 1 && value <= 255))
                    refuse(r, at, "<beats> must be numbers as in 3 or 3+2");
                beats += value;
                while (*end == '+' || *end == ' ') end++;
            }
        }
        if (is(at, "beat-type")) {
            double type = number(r, at, NULL, 4);
            if (!(type >= 1 && type <= 128)) refuse(r, at, "<beat-type> must be 1 to 128");
            if ((int)type > denominator) denominator = (int)type;
            quarters += beats / (int)type;
        }
    }
    double numerator = round(quarters * denominator);
    if (numerator >= 1 && numerator <= 255)
        add_mark(
            r, 0,
            (struct oto_sheet_mark){.kind = OTO_MARK_METER, .numerator = (int)numerator, .denominator = denominator});
}

/* The key that sounds, as the first part has it. */
static void read_key(struct reader *r, const xmlNode *node) {
    if (!child(node, "fifths")) return;
    double fifths = number(r, node, "fifths", 0);
    if (fabs(fifths) > 7) refuse(r, node, "<fifths> must be -7 to 7");
    OtoKey key = oto_key_of_fifths((int)fifths, has_text(child(node, "mode"), "minor"));
    key.tonic = (key.tonic + r->transpose + 132) % 12;
    add_mark(r, 0, (struct oto_sheet_mark){.kind = OTO_MARK_KEY, .key = key});
}

static void read_attributes(struct reader *r, const xmlNode *node) {
    r->divisions = number(r, node, "divisions", r->divisions);
    if (!(r->divisions > 0 && r->divisions < 1e7)) refuse(r, node, "<divisions> must be positive");
    for (const xmlNode *at = node->children; at; at = at->next) {
        if (!is(at, "transpose")) continue;
        double semitones = number(r, at, "chromatic", 0) + 12 * number(r, at, "octave-change", 0);
        if (fabs(semitones) > 127) refuse(r, at, "<transpose> goes too far");
        r->transpose = (int)lround(semitones);
    }
    for (const xmlNode *at = node->children; at; at = at->next) {
        if (is(at, "time")) read_time(r, at);
        if (is(at, "key") && r->part == 0) read_key(r, at);
    }
}

static void add_tempo(struct reader *r, const xmlNode *node, double offset, double bpm) {
    if (!(bpm >= 1 && bpm <= 10000)) refuse(r, node, "a tempo must be 1 to 10000 quarters a minute");
    add_mark(r, offset, (struct oto_sheet_mark){.kind = OTO_MARK_TEMPO, .bpm = bpm});
}

/* <sound>: what players do with a direction: tempo, loudness, and where to jump. */
static void read_sound(struct reader *r, const xmlNode *node, double offset) {
    struct oto_sheet_measure *measure = oto_sheet_measure_at(r->sheet, r->measure);
    if (has_attribute(node, "tempo", NULL)) add_tempo(r, node, offset, attribute_number(r, node, "tempo", 120));
    if (has_attribute(node, "dynamics", NULL))
        r->velocity = fmin(fmax(attribute_number(r, node, "dynamics", 100) * FORTE / 100, 1), 127);
    measure->da_capo |= has_attribute(node, "dacapo", "yes");
    measure->dal_segno |= has_attribute(node, "dalsegno", NULL);
    measure->to_coda |= has_attribute(node, "tocoda", NULL);
    measure->fine |= has_attribute(node, "fine", NULL);
    measure->segno |= has_attribute(node, "segno", NULL);
    measure->coda |= has_attribute(node, "coda", NULL);
}

/* "quarter = 96": how long the note before the sign is, in quarters; 0 when the name is unknown. */
static double beat_unit(const xmlNode *metronome) {
    static const struct {
        const char *name;
        double quarters;
    } units[] = {{"long", 16},   {"breve", 8},  {"whole", 4},   {"half", 2},    {"quarter", 1},
                 {"eighth", .5}, {"16th", .25}, {"32nd", .125}, {"64th", .0625}};
    const xmlNode *unit = child(metronome, "beat-unit");
    double quarters = 0, dot = 0.5;
    for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
        if (has_text(unit, units[i].name)) quarters = units[i].quarters;
    double whole = quarters;
    for (const xmlNode *at = metronome->children; at; at = at->next)
        if (is(at, "beat-unit-dot")) quarters += whole * dot, dot /= 2;
    return quarters;
}

static void read_direction(struct reader *r, const xmlNode *node) {
    double offset = number(r, node, "offset", 0) / r->divisions;
    const xmlNode *sound = child(node, "sound");
    if (sound) read_sound(r, sound, offset);
    struct oto_sheet_measure *measure = oto_sheet_measure_at(r->sheet, r->measure);
    for (const xmlNode *type = node->children; type; type = type->next) {
        if (!is(type, "direction-type")) continue;
        measure->segno |= child(type, "segno") && !(sound && has_attribute(sound, "dalsegno", NULL));
        measure->coda |= child(type, "coda") && !(sound && has_attribute(sound, "tocoda", NULL));
        const xmlNode *metronome = child(type, "metronome"), *minute = child(metronome, "per-minute");
        if (!minute || (sound && has_attribute(sound, "tempo", NULL))) continue;
        oto_scope { /* the number may stand in words: "c. 96" */
            const char *text = text_of(minute);
            double each = text ? strtod(text + strcspn(text, "0123456789"), NULL) : 0,
                   bpm = each * beat_unit(metronome);
            if (bpm >= 1 && bpm <= 10000) add_tempo(r, minute, offset, bpm);
        }
    }
}

/* "1, 2" as bits. */
static uint32_t ending_times(const char *text) {
    uint32_t bits = 0;
    for (const char *at = text; at && *at;) {
        char *end;
        long time = strtol(at, &end, 10);
        if (time >= 1 && time <= OTO_REPEATS_MAX) bits |= 1u << (time - 1);
        at = end == at ? at + 1 : end;
    }
    return bits;
}

static void read_barline(struct reader *r, const xmlNode *node) {
    struct oto_sheet_measure *measure = oto_sheet_measure_at(r->sheet, r->measure);
    const xmlNode *repeat = child(node, "repeat"), *ending = child(node, "ending");
    if (repeat && has_attribute(repeat, "direction", "forward")) measure->forward = true;
    if (repeat && has_attribute(repeat, "direction", "backward"))
        measure->backward = (int)fmin(fmax(attribute_number(r, repeat, "times", 2), 1), OTO_REPEATS_MAX);
    if (child(node, "segno")) measure->segno = true;
    if (child(node, "coda")) measure->coda = true;
    if (!ending) return;
    if (has_attribute(ending, "type", "start")) {
        xmlChar *numbers = xmlGetProp(ending, (const xmlChar *)"number");
        measure->ending = ending_times((const char *)numbers);
        xmlFree(numbers);
    } else {
        measure->ending_stop = true;
    }
}

static void read_measure(struct reader *r, const xmlNode *node) {
    struct oto_sheet_measure *measure = oto_sheet_measure_at(r->sheet, r->measure);
    measure->upbeat |= has_attribute(node, "implicit", "yes");
    r->cursor = r->chord = 0;
    for (const xmlNode *at = node->children; at; at = at->next) {
        if (is(at, "note")) read_note(r, at);
        if (is(at, "backup")) r->cursor = fmax(r->cursor - duration_of(r, at), 0);
        if (is(at, "forward")) end_at(r, r->cursor += duration_of(r, at), true);
        if (is(at, "attributes")) read_attributes(r, at);
        if (is(at, "direction")) read_direction(r, at);
        if (is(at, "sound")) read_sound(r, at, 0);
        if (is(at, "barline")) read_barline(r, at);
    }
}

/* ---- parts ---- */

static bool same_id(const xmlNode *a, const xmlNode *b) {
    xmlChar *x = xmlGetProp(a, (const xmlChar *)"id"), *y = xmlGetProp(b, (const xmlChar *)"id");
    bool same = x && y && xmlStrEqual(x, y);
    xmlFree(x);
    xmlFree(y);
    return same;
}

static void start_part(struct reader *r) {
    r->divisions = 1;
    r->transpose = 0;
    r->velocity = 0;
    r->measure = 0;
}

/* The measures of a part: in a <score-partwise> inside it, in a <score-timewise> each <measure> has all parts. */
static void read_part(struct reader *r, const xmlNode *root, const xmlNode *score_part) {
    start_part(r);
    for (const xmlNode *outer = root->children; outer; outer = outer->next) {
        if (is(outer, "part") && same_id(outer, score_part))
            for (const xmlNode *measure = outer->children; measure; measure = measure->next)
                if (is(measure, "measure")) read_measure(r, measure), r->measure++;
        if (!is(outer, "measure")) continue;
        for (const xmlNode *part = outer->children; part; part = part->next)
            if (is(part, "part") && same_id(part, score_part)) read_measure(r, part);
        r->measure++;
    }
}

static void read_part_list(struct reader *r, const xmlNode *root) {
    const xmlNode *list = child(root, "part-list");
    if (!list) refuse(r, root, "there is no <part-list>");
    for (const xmlNode *at = list->children; at; at = at->next) {
        if (!is(at, "score-part")) continue;
        if (r->sheet->part_count == PARTS_MAX) refuse(r, at, "there are more than 1000 parts");
        OtoPart *part = oto_sheet_add_part(r->sheet);
        oto_scope {
            const char *name = text_of(child(at, "part-name"));
            if (name) part->name = strdup(name);
        }
        const xmlNode *midi = child(at, "midi-instrument");
        part->channel = (int)fmin(fmax(number(r, midi, "midi-channel", 1), 1), 16) - 1;
        part->program = (int)fmin(fmax(number(r, midi, "midi-program", 1), 1), 128) - 1;
        r->part = (int)r->sheet->part_count - 1;
        read_part(r, root, at);
    }
}

static char *copy_text(const xmlNode *node) {
    char *copy = NULL;
    oto_scope {
        const char *text = text_of(node);
        if (text && *text) copy = strdup(text);
    }
    return copy;
}

static void read_titles(struct reader *r, const xmlNode *root) {
    r->sheet->title = copy_text(child(child(root, "work"), "work-title"));
    if (!r->sheet->title) r->sheet->title = copy_text(child(root, "movement-title"));
    const xmlNode *identification = child(root, "identification");
    for (const xmlNode *at = identification ? identification->children : NULL; at; at = at->next)
        if (is(at, "creator") && has_attribute(at, "type", "composer") && !r->sheet->composer)
            r->sheet->composer = copy_text(at);
}

static void free_document(void *document) {
    xmlFreeDoc(document);
}

OtoScore *(oto_musicxml_parse)(const char *text, size_t size, const char *name, OtoScoreLoad options) {
    oto_check_text("oto_musicxml_parse", "name", name);
    oto_check_buffer("oto_musicxml_parse", "text", text, size);
    if (size > INT32_MAX) oto_refuse("oto_score_load", "%s is too large for a score (%zu bytes)", name, size);
    OtoScore *score = NULL;
    oto_scope {
        /* No network, and entities stay as they are: a score needs neither, and both can be made into traps. */
        xmlDoc *document = xmlReadMemory(text, (int)size, name, NULL,
                                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
        const xmlError *error = xmlGetLastError();
        if (!document)
            oto_refuse("oto_score_load", "%s, line %d: this is not well-formed XML: %s", name, error ? error->line : 0,
                       error && error->message ? error->message : "unknown");
        oto_hold(document, free_document);
        struct reader r = {.name = name, .document = document, .sheet = oto_sheet_new(name)};
        const xmlNode *root = xmlDocGetRootElement(document);
        if (!root || (!is(root, "score-partwise") && !is(root, "score-timewise")))
            refuse(&r, root, "this is XML, but no MusicXML score: <score-partwise> or <score-timewise> is missing");
        read_titles(&r, root);
        read_part_list(&r, root);
        score = oto_keep(oto_sheet_score(r.sheet, options.repeats, name));
    }
    return score;
}
