"""Chords, keys and sections against a reference: what mir_eval computes, for tests/unit/test_annotations.c.

Each case is two label files in annotations/, NAME.reference.lab and NAME.estimated.lab, that both sides read.
"""

import pathlib
import warnings

import mir_eval
import numpy as np

from golden import Golden

warnings.simplefilter("ignore")
random = np.random.default_rng(11)
here = pathlib.Path(__file__).parent / "annotations"
here.mkdir(exist_ok=True)
QUALITIES = ["maj", "min", "7", "maj7", "min7", "dim", "aug", "sus4", "hdim7", "minmaj7", "9", "min9", "13", "5", "1",
             "maj6", "maj(9)", "min(*b3,2)", "maj/3", "min/b3", "7/b7", "maj/2"]
ROOTS = ["C", "C#", "Eb", "F", "G", "Ab", "Bb"]


def chord(qualities):
    return "NX"[random.integers(2)] if random.random() < 0.12 else f"{random.choice(ROOTS)}:{random.choice(qualities)}"


def related(label, qualities):
    """The same, the same root with another quality, or another chord."""
    chance = random.random()
    if chance < 0.4:
        return label
    if chance < 0.75 and ":" in label:
        return f"{label.split(':')[0]}:{random.choice(qualities)}"
    return chord(qualities)


def track(first, last, count, labels):
    """Intervals of random lengths without gaps, to the hundredth of a second."""
    inner = np.sort(random.choice(np.arange(int(first * 100) + 20, int(last * 100) - 20), count - 1, replace=False))
    times = [first, *(inner / 100), last]
    return [(times[i], times[i + 1], labels[i % len(labels)]) for i in range(count)]


def moved(intervals, labels):
    """The same intervals, each inner boundary up to 0.7 s off."""
    times = [intervals[0][0]]
    for start, _, _ in intervals[1:]:
        last = intervals[-1][1] - 0.02 * (len(intervals) - len(times))
        times.append(round(min(max(start + random.uniform(-0.7, 0.7), times[-1] + 0.02), last), 2))
    times.append(intervals[-1][1])
    return [(times[i], times[i + 1], labels[i]) for i in range(len(labels))]


def save(case, side, intervals):
    lines = [f"{start:g}\t{end:g}\t{text}\n" for start, end, text in intervals]
    (here / f"{case}.{side}.lab").write_text("".join(lines))


def load(case):
    """Reference intervals and labels, estimated ones; an estimate that is missing is empty."""
    both = [here / f"{case}.{side}.lab" for side in ("reference", "estimated")]
    read = [mir_eval.io.load_labeled_intervals(str(path)) if path.exists() else (np.zeros((0, 2)), []) for path in both]
    return *read[0], *read[1]


def chords(count, qualities, first=0.0, last=60.0):
    reference = track(first, last, count, [chord(qualities) for _ in range(count)])
    return reference, moved(reference, [related(label, qualities) for _, _, label in reference])


def sections(count, labels, last=120.0):
    reference = track(0.0, last, count, labels)
    estimated = [label if random.random() < 0.7 else random.choice(labels) for _, _, label in reference]
    return reference, moved(reference, estimated)


reference, estimated = chords(40, QUALITIES)
CHORDS = {
    "chords": (reference, estimated),
    "simple chords": chords(40, ["maj", "min", "min7", "7", "maj/3", "min/5"]),
    "identical chords": (reference, reference),
    "one chord": ([(0.0, 10.0, "A:min")], [(0.0, 10.0, "A:min7")]),
    "chords within": (reference, [(s, e, t) for s, e, t in estimated if s > 5 and e < 50]),
    "chords beyond": ([(s, e, t) for s, e, t in reference if s > 10 and e < 40], estimated),
    "chords with gaps": (reference, [x for i, x in enumerate(estimated) if i % 5 != 2]),
    "split chords": (track(0.0, 20.0, 4, ["C:9", "C:7", "G:min(9)", "G:min"]), track(0.0, 20.0, 12, ["C:9", "C:9", "G:min"])),
    "no chords": (reference, None),
    "all unknown": ([(0.0, 4.0, "X"), (4.0, 9.0, "X")], [(0.0, 9.0, "C:maj")]),
}
reference, estimated = sections(12, ["intro", "verse", "chorus", "Verse", "bridge"])
SECTIONS = {
    "sections": (reference, estimated),
    "identical sections": (reference, reference),
    "one section": ([(0.0, 30.0, "all")], [(0.0, 30.0, "all")]),
    "one against many": ([(0.0, 33.3, "all")], track(0.0, 33.3, 6, ["A", "B", "C"])),
    "many against one": (track(0.0, 33.3, 6, ["A", "B", "C"]), [(0.0, 33.3, "all")]),
    "late sections": (reference, [(s, e, t) for s, e, t in estimated if s > 12 and e < 100]),
    "long sections": ([(s, e, t) for s, e, t in reference if e < 90], estimated),
    "sections with gaps": ([x for i, x in enumerate(reference) if i != 4], [x for i, x in enumerate(estimated) if i not in (3, 7)]),
    "reference begins late": ([(s, e, t) for s, e, t in reference if s > 3], estimated),
    "no sections": (reference, None),
    "changes on frames": ([(round(1.7 * i, 1), round(1.7 * (i + 1), 1), "ABCB"[i % 4]) for i in range(20)],
                          [(round(1.3 * i, 1), round(1.3 * (i + 1), 1), "abc"[i % 3]) for i in range(26)]),
}
SCORES = ["root", "mirex", "thirds", "thirds_inv", "triads", "triads_inv", "tetrads", "tetrads_inv", "majmin",
          "majmin_inv", "sevenths", "sevenths_inv", "underseg", "overseg", "seg"]
KEYS = [f"{tonic} {mode}" for mode in ("major", "minor")
        for tonic in ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")]

for case, (reference, estimated) in {**CHORDS, **SECTIONS}.items():
    save(case, "reference", reference)
    if estimated is not None:
        save(case, "estimated", estimated)

with Golden("annotations") as g:
    for case in CHORDS:
        scores = mir_eval.chord.evaluate(*load(case))
        g.write("oto_chord_score", case, "mir_eval.chord.evaluate", [scores[name] for name in SCORES])
    names = ["C:9", "D:min11", "E:maj13", "F:13", "G:min9", "A:maj(9)", "B:min(b13)/5", "Eb:minmaj7", "C:7(#11,*5)"]
    roots, bits, basses = mir_eval.chord.encode_many(names, True)
    g.write("oto_chord_extended", "names", "mir_eval.chord.encode_many(..., reduce_extended_chords=True)",
            np.concatenate([roots[:, None], bits, basses[:, None]], 1))
    g.write("oto_key_score", "all pairs", "mir_eval.key.weighted_score",
            [[mir_eval.key.weighted_score(r, e) for e in KEYS] for r in KEYS])

    for case in SECTIONS:
        r, r_labels, e, e_labels = load(case)
        r, r_labels = mir_eval.util.adjust_intervals(r, r_labels, t_min=0.0)
        e, e_labels = mir_eval.util.adjust_intervals(e, e_labels, t_min=0.0, t_max=r.max())
        for name, options in (("", {}), (", 3 s", {"window": 3.0}), (", trimmed", {"window": 0.5, "trim": True}),
                              (", beta 2", {"beta": 2.0})):
            found = mir_eval.segment.detection(r, e, **options)
            g.write("oto_boundary_score", case + name, "mir_eval.segment.detection", found)
        for name, trim in (("", False), (", trimmed", True)):
            g.write("oto_boundary_score", f"{case}, deviation{name}", "mir_eval.segment.deviation",
                    mir_eval.segment.deviation(r, e, trim=trim))
        for name, frame_size, beta in (("", 0.1, 1.0), (", coarse", 0.25, 2.0)):
            args = (r, r_labels, e, e_labels)
            options = {"frame_size": frame_size, "beta": beta}
            numbers = [*mir_eval.segment.pairwise(*args, **options),
                       mir_eval.segment.rand_index(*args, **options),
                       mir_eval.segment.ari(*args, frame_size=frame_size),
                       *mir_eval.segment.mutual_information(*args, frame_size=frame_size),
                       *mir_eval.segment.nce(*args, **options),
                       *mir_eval.segment.vmeasure(*args, **options)]
            # where one side has one label, mir_eval's normalised information is a rounding error over 1e-10
            numbers = np.where(np.abs(numbers) < 1e-5, 0, numbers)
            g.write("oto_segment_score", case + name, "mir_eval.segment.evaluate", numbers)
