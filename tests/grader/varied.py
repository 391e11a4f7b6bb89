#!/usr/bin/env python3
"""Thirty varied honest submissions of week 1, graded by nbgrader and by oto-grade at seed 0.

    varied.py COURSE        makes the course, grades it with both, prints the table of points and what differs

Each submission is a name and a function of the samples (make_samples.Samples) that hands it in.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys

import make_samples

SOLUTION = os.path.join(make_samples.ROOT, "solutions", "01_sound.ipynb")
INSTALLATION = os.path.dirname(os.path.dirname(os.path.abspath(make_samples.OTO_GRADE)))

# Where the two give different points: {submission: {grade_id: (nbgrader, oto-grade, why)}}.
DIFFERENCES = {
    "writes behind the end": {"test-melody": (0, 32 / 11, "nbgrader gives nothing for a cell that ends in an error, whatever it found before")},
    "exit in part 2": {"test-mix": (3, 0, "nbgrader gives everything for a cell that ends early without an error")},
    "prints to stderr": {"test-levels": (0, 4, "nbgrader takes every line on stderr for an error")},
    "helper in a cell of its own": {"test-mix": (3, 0, "oto-grade runs no cells that a student added, and says so in the feedback")},
}

# nbgrader autograde ends with an error at these, and leaves those that come after ungraded: it takes the metadata of the
# first copy away and then takes what is left for an old version's.
STOPS_NBGRADER = ["an answer copied"]


def answer_all(samples, kind, number):
    """Every answer in the number-th way of its kind (there are as many as the answer with the fewest, then the last)."""
    answers = {}
    for answer in samples.answers:
        ways = samples.variants(kind, answer)
        answers[answer] = ways[min(number, len(ways) - 1)]
    return answers


def instead(answer, statement):
    """All solved but one answer, which is the stub with a statement in its place."""
    return lambda samples: {**samples.all_solved(), answer: samples.stub_with(answer, statement)}


def first_answers(count):
    return lambda samples: {answer: samples.solved(answer) for answer in samples.answers[:count]}


def solved_and(change):
    """All solved, and the notebook changed as students change it."""
    def make(samples):
        return samples.all_solved(), change
    return make


def insert(source, before, kind="code"):
    def change(notebook):
        cell = {"cell_type": kind, "id": "own", "metadata": {}, "source": source.splitlines(keepends=True)}
        if kind == "code":
            cell.update(outputs=[], execution_count=None)
        at = next(i for i, other in enumerate(notebook["cells"]) if make_samples.grade_id(other) == before)
        notebook["cells"].insert(at, cell)
    return change


def copy_of_an_answer(notebook):
    at = next(i for i, cell in enumerate(notebook["cells"]) if make_samples.grade_id(cell) == "mix")
    copy = json.loads(json.dumps(notebook["cells"][at]))
    copy["id"] = "copied"
    notebook["cells"].insert(at + 1, copy)


def edit_test(notebook):
    cell = next(cell for cell in notebook["cells"] if make_samples.grade_id(cell) == "test-mix")
    make_samples.set_source(cell, "// I looked at it\n" + make_samples.source_of(cell).replace(".atol = 1e-5", ".atol = 1"))


def drop_text(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" or make_samples.grade_id(cell) == "find-aliased-text"]


def write_text(notebook):
    cell = next(cell for cell in notebook["cells"] if make_samples.grade_id(cell) == "find-aliased-text")
    make_samples.set_source(cell, "偽の音は 8000 − f に聞こえる。 The baseline counts crossings: 20, 0, 0 of 20.")


def helper_in_own_cell(samples):
    """The answer needs a function that stands in a cell which the student added."""
    helper = "double decibels(double gain) { return pow(10, gain / 20); }"
    answer = samples.solved("mix").replace("pow(10, gain_a / 20)", "decibels(gain_a)").replace("pow(10, gain_b / 20)", "decibels(gain_b)")
    return samples.all_solved(mix=answer), insert(helper, "mix")


def prints(stream):
    def make(samples):
        source = samples.solved("levels")
        brace = source.index("{") + 1
        return samples.all_solved(levels=source[:brace] + f'\n    fprintf({stream}, "n is %d\\n", n);' + source[brace:])
    return make


def commented(samples):
    return {answer: "// 解答\n/* my way */\n" + source for answer, source in samples.all_solved().items()}


def kept_stub(samples):
    """Solved, but the line with the assert stayed behind the answer."""
    source = samples.solved("mix")
    end = source.rindex("return")
    return samples.all_solved(mix=source[:end] + 'assert(!"this part is not written yet");\n    ' + source[end:])


def alternating(samples):
    """Every second answer right in another way, every other one wrong."""
    right, wrong = answer_all(samples, "right", 0), answer_all(samples, "wrong", 0)
    return {answer: (right if i % 2 else wrong)[answer] for i, answer in enumerate(samples.answers)}


def wrong_only(answer, number):
    return lambda samples: {**samples.all_solved(), answer: samples.variants("wrong", answer)[number]}


SUBMISSIONS = {
    "solution": lambda samples: samples.all_solved(),
    "untouched": lambda samples: {},
    "right another way": lambda samples: answer_all(samples, "right", 0),
    "right a second way": lambda samples: answer_all(samples, "right", 1),
    "right a third way": lambda samples: answer_all(samples, "right", 2),
    "all wrong": lambda samples: answer_all(samples, "wrong", 0),
    "all wrong otherwise": lambda samples: answer_all(samples, "wrong", 1),
    "right and wrong in turn": alternating,
    "a cosine": wrong_only("sine", 0),
    "time in a float": wrong_only("sine", 2),
    "no release": wrong_only("adsr", 1),
    "cuts samples off": wrong_only("mix", 0),
    "an octave too high": wrong_only("melody", 0),
    "writes behind the end": wrong_only("melody", 3),
    "power for amplitude": wrong_only("levels", 0),
    "the baseline": wrong_only("find-aliased", 0),
    "the first part": first_answers(2),
    "three parts": first_answers(4),
    "a crash in part 1": instead("sine", "    *(volatile int *)0 = 1;"),
    "a crash in part 4": instead("levels", "    *(volatile int *)0 = 1;"),
    "exit in part 2": instead("mix", "    exit(0);"),
    "does not compile": instead("adsr", "    retrun 1"),
    "kept the assert": kept_stub,
    "comments in Japanese": commented,
    "prints": prints("stdout"),
    "prints to stderr": prints("stderr"),
    "own experiments": solved_and(insert('double loudness = 3;\nprintf("%g\\n", loudness);', "mix")),
    "helper in a cell of its own": helper_in_own_cell,
    "an answer copied": solved_and(copy_of_an_answer),
    "an edited test": solved_and(edit_test),
    "no text left": solved_and(drop_text),
    "a written text": solved_and(write_text),
}


def submit(samples, names):
    for name in names:
        made = SUBMISSIONS[name](samples)
        answers, change = made if isinstance(made, tuple) else (made, None)
        samples.submit(name.replace(" ", "_"), answers, change)


def nbgrader(course, *words):
    """Runs nbgrader in the course folder, with the kernel of the build that is tested."""
    environment = dict(os.environ, JUPYTER_PATH=os.path.join(INSTALLATION, "share", "jupyter"),
                       PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    done = subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=course, env=environment, capture_output=True, text=True,
                          timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"nbgrader {' '.join(words)}\n{done.stdout[-4000:]}{done.stderr[-8000:]}")


def new_course(folder):
    # Nothing here loops for ever, and a busy machine must not make a right answer late.
    samples = make_samples.Samples(folder, SOLUTION, cell_seconds=60)
    shutil.copy(os.path.join(make_samples.ROOT, "autograder", "nbgrader_config.py"), folder)
    return samples


def nbgrader_scores(course):
    """{student: {grade_id: score}} of the test cells, as nbgrader's gradebook has them."""
    query = ("SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score FROM grade"
             " JOIN base_cell ON grade.cell_id = base_cell.id JOIN source_cell ON source_cell.name = base_cell.name"
             " AND source_cell.notebook_id = base_cell.notebook_id JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id"
             " JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id"
             " WHERE source_cell.locked AND grade.auto_score IS NOT NULL")
    found = {}
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as database:
        for student, grade_id, score in database.execute(query):
            found.setdefault(student.replace("_", " "), {})[grade_id] = score
    return found


def our_scores(course):
    done = subprocess.run([make_samples.OTO_GRADE, "report", "--course", course, "--json"], check=True, capture_output=True, text=True)
    return {entry["student"].replace("_", " "): {cell["grade_id"]: cell["score"] for cell in entry["cells"] if cell["role"] == "test"}
            for entry in json.loads(done.stdout)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    course = os.path.abspath(sys.argv[1])
    samples = new_course(course)
    nbgrader(course, "generate_assignment", samples.name, "--force")
    submit(samples, [name for name in SUBMISSIONS if name not in STOPS_NBGRADER])
    nbgrader(course, "autograde", samples.name)
    theirs = nbgrader_scores(course)
    submit(samples, STOPS_NBGRADER)
    subprocess.run([make_samples.OTO_GRADE, "run", "--course", course, "--seed", "0", "--jobs", "2"], stdout=subprocess.DEVNULL)
    ours = our_scores(course)
    print(f"{'submission':30}{'nbgrader':>10}{'oto-grade':>11}  differs in (nbgrader, oto-grade)")
    for name in SUBMISSIONS:
        nb, oto = theirs.get(name, {}), ours.get(name, {})
        differs = [f"{cell} {nb.get(cell)} {score:g}" for cell, score in oto.items() if nb.get(cell) is None or abs(nb[cell] - score) > 0.01]
        print(f"{name:30}{sum(nb.values()):10.4g}{sum(oto.values()):11.4g}  {', '.join(differs)}")


if __name__ == "__main__":
    main()
