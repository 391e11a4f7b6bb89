"""Metrics: what mir_eval and scikit-learn compute, for tests/unit/test_metrics.c.

Inputs are rounded to what float32 holds, since that is what the C side reads.
"""

import mir_eval
import numpy as np
import scipy.special
import sklearn.metrics

from golden import Golden

random = np.random.default_rng(5)


def single(array):
    return np.asarray(array, dtype=np.float32).astype(float)


with Golden("metrics") as g:

    def several(function, case, peer, numbers):
        g.write(function, case, peer, np.array(numbers, dtype=float))

    # ---- classification
    labels, predicted = random.integers(0, 4, 60), random.integers(0, 4, 60)
    predicted = np.where(random.random(60) < 0.6, labels, predicted) + 10 * (random.random(60) < 0.05)
    g.input("labels", labels)
    g.input("predicted", predicted)
    g.write("oto_accuracy", "four classes", "sklearn.metrics.accuracy_score", sklearn.metrics.accuracy_score(labels, predicted))
    g.write("oto_confusion_matrix", "with classes never true", "sklearn.metrics.confusion_matrix",
            sklearn.metrics.confusion_matrix(labels, predicted))
    precision, recall, f1, support = sklearn.metrics.precision_recall_fscore_support(labels, predicted, zero_division=0)
    call = "sklearn.metrics.precision_recall_fscore_support"
    g.write("oto_classification_report", "precision", call, precision)
    g.write("oto_classification_report", "recall", call, recall)
    g.write("oto_classification_report", "f1", call, f1)
    g.write("oto_classification_report", "support", call, support)
    macro = sklearn.metrics.precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    weighted = sklearn.metrics.f1_score(labels, predicted, average="weighted", zero_division=0)
    several("oto_classification_report", "means", call, [*macro[:3], weighted])

    # ---- ranking
    relevant = (random.random(80) < 0.3).astype(int)
    scores = single(np.round(random.normal(relevant * 0.8, 1), 1))  # rounded, so that some are equal
    g.input("relevant", relevant)
    g.input("scores", scores)
    false_rate, true_rate, _ = sklearn.metrics.roc_curve(relevant, scores, drop_intermediate=False)
    g.write("oto_roc", "false positive rate", "sklearn.metrics.roc_curve", false_rate)
    g.write("oto_roc", "true positive rate", "sklearn.metrics.roc_curve", true_rate)
    g.write("oto_roc_auc", "ties", "sklearn.metrics.roc_auc_score", sklearn.metrics.roc_auc_score(relevant, scores))
    precision, recall, _ = sklearn.metrics.precision_recall_curve(relevant, scores)
    g.write("oto_precision_recall", "precision", "sklearn.metrics.precision_recall_curve", precision[::-1])
    g.write("oto_precision_recall", "recall", "sklearn.metrics.precision_recall_curve", recall[::-1])
    g.write("oto_average_precision", "ties", "sklearn.metrics.average_precision_score",
            sklearn.metrics.average_precision_score(relevant, scores))
    tags = (random.random((40, 3)) < 0.4).astype(int)
    tag_scores = single(random.normal(tags, 1))
    g.input("tags", tags)
    g.input("tag scores", tag_scores)
    g.write("oto_roc_auc", "three tags", "sklearn.metrics.roc_auc_score(average='macro')",
            sklearn.metrics.roc_auc_score(tags, tag_scores))
    g.write("oto_average_precision", "three tags", "sklearn.metrics.average_precision_score(average='macro')",
            sklearn.metrics.average_precision_score(tags, tag_scores))
    tied = np.round(tag_scores)
    g.input("tied scores", tied)
    for case, guesses in (("three queries", tag_scores), ("three queries with ties", tied)):
        queries = np.mean([sklearn.metrics.average_precision_score(t, s) for t, s in zip(tags.T, guesses.T)])
        g.write("oto_mean_average_precision", case, "mean of sklearn.metrics.average_precision_score", queries)

    # ---- events
    onsets = single(np.cumsum(random.uniform(0.05, 0.4, 50)))
    found = single(np.sort(np.concatenate([onsets[::2] + random.normal(0, 0.04, 25), random.uniform(0, 12, 15)]).clip(0)))
    g.input("onsets", onsets)
    g.input("found onsets", found)
    for window in (0.05, 0.1):
        f, precision, recall = mir_eval.onset.f_measure(onsets, found, window)
        several("oto_onset_score", f"window {window}", f"mir_eval.onset.f_measure(window={window})", [precision, recall, f])

    beats = single(np.cumsum(random.normal(0.5, 0.01, 60)))
    trackers = {
        "exact": beats,
        "near": np.sort(beats + random.normal(0, 0.03, 60)),
        "half tempo": beats[1::2] + 0.01,
        "double tempo": np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2])),
        "off the beat": (beats[1:] + beats[:-1]) / 2,
        "lost in the middle": np.concatenate([beats[:30], beats[30:45] + 0.2, beats[46:]]),
        "one beat": beats[40:41],
    }
    g.input("beats", beats)
    for name, times in trackers.items():
        times = single(np.maximum(times, 0))
        times = times[times > beats[9]]
        g.input(f"beats {name}", times)
        r, e = mir_eval.beat.trim_beats(beats), mir_eval.beat.trim_beats(times)
        numbers = [
            mir_eval.beat.f_measure(r, e),
            mir_eval.beat.cemgil(r, e)[0],
            mir_eval.beat.p_score(r, e),
            *mir_eval.beat.continuity(r, e),
            mir_eval.beat.information_gain(r, e),
        ]
        several("oto_beat_score", name, "mir_eval.beat.evaluate", numbers)
    for name, reference, weight, estimate in (
        ("both", (60, 120), 0.3, (62, 119)), ("slow one", (60, 120), 0.3, (62, 180)), ("none", (60, 120), 0.3, (80, 160))
    ):
        several("oto_tempo_score", name, "mir_eval.tempo.detection",
                mir_eval.tempo.detection(np.array(reference, float), weight, np.array(estimate, float)))
    moved = single(np.sort(onsets + random.normal(0, 0.2, 50)).clip(0))
    g.input("moved onsets", moved)
    several("oto_alignment_score", "moved", "mir_eval.alignment",
            [*mir_eval.alignment.absolute_error(onsets, moved), mir_eval.alignment.percentage_correct(onsets, moved),
             mir_eval.alignment.percentage_correct_segments(onsets, moved)])
    g.write("oto_alignment_score", "perceptual", "mir_eval.alignment.karaoke_perceptual_metric",
            mir_eval.alignment.karaoke_perceptual_metric(onsets, moved))

    # ---- melody: voiced, unvoiced (0), and guesses where the tracker hears none (negative)
    times = single(np.arange(100) * 0.01)
    hz = single(220 * 2 ** (np.cumsum(random.normal(0, 0.03, 100)))) * (random.random(100) < 0.8)
    estimates = {
        "same times": (times, hz * 2 ** random.normal(0, 0.02, 100) * np.where(random.random(100) < 0.1, -1, 1)),
        "octave up": (times, 2 * hz),
        "other times": (np.arange(75) * 0.0121 + 0.003, np.interp(np.arange(75) * 0.0121, times, hz) * (random.random(75) < 0.9)),
        "ends early": (times[:60], hz[:60]),
    }
    g.input("melody times", times)
    g.input("melody hz", hz)
    for name, (t, f) in estimates.items():
        t, f = single(t), single(f)
        g.input(f"melody times {name}", t)
        g.input(f"melody hz {name}", f)
        scores = mir_eval.melody.evaluate(times, hz, t, f)
        several("oto_melody_score", name, "mir_eval.melody.evaluate",
                [scores[key] for key in ("Voicing Recall", "Voicing False Alarm", "Raw Pitch Accuracy",
                                         "Raw Chroma Accuracy", "Overall Accuracy")])

    # ---- notes: (note, onset duration pitch)
    count = 40
    notes = np.stack([np.cumsum(random.uniform(0.05, 0.3, count)), random.uniform(0.1, 0.8, count), random.integers(48, 72, count)], 1)
    guess = notes + random.normal(0, [0.03, 0.05, 0.25], (count, 3))
    guess = np.concatenate([guess[5:], random.uniform([0, 0.1, 48], [8, 0.5, 72], (6, 3))])
    guess = guess[np.argsort(guess[:, 0])]
    notes, guess = single(notes), single(np.maximum(guess, 0.05))
    g.input("notes", notes)
    g.input("guessed notes", guess)
    r, e = (np.stack([x[:, 0], x[:, 0] + x[:, 1]], 1) for x in (notes, guess))
    r_hz, e_hz = (mir_eval.util.midi_to_hz(x[:, 2]) for x in (notes, guess))
    for name, ratio in (("with ends", 0.2), ("onsets only", None)):
        several("oto_note_score", name, "mir_eval.transcription.precision_recall_f1_overlap",
                mir_eval.transcription.precision_recall_f1_overlap(r, r_hz, e, e_hz, offset_ratio=ratio))

    roll = (random.random((128, 60)) < 0.04).astype(int)
    guess = np.where(random.random((128, 60)) < 0.01, 1 - roll, roll)
    guess[:, 10:20] = np.roll(guess[:, 10:20], 12, 0)
    guess[:, 30] = 0
    roll[:24], roll[100:], guess[:24], guess[100:] = 0, 0, 0, 0  # what mir_eval takes for frequencies
    g.input("roll", roll)
    g.input("guessed roll", guess)
    frames = np.arange(60) * 0.01
    hz_of = [[mir_eval.util.midi_to_hz(np.flatnonzero(column)) for column in x.T] for x in (roll, guess)]
    m = mir_eval.multipitch.metrics(frames, hz_of[0], frames, hz_of[1])
    several("oto_multipitch_score", "rolls", "mir_eval.multipitch.metrics", [*m[:10]])

    # ---- sequences
    logits, targets = single(random.normal(0, 3, (4, 6, 9))), random.integers(0, 9, (4, 6))
    targets[random.random((4, 6)) < 0.2] = -100
    g.input("logits", logits)
    g.input("targets", targets)
    logs = np.take_along_axis(scipy.special.log_softmax(logits, -1), np.maximum(targets, 0)[..., None], -1)[..., 0]
    g.write("oto_perplexity_of_logits", "with padding", "exp(-mean of scipy.special.log_softmax)",
            np.exp(-logs[targets != -100].mean()))
    g.write("oto_perplexity_of_logits", "class 3 left out", "exp(-mean of scipy.special.log_softmax)",
            np.exp(-logs[(targets != -100) & (targets != 3)].mean()))
