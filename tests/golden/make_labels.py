"""Chord names as mir_eval reads them, label files as mir_eval.io and jams read them."""

import pathlib

import jams
import mir_eval
import numpy as np
from golden import Golden

here = pathlib.Path(__file__).parent / "labels"
CHORDS = ["C", "C#:min", "Db:maj7", "Gb:min7/b3", "A:7/3", "B:dim", "F:aug", "E:sus4", "Bb:sus2", "G:maj6", "D:min6",
          "Ab:dim7", "F#:hdim7", "C:minmaj7", "E:maj9", "A:9", "D:min11", "G:13", "C:1", "C:5", "C:(1,4,b7)",
          "D:min7(*5,11)", "E:maj(9)", "G/7", "A:min(*b3,2)/5", "Cbb:maj/b7", "N", "X"]  # the same list is in test_labels.c


def make_jams(path):
    song = jams.JAMS()
    song.file_metadata.duration = 12.0
    song.file_metadata.title = "A song"
    beats = jams.Annotation(namespace="beat")
    for i in range(8):
        beats.append(time=0.5 + 0.75 * i, duration=0, value=1 + i % 4, confidence=0.9)
    chords = jams.Annotation(namespace="chord")
    for i, name in enumerate(["C", "A:min/b3", "F:maj7", "G:7", "N"]):
        chords.append(time=2.0 * i, duration=2.0, value=name, confidence=None)
    sections = jams.Annotation(namespace="segment_open")
    sections.append(time=0, duration=6, value="verse", confidence=None)
    sections.append(time=6, duration=6, value="chorus", confidence=None)
    notes = jams.Annotation(namespace="note_hz")
    for i, hz in enumerate([220.0, 246.9417, 277.1826]):
        notes.append(time=i, duration=0.9, value=hz, confidence=None)
    key = jams.Annotation(namespace="key_mode")
    key.append(time=0, duration=12, value="Eb:minor", confidence=None)
    song.annotations.extend([beats, chords, sections, notes, key])
    song.save(str(path))


here.mkdir(exist_ok=True)
make_jams(here / "song.jams")
(here / "song.lab").write_text("# start end chord\n0.0 1.5 C\n1.5\t3.25\tA:min7/b3\n3.25 4.0 N\n")
(here / "song.beats").write_text("0.51\n1.02\n1.53\n2.04\n")
(here / "notes.txt").write_text("0.1 0.6 440.0\n0.6 1.1 493.8833\n1.1 1.4 523.2511\n")
with Golden("labels") as g:
    roots, bits, basses = mir_eval.chord.encode_many(CHORDS)
    rows = np.concatenate([roots[:, None], np.maximum(bits, 0), basses[:, None]], 1)
    g.write("oto_chord", "names", "mir_eval.chord.encode_many(...)", rows)
    intervals, _ = mir_eval.io.load_labeled_intervals(str(here / "song.lab"))
    g.write("oto_labels_load", "song.lab", "mir_eval.io.load_labeled_intervals(...)", intervals)
    g.write("oto_labels_load", "song.beats", "mir_eval.io.load_events(...)", mir_eval.io.load_events(str(here / "song.beats")))
    intervals, hz = mir_eval.io.load_valued_intervals(str(here / "notes.txt"))
    g.write("oto_labels_load", "notes.txt", "mir_eval.io.load_valued_intervals(...)",
            np.concatenate([intervals, hz[:, None]], 1))
    song = jams.load(str(here / "song.jams"))
    for namespace in ["beat", "chord", "segment_open", "note_hz"]:
        intervals, _ = song.search(namespace=namespace)[0].to_interval_values()
        g.write("oto_labels_load", f"song.jams_{namespace}", "jams.load(...).to_interval_values()", intervals)
