"""Who worked together: renamed, reordered and recommented copies are found; independent right answers are not."""
import copy
import html
import json
import os
import random
import re
import shutil

import pytest

import make_samples
from conftest import new_course, run

WEEK = os.path.join(make_samples.ROOT, "solutions", "01_sound.ipynb")
TEXT = ("Above the Nyquist frequency the sweep folds back, so counting crossings over the whole second cannot tell it from an "
        "honest one; I followed the loudest bin, and it failed where noise was louder than the tone, as I had expected.")


def renamed(source):
    """Every name that is a student's own is another one."""
    keep = set("if else for while do return int float double void complex const struct sizeof size_t".split())
    calls = set(re.findall(r"\b(\w+)\s*\(", source)) - {"loudest_bin", "ramp"}
    members = set(re.findall(r"(?:->|\.)(\w+)", source))

    def other(match):
        word = match.group()
        return word if word in keep | calls | members or word.startswith(("M_", "Oto", "oto_")) else "my_" + word
    return re.sub(r"\b[A-Za-z_]\w*\b", other, source)


def recommented(source):
    return "/* entirely mine */\n" + "\n".join("  " + line + "   // " + str(i) for i, line in enumerate(source.split("\n")))


def with_other_literals(source):
    return re.sub(r"\b512\b", "1024", re.sub(r"\b0\.5\b", "0.25", source))


def reordered(source):
    """find_aliased before loudest_bin, which it calls."""
    at = source.index("int find_aliased")
    return source[:source.index(" {")] + ";\n" + source[at:] + "\n" + source[:at]


def rebraced(source):
    return re.sub(r"(\n +)(for \([^\n]*\)) (\w[^\n]*;)", r"\1\2 {\1    \3\1}", source)


CHANGES = {"renamed": renamed, "recommented": recommented, "with_other_literals": with_other_literals, "reordered": reordered,
           "rebraced": rebraced, "all_of_it": lambda source: rebraced(recommented(renamed(reordered(with_other_literals(source)))))}


def write_text(text):
    def change(notebook):
        make_samples.set_source(next(c for c in notebook["cells"] if make_samples.grade_id(c) == "find-aliased-text"), text)
    return change


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Four who worked alone, for each kind of change one who copied the third's last answer, and one who left all."""
    samples = new_course(tmp_path_factory.mktemp("similar"), WEEK)
    ways = {answer: [samples.solved(answer)] + samples.variants("right", answer) for answer in samples.answers}
    for number in range(4):
        samples.submit(f"alone_{number}", {answer: found[number] for answer, found in ways.items()})
    for name, change in CHANGES.items():
        samples.submit(name, {"find-aliased": change(ways["find-aliased"][3])})
    samples.submit("left_all", {})
    samples.submit("left_all_too", {})
    samples.submit("text_a", {}, write_text(TEXT))
    samples.submit("text_b", {}, write_text(TEXT.upper().replace(",", ";")))
    path = samples.submit("broken", {})
    with open(path, "w") as file:
        file.write("{")
    return samples


@pytest.fixture
def another(course, tmp_path):
    """A course of the same exercise without submissions."""
    other = copy.copy(course)
    other.course = str(tmp_path / "course")
    shutil.copytree(os.path.join(course.course, "source"), os.path.join(other.course, "source"))
    return other


def found(course, *words):
    return {frozenset(pair["students"]): pair for pair in
            json.loads(run("similar", "--course", course, "--json", *words, check=True).stdout)}


@pytest.fixture(scope="module")
def pairs(course, tmp_path_factory):
    return found(course.course, "-o", tmp_path_factory.mktemp("page"))


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_found_however_it_was_changed(pairs, change):
    others = [name for name in CHANGES if name != change]
    assert all(pairs[frozenset((change, other))]["similarity"] > 0.8 for other in others)
    assert list(pairs[frozenset((change, others[0]))]["answers"]) == ["find-aliased"]


def test_a_copied_answer_among_own_ones_is_found(pairs):
    pair = pairs[frozenset(("alone_3", "renamed"))]
    assert 0.3 < pair["similarity"] < 0.9 and pair["longest"] > 100


def test_one_students_pairs_are_asked_for(course, pairs, tmp_path):
    asked = found(course.course, "--student", "renamed", "-o", tmp_path)
    assert set(asked) == {pair for pair in pairs if "renamed" in pair}


def test_a_student_who_handed_nothing_in_is_not_told_to_be_like_nobody(course):
    done = run("similar", "--course", course.course, "--student", "nobody")
    assert done.returncode == 2 and "submitted/nobody" in done.stderr and not done.stdout


def test_one_submission_has_no_pairs_to_count(another):
    another.submit("alone", another.all_solved())
    assert run("similar", "--course", another.course, check=True).stdout == "01_sound: 1 submission, and two are needed to compare\n"


def test_a_page_goes_when_there_are_no_pairs_any_more(course, another, tmp_path):
    for name in ("ada", "babbage"):
        another.submit(name, course.all_solved())
    page = tmp_path / "out" / f"{another.name}.html"
    found(another.course, "-o", tmp_path / "out")
    assert "babbage" in page.read_text()
    another.submit("babbage", {})
    another.submit("curie", {})
    assert found(another.course, "-o", tmp_path / "out", "--student", "curie") == {} and page.exists()
    assert found(another.course, "-o", tmp_path / "out") == {} and not page.exists()


def test_independent_right_answers_are_not_alike(pairs):
    names = [f"alone_{number}" for number in range(4)]
    assert not [pair for pair in pairs if pair <= set(names)]


def test_what_was_handed_out_is_nobodys(pairs):
    assert not [pair for pair in pairs if pair & {"left_all", "left_all_too"}]


def test_a_copied_text_is_found(pairs):
    assert pairs[frozenset(("text_a", "text_b"))]["similarity"] > 0.9
    assert not [pair for pair in pairs if len(pair & {"text_a", "text_b"}) == 1]


def test_what_cannot_be_read_is_said_and_left_out(course, tmp_path):
    done = run("similar", "--course", course.course, "-o", tmp_path, check=True)
    assert "broken: " in done.stderr and "not JSON" in done.stderr and "14 submissions" in done.stdout and "all_of_it" in done.stdout


def test_what_much_of_the_class_has_is_no_sign(another):
    """Twelve who all have the one obvious loop: nobody copied from anybody."""
    for number in range(12):
        another.submit(f"s{number}", {"mix": another.solved("mix")})
    assert found(another.course) == {}


def test_hostile_sources_are_text_and_bounded(another):
    evil = '<script>alert(1)</script>&"\'\n#include "/dev/zero"\n' + another.solved("find-aliased")
    another.submit("<b>x", {"find-aliased": evil, "mix": "(" * 200000})
    another.submit("=y", {"find-aliased": evil, "mix": "a b " * 50000, "sine": '"open', "adsr": "/* open"})
    another.submit("z", {"mix": "x = x + x;\n" * 30000})
    done = run("similar", "--course", another.course, check=True)
    page = open(os.path.join(another.course, "similar", "01_sound.html"), encoding="utf-8").read()
    assert "<script" not in page and "<b>x" not in page and "&lt;script&gt;" in page and "&lt;b&gt;x" in page
    assert "z: an answer is so long" in done.stderr


def test_no_stretch_goes_from_an_answer_that_was_cut_into_the_next(another):
    chosen = random.Random(1)
    full = "%".join(chosen.choice(["a", "b()", "c(d)", "1", "2.5"]) for _ in range(4000))  # as many tokens as are read, and more
    first, second = another.answers[:2]
    for student in ("a", "b"):
        another.submit(student, {first: "/*" + "x" * 3000 + "*/" + full, second: another.solved(second)})
    run("similar", "--course", another.course, check=True)
    page = open(os.path.join(another.course, "similar", "01_sound.html"), encoding="utf-8").read()
    for answer in (first, second):
        shown = re.search(rf"<h3>{answer}</h3>\n<pre>(.*?)</pre>", page, re.S)
        source = full if answer == first else another.solved(second)
        assert shown and re.sub(r"<[^>]*>", "", shown[1]).rstrip().endswith(html.escape(source).rstrip()[-40:])


def test_both_sides_are_shown_with_links_between_what_is_alike(course, tmp_path):
    run("similar", "--course", course.course, "-o", tmp_path, check=True)
    page = (tmp_path / "01_sound.html").read_text(encoding="utf-8")
    links = re.findall(r'<a class="c\d" id="(\w+)" href="#(\w+)"', page)
    assert links and {(b, a) for a, b in links} == set(links)
    assert "prefers-color-scheme: dark" in page and "src=" not in page and "http:" not in page and "https:" not in page
    # What the two pages show is what they wrote.
    shown = re.sub(r"<[^>]*>", "", page[page.index("<pre>"):page.index("</pre>")])
    assert "loudest_bin" in shown or "my_loudest_bin" in shown


def test_the_page_is_in_the_language_of_the_course(another):
    for student in ("a", "b"):
        another.submit(student, another.all_solved())
    page = os.path.join(another.course, "similar", "01_sound.html")

    def text(*words):
        """What the page says itself: all but the answers, and the titles of what is alike in them."""
        run("similar", "--course", another.course, *words, check=True)
        with open(page, encoding="utf-8") as file:
            whole = file.read()
        return " ".join([re.sub(r"<pre>.*?</pre>|<style>.*?</style>", "", whole, flags=re.S), *re.findall(r'title="(.*?)"', whole)])
    english = text()
    assert '<html lang="en"' in english and "a and b: 100 % alike" in english and "stretch 1" in english
    with open(os.path.join(another.course, "course.json"), "w") as file:
        file.write('{"language": "ja"}')
    japanese = text()
    assert '<html lang="ja"' in japanese and "aとb：類似度100%" in japanese and "一致箇所1" in japanese and "stretch" not in japanese and "alike" not in japanese
    assert text("--language", "en") == english
    assert "--language wants en or ja" in run("similar", "--course", another.course, "--language", "fr").stderr


def test_three_hundred_take_seconds(another):
    """No time is measured here: the bound is the test's own patience, which a quadratic mistake would exceed."""
    ways = {answer: [another.solved(answer)] + another.variants("right", answer) for answer in another.answers}
    for number in range(300):
        another.submit(f"s{number:03}", {answer: found[(number + i * number) % len(found)] for i, (answer, found) in enumerate(ways.items())})
    assert "300 submissions" in run("similar", "--course", another.course, check=True).stdout
