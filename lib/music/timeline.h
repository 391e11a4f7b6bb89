/* timeline: where the beats of a piece lie. Scores count in quarter notes, sounds in seconds, musicians in bars and
 * beats; a timeline (of a MIDI file: &midi->timeline, of a score: &score->timeline) leads from one to the other. */
#ifndef OTO_TIMELINE_H
#define OTO_TIMELINE_H

#include "../tensor/tensor.h"
#include "key.h"

/* Each holds from its quarter on, until the next. */
typedef struct OtoTempo {
    double quarter; /* from the beginning of the piece */
    double seconds; /* the same moment */
    double bpm;     /* quarter notes a minute */
} OtoTempo;

typedef struct OtoMeter {
    double quarter, seconds;
    int numerator, denominator; /* 6/8 */
    double skipped;             /* quarters of its first bar that are not there: an upbeat */
    int64_t bar;                /* number of its first bar, from 1; an upbeat at the beginning is bar 0 */
} OtoMeter;

typedef struct OtoKeyChange {
    double quarter, seconds;
    OtoKey key;
} OtoKeyChange;

typedef struct OtoTimeline {
    int64_t tempo_count, meter_count, key_count;
    OtoTempo *tempos;   /* at least one: 120 bpm when the piece names none */
    OtoMeter *meters;   /* at least one: 4/4 when the piece names none */
    OtoKeyChange *keys; /* there may be none */
    double quarters;    /* length of the piece */
    int64_t tempo_capacity, meter_capacity, key_capacity;
} OtoTimeline;

/* "Bar 3, beat 2.5", both from 1. A beat is one unit of the denominator; in compound time (6/8, 9/8, 12/8) three. */
typedef struct OtoBarBeat {
    int64_t bar;
    double beat;
} OtoBarBeat;

/* Straight lines between tempo changes; before 0 and behind the end the nearest tempo goes on. */
double oto_quarter_to_seconds(const OtoTimeline *timeline, double quarter);
double oto_seconds_to_quarter(const OtoTimeline *timeline, double seconds);
OtoBarBeat oto_quarter_to_bar_beat(const OtoTimeline *timeline, double quarter);
double oto_bar_beat_to_quarter(const OtoTimeline *timeline, OtoBarBeat place);

/* What holds at a quarter. A piece without key signatures is said to be in C major. */
OtoMeter oto_meter_at(const OtoTimeline *timeline, double quarter);
OtoTempo oto_tempo_at(const OtoTimeline *timeline, double quarter);
OtoKey oto_key_at(const OtoTimeline *timeline, double quarter);
/* Quarters in a bar and in a beat of a meter: 6/8 has 3 and 1.5. */
double oto_meter_bar(OtoMeter meter);
double oto_meter_beat(OtoMeter meter);

/* Seconds of all beats, and of those that begin a bar, before the end of the piece: (beat). As get_beats and
 * get_downbeats of pretty_midi. Refuses a piece with more than ten million. */
OtoTensor *oto_timeline_beats(const OtoTimeline *timeline);
OtoTensor *oto_timeline_downbeats(const OtoTimeline *timeline);

/* ---- for the library's own readers ---- */

/* In the order of time; at a quarter that has one already, the new one replaces it. False when memory ran out. */
bool oto_timeline_add_tempo(OtoTimeline *timeline, double quarter, double bpm);
bool oto_timeline_add_meter(OtoTimeline *timeline, OtoMeter meter);
bool oto_timeline_add_key(OtoTimeline *timeline, double quarter, OtoKey key);
/* Adds what must be there, computes seconds and bars, and sets the length. */
bool oto_timeline_finish(OtoTimeline *timeline, double quarters);
void oto_timeline_release(OtoTimeline *timeline);

#endif
