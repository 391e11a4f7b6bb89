"""`oto-grade check --mutants`: small mistakes in a solution, and which of them no check notices."""
import json
import re

import pytest
from conftest import cell, notebook, run

ANSWER = ("double twice(double x) {\n    // ### BEGIN SOLUTION\n    double y = 2 * x;\n    return y;\n    // ### END SOLUTION\n}")
KEEN = 'oto_check_close("twice of 3", twice(3));\noto_check_close("twice of -1", twice(-1));'
BLIND = 'oto_check_close("twice of 0", twice(0));'
ENDLESS = ("int rounds(int n) {\n    // ### BEGIN SOLUTION\n    int i = 0;\n    while (i < n) i += 1;\n    return i;\n"
           "    // ### END SOLUTION\n}")


def mutants(tmp_path, answer, test, most=100, **oto):
    source = [cell('oto_exercise("small");'), cell(answer, "twice", oto={"goal": "G1", "minutes": 1, **oto}), cell(test, "test-twice", points=2)]
    path = tmp_path / "small.ipynb"
    path.write_text(json.dumps(notebook(source, oto={"limits": {"cell_seconds": 10}})))
    return run("check", path, "--mutants", most)


def tally(done):
    """caught, survived, as good, equivalent and not compiled, of the only answer"""
    row = re.search(r"^ +1  twice +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", done.stdout, re.M)
    assert row, done.stdout + done.stderr
    return [int(n) for n in row.groups()]


def test_a_check_that_looks_catches_every_mistake(tmp_path):
    done = mutants(tmp_path, ANSWER, KEEN)
    caught, survived, *_ = tally(done)
    assert done.returncode == 0 and caught >= 5 and survived == 0
    assert f"{caught} of {caught} mutants lose points: 100.0 %" in done.stdout


def test_what_a_blind_check_does_not_notice_is_shown_with_its_line(tmp_path):
    done = mutants(tmp_path, ANSWER, BLIND)
    assert done.returncode == 1 and tally(done)[1] >= 4
    assert "      - double y = 2 * x;\n      + double y = 3 * x;\n" in done.stdout


def test_a_marked_mistake_is_equivalent(tmp_path):
    every = {"line": "double y = 2 * x;", "why": "only 0 is asked for"}
    one = {"line": "return y;", "becomes": "return -(y);", "why": "0 has no sign here"}
    done = mutants(tmp_path, ANSWER, BLIND, equivalent=[every, one])
    assert done.returncode == 0 and tally(done)[1] == 0 and tally(done)[3] >= 5


def test_in_an_open_part_what_does_as_well_at_every_seed_is_another_answer(tmp_path):
    reached = 'oto_seed(oto_exercise_seed());\noto_check_equal("far enough", twice(3 + oto_uniform()) > LIMIT);'
    caught, survived, as_good, *_ = tally(mutants(tmp_path, ANSWER, reached.replace("LIMIT", "5.9"), open=True))
    assert survived == 0 and as_good >= 1 and caught >= 3
    assert tally(mutants(tmp_path, ANSWER, reached.replace("LIMIT", "5.9")))[1] == as_good


def test_a_mark_that_no_mistake_fits_is_told(tmp_path):
    done = mutants(tmp_path, ANSWER, KEEN, equivalent=[{"line": "double y = x + x;", "why": "as it was once"}])
    assert 'advice: twice: no mutant is what oto.equivalent says of "double y = x + x;"' in done.stdout


def test_marks_do_not_reach_the_student(tmp_path):
    mutants(tmp_path, ANSWER, KEEN, equivalent=[{"line": "return y;", "why": "secret"}], mutants=1, open=True)
    run("release", tmp_path / "small.ipynb", "-o", tmp_path / "out", check=True)
    released = json.loads((tmp_path / "out" / "small.ipynb").read_text())
    assert released["cells"][1]["metadata"]["oto"] == {"goal": "G1", "minutes": 1}


def test_a_mistake_without_an_end_is_caught_and_does_not_disturb_the_others(tmp_path):
    done = mutants(tmp_path, ENDLESS, 'oto_check_equal("five", rounds(5));\noto_check_equal("none", rounds(0));')
    caught, survived, *_ = tally(done)
    assert done.returncode == 0 and caught >= 5 and survived == 0


@pytest.mark.parametrize("most", ["0", "x"])
def test_a_number_of_mutants_must_make_sense(tmp_path, most):
    done = mutants(tmp_path, ANSWER, KEEN, most=most)
    assert done.returncode == 2 and "--mutants wants a" in done.stderr


def test_an_answer_has_as_many_mutants_as_it_asks_for(tmp_path):
    assert sum(tally(mutants(tmp_path, ANSWER, KEEN, mutants=2))) == 2
    assert sum(tally(mutants(tmp_path, ANSWER, KEEN, most=3))) == 3
