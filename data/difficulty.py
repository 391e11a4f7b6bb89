"""How hard the course's sets are for a simple classifier: week 3's baseline, the mean and deviation of 20 MFCC.

    python data/difficulty.py data/sets        prints the table of data/README.md
"""

import csv
import pathlib
import sys

import librosa
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def table(folder):
    with open(folder / "labels.csv", newline="") as file:
        return list(csv.DictReader(file))


def features(path):
    y, sr = librosa.load(path, sr=None)
    mfcc = librosa.feature.mfcc(y=y, sr=sr)
    return np.concatenate([mfcc.mean(1), mfcc.std(1)])


def accuracy(classifier, X, y, train, test):
    model = make_pipeline(StandardScaler(), classifier).fit(X[train], y[train])
    return f"{100 * model.score(X[test], y[test]):.0f} %"


def random_split(y):
    return train_test_split(np.arange(len(y)), test_size=1 / 3, random_state=0, stratify=y)


class Set:
    """The sounds of a set that are used, their features, and which rows have a value."""

    def __init__(self, root, name, keep=lambda row: True):
        self.rows = [row for row in table(root / name) if keep(row)]
        self.X = np.array([features(root / name / row["file"]) for row in self.rows])

    def column(self, name):
        return np.array([row[name] for row in self.rows])

    def where(self, **values):
        return np.flatnonzero(np.all([self.column(name) == value for name, value in values.items()], 0))


def notes(root):
    s = Set(root, "notes")
    y, programs = s.column("family"), s.column("program").astype(int)
    last = np.array([programs[y == family].max() for family in y])  # the third instrument of each family
    one = s.where(split="train")
    inner = [one[part] for part in random_split(y[one])]
    held = [one[programs[one] != last[one]], one[programs[one] == last[one]]]
    fonts = [one, s.where(split="test")]
    for name, classifier in [("1-NN", KNeighborsClassifier(1)), ("SVM", SVC(C=10))]:
        figures = [accuracy(classifier, s.X, y, *parts) for parts in (inner, fonts, held)]
        yield (f"`notes`, family of 10, {name}", *figures[:2], f"third instrument of each family held out: {figures[2]}")


def techniques(root):
    s = Set(root, "techniques")
    y, one = s.column("technique"), s.where(split="train")
    inner, fonts = [one[part] for part in random_split(y[one])], [one, s.where(split="test")]
    yield ("`techniques`, technique of 5, SVM", *(accuracy(SVC(C=10), s.X, y, *parts) for parts in (inner, fonts)), "")


def styles(root):
    s = Set(root, "styles", lambda row: row["split"] != "valid")
    y, train = s.column("style"), s.where(split="train")
    same, other = s.where(split="test_same_soundfont"), s.where(split="test", variant="clean")
    rest = ", ".join(f"{variant} {accuracy(SVC(C=10), s.X, y, train, s.where(split='test', variant=variant))}"
                     for variant in ("detuned", "reverb", "noise"))
    yield ("`styles`, style of 12, SVM", *(accuracy(SVC(C=10), s.X, y, train, test) for test in (same, other)), rest)


def main(root):
    print("| set, classes, classifier | one soundfont | another soundfont | harder |\n|---|---|---|---|")
    for measure in (notes, techniques, styles):
        for row in measure(root):
            print("| " + " | ".join(row) + " |", flush=True)


main(pathlib.Path(sys.argv[1]))
