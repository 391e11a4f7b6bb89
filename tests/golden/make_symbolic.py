"""MIDI files as pretty_midi reads them, scores as music21 reads them."""

import pathlib
import warnings

import music21
import numpy as np
import pretty_midi
from golden import Golden

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent
MIDI_FILES = {"trio": "../../data/songs/trio.mid", "changes": "scores/changes.mid"}


def make_changes(path):
    """Tempos, meters, keys, programs and a pedal that all change; every event of every kind in a track of its own."""
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=96)
    head, piano, bass = mido.MidiTrack(), mido.MidiTrack(), mido.MidiTrack()
    file.tracks.extend([head, piano, bass])
    head.append(mido.MetaMessage("track_name", name="changes"))
    head.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    head.append(mido.MetaMessage("key_signature", key="Eb"))
    head.append(mido.MetaMessage("set_tempo", tempo=500000))
    head.append(mido.MetaMessage("set_tempo", tempo=400000, time=250))
    head.append(mido.MetaMessage("time_signature", numerator=6, denominator=8, time=96 * 6 - 250))
    head.append(mido.MetaMessage("key_signature", key="F#m"))
    head.append(mido.MetaMessage("set_tempo", tempo=731000, time=50))
    head.append(mido.MetaMessage("time_signature", numerator=5, denominator=4, time=96 * 6 - 50))
    head.append(mido.MetaMessage("end_of_track", time=0))
    piano.append(mido.Message("program_change", program=4, channel=0))
    piano.append(mido.Message("sysex", data=(0x7E, 0x7F, 9, 1)))
    for i, pitch in enumerate([60, 63, 67, 70, 72, 75, 79, 82, 84, 87]):
        if i == 5:
            piano.append(mido.Message("program_change", program=40, channel=0))
        piano.append(mido.Message("note_on", note=pitch, velocity=50 + 7 * i, time=10))
        piano.append(mido.Message("control_change", control=64, value=127 if i % 3 == 0 else 0, time=20))
        piano.append(mido.Message("note_on", note=pitch, velocity=0, time=100))
    bass.append(mido.Message("program_change", program=33, channel=1))
    for pitch in [36, 38, 40, 41, 43]:
        bass.append(mido.Message("note_on", channel=1, note=pitch, velocity=90, time=30))
        bass.append(mido.Message("note_off", channel=1, note=pitch, velocity=64, time=333))
    file.save(path)


def notes_of(midi):
    rows = [(n.start, n.end - n.start, n.pitch, n.velocity) for i in midi.instruments for n in i.notes]
    return np.array(sorted(rows, key=lambda row: (row[0], row[2])))


def score_rows(score):
    """(quarter, duration, pitch) of every sounding note, ties joined, by quarter and pitch; grace notes left out."""
    rows = []
    for part in score.parts if len(score.parts) else [score]:
        for element in part.toSoundingPitch().stripTies().flatten().notes:
            if isinstance(element, music21.harmony.ChordSymbol) or element.duration.isGrace:
                continue
            rows += [(float(element.offset), float(element.quarterLength), p.ps) for p in element.pitches]
    return np.array(sorted(rows, key=lambda row: (row[0], row[2], row[1])))


make_changes(here / "scores/changes.mid")
with Golden("symbolic") as g:
    for name, path in MIDI_FILES.items():
        midi = pretty_midi.PrettyMIDI(str(here / path))
        call = "pretty_midi.PrettyMIDI(...)."
        g.write("oto_midi_notes", name, call + "instruments", notes_of(midi), (1 if name == "changes" else 7, 1))
        g.write("oto_timeline_beats", name, call + "get_beats()", midi.get_beats())
        g.write("oto_timeline_downbeats", name, call + "get_downbeats()", midi.get_downbeats())
        times, tempos = midi.get_tempo_changes()
        g.write("oto_midi_load", f"{name}_tempos", call + "get_tempo_changes()", np.stack([times, tempos], -1))
        g.write("oto_tick_to_seconds", name, call + "tick_to_time(...)",
                [midi.tick_to_time(t) for t in range(0, 1000, 37)])
        rolls = [i.get_piano_roll(fs=20, pedal_threshold=None) for i in midi.instruments]
        roll = sum(np.pad(r, ((0, 0), (0, max(q.shape[1] for q in rolls) - r.shape[1]))) for r in rolls)
        g.write("oto_piano_roll", name, "Instrument.get_piano_roll(fs=20, pedal_threshold=None) / 127",
                roll[36:88] / 127, (1, 5 if name == "changes" else 23))
    for name in ["orchestra.musicxml", "tune.abc"]:
        score = music21.converter.parse(str(here / "scores" / name), forceSource=True)
        score = score.scores[0] if isinstance(score, music21.stream.Opus) else score
        g.write("oto_score_load", f"{name}_written", "music21.converter.parse(...)", score_rows(score))
        g.write("oto_score_load", f"{name}_played", "music21.converter.parse(...).expandRepeats()",
                score_rows(score.expandRepeats()))
    melody = music21.converter.parse(str(here / "../../data/melodies/sakura.mid"))
    analysis = music21.analysis.discrete.KrumhanslKessler()
    best = analysis.getSolution(melody)
    g.write("oto_estimate_key", "sakura", "music21.analysis.discrete.KrumhanslKessler().getSolution(...)",
            [best.tonic.pitchClass, best.mode == "minor"])
