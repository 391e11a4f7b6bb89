#include "lib/score/abc.h"
#include "lib/tensor/error.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOICES_MAX = 256 };

void oto_abc_refuse(const struct oto_abc *abc, const char *at, const char *format, ...) {
    char what[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    oto_refuse("oto_score_load", "%s, line %" PRId64 ", column %td: %s", abc->name, abc->line_number,
               at ? at - abc->line + 1 : 1, what);
}

static void free_voices(void *thing) {
    struct oto_abc *abc = thing;
    for (int i = 0; i < abc->voice_count; i++) free(abc->voices[i].id);
    free(abc->voices);
    free(abc);
}

static struct oto_abc_voice *add_voice(struct oto_abc *abc, const char *id, size_t length) {
    if (abc->voice_count == VOICES_MAX) oto_abc_refuse(abc, abc->at, "there are more than %d voices", VOICES_MAX);
    struct oto_abc_voice *grown = realloc(abc->voices, ((size_t)abc->voice_count + 1) * sizeof *grown);
    if (!grown) oto_abc_refuse(abc, abc->at, "no memory for another voice");
    abc->voices = grown;
    struct oto_abc_voice *voice = &grown[abc->voice_count++];
    *voice = abc->header;
    voice->id = strndup(id, length);
    OtoPart *part = oto_sheet_add_part(abc->sheet);
    part->channel = abc->voice_count - 1 < 9 ? abc->voice_count - 1 : abc->voice_count % 16;
    if (part->channel == 9) part->channel = 15; /* 9 is percussion */
    voice->part = (int)abc->sheet->part_count - 1;
    return voice;
}

struct oto_abc_voice *oto_abc_voice(struct oto_abc *abc) {
    if (abc->voice_count == 0) add_voice(abc, "1", 1);
    return &abc->voices[abc->now];
}

/* V:id: the voice of that name from here on. Returns what stands behind the name. */
static const char *choose_voice(struct oto_abc *abc, const char *text, const char *end) {
    const char *id = text;
    while (text < end && !isspace((unsigned char)*text)) text++;
    size_t length = (size_t)(text - id);
    for (abc->now = 0; abc->now < abc->voice_count; abc->now++) {
        const char *other = abc->voices[abc->now].id;
        if (other && strlen(other) == length && !memcmp(other, id, length)) return text;
    }
    add_voice(abc, id, length);
    return text;
}

/* ---- fields ---- */

static const char *skip_spaces(const char *at, const char *end) {
    while (at < end && isspace((unsigned char)*at)) at++;
    return at;
}

/* A whole number of at most six digits; *at walks behind it. -1 when there is none. */
static int whole(const char **at, const char *end) {
    int value = 0, digits = 0;
    for (; *at < end && isdigit((unsigned char)**at) && digits < 6; ++*at, digits++) value = value * 10 + **at - '0';
    return digits ? value : -1;
}

/* "3/8" in quarters; false when this is no fraction. */
static bool fraction(const char **at, const char *end, double *quarters) {
    const char *start = *at;
    int numerator = whole(at, end), denominator = -1;
    if (*at < end && **at == '/') {
        ++*at;
        denominator = whole(at, end);
    }
    if (numerator > 0 && denominator > 0) {
        *quarters = 4.0 * numerator / denominator;
        return true;
    }
    *at = start;
    return false;
}

static void mark(struct oto_abc *abc, struct oto_sheet_mark mark) {
    const struct oto_abc_voice *voice = abc->in_body ? oto_abc_voice(abc) : &abc->header;
    mark.measure = voice->measure;
    mark.offset = voice->cursor;
    oto_sheet_measure_at(abc->sheet, mark.measure);
    oto_sheet_add_mark(abc->sheet, mark);
}

/* What a field changes: in the header, what every voice begins with. */
static struct oto_abc_voice *target(struct oto_abc *abc) {
    return abc->in_body ? oto_abc_voice(abc) : &abc->header;
}

static void set_meter(struct oto_abc *abc, const char *at, const char *end) {
    int numerator = 0, denominator = 0;
    if (at < end && *at == 'C') {
        numerator = denominator = end - at > 1 && at[1] == '|' ? 2 : 4;
    } else if (end - at >= 4 && !memcmp(at, "none", 4)) {
        return;
    } else {
        bool bracket = at < end && *at == '(';
        for (at += bracket; at < end; at++) { /* 3, or 2+2+3 */
            int part = whole(&at, end);
            if (part < 0) break;
            numerator += part;
            if (at >= end || *at != '+') break;
        }
        at += bracket && at < end && *at == ')';
        if (at < end && *at == '/') denominator = (++at, whole(&at, end));
        if (numerator < 1 || numerator > 255 || denominator < 1 || denominator > 128)
            oto_abc_refuse(abc, at, "M: must be a meter such as 3/4, C, C| or none");
    }
    struct oto_abc_voice *voice = target(abc);
    voice->numerator = numerator;
    voice->denominator = denominator;
    if (!abc->has_unit && !abc->in_body) voice->unit = 4.0 * numerator / denominator < 3 ? 0.25 : 0.5;
    mark(abc, (struct oto_sheet_mark){.kind = OTO_MARK_METER, .numerator = numerator, .denominator = denominator});
}

static void set_unit(struct oto_abc *abc, const char *at, const char *end) {
    double quarters = 0;
    if (at < end && *at == '1' && (at + 1 == end || isspace((unsigned char)at[1])))
        quarters = 4;
    else if (!fraction(&at, end, &quarters))
        oto_abc_refuse(abc, at, "L: must be a length such as 1/8");
    target(abc)->unit = quarters;
    abc->has_unit = true;
}

/* Q:1/4=120, Q:"Allegro" 3/8 1/8=60, and the old Q:120 and Q:C=120, which count unit notes. Words alone say nothing. */
static void set_tempo(struct oto_abc *abc, const char *at, const char *end) {
    double beat = 0, length;
    bool in_words = false;
    for (; at < end; at++) {
        if (*at == '"') in_words = !in_words;
        if (in_words || *at == '"' || isspace((unsigned char)*at) || *at == 'C') continue;
        if (*at == '=') {
            at++;
            break;
        }
        const char *before = at;
        if (fraction(&at, end, &length)) {
            beat += length;
            at--;
        } else if (isdigit((unsigned char)*before)) {
            break;
        }
    }
    at = skip_spaces(at, end);
    int each = whole(&at, end);
    if (each < 1) return;
    double bpm = each * (beat > 0 ? beat : target(abc)->unit);
    if (!(bpm >= 1 && bpm <= 10000)) oto_abc_refuse(abc, at, "Q: must be a tempo of 1 to 10000 quarters a minute");
    mark(abc, (struct oto_sheet_mark){.kind = OTO_MARK_TEMPO, .bpm = bpm});
}

static bool starts(const char *at, const char *end, const char *word) {
    size_t length = strlen(word);
    return (size_t)(end - at) >= length && !strncasecmp(at, word, length);
}

/* The number behind word in "transpose=-2", or false; nothing behind `end` is looked at. */
static bool setting(const char *at, const char *end, const char *word, int *value) {
    if (!starts(at, end, word)) return false;
    at += strlen(word);
    bool negative = at < end && *at == '-';
    if (negative || (at < end && *at == '+')) at++;
    int size = whole(&at, end);
    if (size < 0) return false;
    *value = negative ? -size : size;
    return true;
}

/* What a voice or key says about how it sounds: transpose=-2, octave=1, clef=treble-8. */
static void set_sound(struct oto_abc *abc, struct oto_abc_voice *voice, const char *at, const char *end) {
    for (; at < end; at++) {
        if (at > abc->line && !isspace((unsigned char)at[-1])) continue;
        int number;
        if (setting(at, end, "transpose=", &number)) voice->semitones = number % 128;
        if (setting(at, end, "octave=", &number)) voice->semitones = 12 * (number % 10);
        if (!starts(at, end, "clef=")) continue;
        const char *clef = at;
        while (clef < end && !isspace((unsigned char)*clef)) clef++;
        if (clef - at > 2 && clef[-1] == '8' && clef[-2] == '-') voice->semitones = -12;
        if (clef - at > 2 && clef[-1] == '8' && clef[-2] == '+') voice->semitones = 12;
    }
}

/* Sharps of the signature that a mode has beside the major key of the same tonic. */
static int mode_fifths(const char *at, const char *end, bool *minor) {
    static const struct {
        const char *name;
        int fifths;
    } modes[] = {{"maj", 0},  {"ion", 0},  {"mix", -1}, {"dor", -2}, {"min", -3},
                 {"aeo", -3}, {"phr", -4}, {"lyd", 1},  {"loc", -5}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (starts(at, end, modes[i].name)) {
            *minor = modes[i].fifths == -3;
            return modes[i].fifths;
        }
    *minor = at < end && *at == 'm' && (at + 1 == end || isspace((unsigned char)at[1]));
    return *minor ? -3 : 0;
}

/* Explicit accidentals behind the key: K:D =c ^g. */
static void add_accidentals(struct oto_abc_voice *voice, const char *at, const char *end) {
    for (; at + 1 < end; at++) {
        if (*at != '^' && *at != '_' && *at != '=') continue;
        int alter = *at == '^' ? 1 : *at == '_' ? -1 : 0;
        if (at + 2 < end && at[1] == *at) alter *= 2, at++;
        int letter = toupper((unsigned char)at[1]);
        if (letter >= 'A' && letter <= 'G') voice->signature[letter - 'A'] = alter;
    }
}

static void set_key(struct oto_abc *abc, const char *at, const char *end) {
    static const int fifths_of[OTO_ABC_LETTERS] = {3, 5, 0, 2, 4, -1, 1}; /* A B C D E F G */
    static const char order[] = "FCGDAEB";                                /* in which sharps come */
    struct oto_abc_voice *voice = target(abc);
    abc->has_key = true;
    bool minor = false;
    int fifths = 0;
    bool pipes = starts(at, end, "HP"), none = starts(at, end, "none");
    if (pipes) {
        fifths = end - at > 2 && at[1] == 'p' ? 2 : 0;
        at += 2;
    } else if (none) {
        at += 4;
    } else if (at < end && *at >= 'A' && *at <= 'G') {
        fifths = fifths_of[*at++ - 'A'];
        if (at < end && (*at == '#' || *at == 'b')) fifths += *at++ == '#' ? 7 : -7;
        at = skip_spaces(at, end);
        fifths += mode_fifths(at, end, &minor);
    } else if (at < end && !strchr("^_=", *at) && !starts(at, end, "clef") && !isalpha((unsigned char)*at)) {
        oto_abc_refuse(abc, at, "K: must be a key such as G, Am, Bb or Ddor");
    } else if (abc->in_body) { /* only a clef or the like: the key stays */
        set_sound(abc, voice, at, end);
        return;
    }
    if (fifths < -7 || fifths > 7) oto_abc_refuse(abc, at, "K: would need more than seven sharps or flats");
    memset(voice->signature, 0, sizeof voice->signature);
    for (int i = 0; i < abs(fifths); i++)
        voice->signature[order[fifths > 0 ? i : OTO_ABC_LETTERS - 1 - i] - 'A'] = fifths > 0 ? 1 : -1;
    add_accidentals(voice, at, end);
    set_sound(abc, voice, at, end);
    if (!none) mark(abc, (struct oto_sheet_mark){.kind = OTO_MARK_KEY, .key = oto_key_of_fifths(fifths, minor)});
}

static void set_text(char **place, const char *at, const char *end) {
    if (!*place && at < end) *place = strndup(at, (size_t)(end - at));
}

/* V:1 name="Violin" clef=treble */
static void set_voice(struct oto_abc *abc, const char *at, const char *end) {
    if (at >= end) oto_abc_refuse(abc, at, "V: must name a voice");
    at = choose_voice(abc, at, end);
    struct oto_abc_voice *voice = &abc->voices[abc->now];
    if (at < end) set_sound(abc, voice, at, end);
    for (const char *name = at; name < end; name++) {
        if (!starts(name, end, "name=\"") && !starts(name, end, "nm=\"")) continue;
        name = (const char *)memchr(name, '"', (size_t)(end - name)) + 1;
        const char *close = memchr(name, '"', (size_t)(end - name));
        set_text(&abc->sheet->parts[voice->part].name, name, close ? close : end);
        break;
    }
}

void oto_abc_field(struct oto_abc *abc, char letter, const char *text, const char *end) {
    const char *at = skip_spaces(text, end);
    while (end > at && isspace((unsigned char)end[-1])) end--;
    switch (letter) {
    case 'T':
        set_text(&abc->sheet->title, at, end);
        break;
    case 'C':
        set_text(&abc->sheet->composer, at, end);
        break;
    case 'M':
        set_meter(abc, at, end);
        break;
    case 'L':
        set_unit(abc, at, end);
        break;
    case 'Q':
        set_tempo(abc, at, end);
        break;
    case 'P':
        oto_abc_part(abc, at, end);
        break;
    case 'V':
        set_voice(abc, at, end);
        break;
    case 'K':
        set_key(abc, at, end);
        break;
    case 'I':
        oto_abc_instruction(abc, at, end);
        break;
    default:
        break; /* words, history, sources, ... */
    }
}

void oto_abc_instruction(struct oto_abc *abc, const char *text, const char *end) {
    const char *at = skip_spaces(text, end);
    if (!starts(at, end, "MIDI")) return;
    at = skip_spaces(at + strlen("MIDI"), end);
    if (!starts(at, end, "program")) return;
    at = skip_spaces(at + strlen("program"), end);
    int first = whole(&at, end);
    at = skip_spaces(at, end);
    int second = whole(&at, end), program = second >= 0 ? second : first; /* "program channel number", or the number */
    if (program >= 0 && program <= 127) abc->sheet->parts[oto_abc_voice(abc)->part].program = program;
}

/* ---- lines ---- */

/* A line that begins with a letter and a colon is a field; but "d:|" is a note and a repeat. */
static bool is_field(const char *line, const char *end) {
    return end - line >= 2 && isalpha((unsigned char)line[0]) && line[1] == ':' &&
           !(end - line >= 3 && (line[2] == '|' || line[2] == ':'));
}

static void begin_body(struct oto_abc *abc) {
    abc->in_body = true;
    for (int i = 0; i < abc->voice_count; i++) { /* voices named in the header do not know what came behind them */
        struct oto_abc_voice *voice = &abc->voices[i], named = *voice;
        *voice = abc->header;
        voice->id = named.id;
        voice->part = named.part;
        voice->semitones = named.semitones ? named.semitones : abc->header.semitones;
    }
    abc->now = 0;
}

static void read_line(struct oto_abc *abc) {
    const char *line = abc->line, *end = abc->end;
    if (end - line >= 2 && line[0] == '%' && line[1] == '%') {
        oto_abc_instruction(abc, line + 2, end);
        return;
    }
    const char *comment = line;
    while (comment < end && !(*comment == '%' && (comment == line || comment[-1] != '\\'))) comment++;
    abc->end = comment;
    if (is_field(line, comment)) {
        oto_abc_field(abc, *line, line + 2, comment);
        if (*line == 'K' && !abc->in_body) begin_body(abc);
    } else if (abc->in_body) {
        oto_abc_music(abc);
    }
}

static bool is_blank(const char *line, const char *end) {
    return skip_spaces(line, end) == end;
}

/* Reads the tune with this number, or the first. Fields before the first tune are for all of them. */
static void read_tune(struct oto_abc *abc, const char *text, size_t size, int tune) {
    const char *end = text + size;
    bool any = memmem(text, size, "X:", 2), inside = !any, found = inside;
    if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) text += 3;
    for (const char *line = text; line < end; abc->line_number++) {
        const char *line_end = line;
        while (line_end < end && *line_end != '\n' && *line_end != '\r') line_end++;
        abc->line = line;
        abc->end = line_end;
        abc->at = line;
        bool starts_tune = line_end - line >= 2 && line[0] == 'X' && line[1] == ':';
        if (starts_tune) {
            if (found && any && inside) return;
            const char *number = skip_spaces(line + 2, line_end);
            inside = tune == 0 || whole(&number, line_end) == tune;
            found |= inside;
        } else if (inside && any && is_blank(line, line_end)) {
            if (abc->in_body) return;
        } else if (inside || !found) {
            bool file_header = !inside;
            if (!file_header || (is_field(line, line_end) && strchr("MLQI", *line) && !abc->in_body)) read_line(abc);
        }
        if (line_end + 1 < end && line_end[0] == '\r' && line_end[1] == '\n') line_end++;
        line = line_end + 1;
    }
    if (!found) oto_refuse("oto_score_load", "%s has no tune X:%d", abc->name, tune);
}

OtoScore *(oto_abc_parse)(const char *text, size_t size, const char *name, OtoScoreLoad options) {
    oto_check_text("oto_abc_parse", "name", name);
    oto_check_buffer("oto_abc_parse", "text", text, size);
    OtoScore *score = NULL;
    oto_scope {
        struct oto_abc *abc = calloc(1, sizeof *abc);
        if (!abc) oto_refuse("oto_score_load", "no memory for %s", name);
        oto_hold(abc, free_voices);
        abc->name = name;
        abc->sheet = oto_sheet_new(name);
        abc->line_number = 1;
        abc->header = (struct oto_abc_voice){
            .unit = 0.5, .numerator = 4, .denominator = 4, .broken_factor = 1, .tuplet_factor = 1};
        read_tune(abc, text, size, options.tune);
        if (!abc->has_key)
            oto_refuse("oto_score_load", "%s has no K: field, so it is no ABC tune, or is cut short in its header",
                       name);
        for (int i = 0; i < abc->voice_count; i++) oto_abc_end_measure(abc, &abc->voices[i]);
        oto_abc_voice(abc);
        score = oto_keep(oto_sheet_score(abc->sheet, options.repeats, name));
    }
    return score;
}
