"""The parser and the compiler of a sandbox come from services that stand by outside: what is sent in is in the sandbox as
everything else there, and grading goes on without."""
import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from conftest import course_of, exercise, report, run
import make_samples

# Long enough to be looked at while it runs.
SLOW = "double twice(double x) {\n    nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);\n    return 2 * x;\n}\n"
HONEST = "double twice(double x) {\n    return x + x;\n}\n"
CRASHES = "#pragma clang __debug crash\ndouble twice(double x) {\n    return 2 * x;\n}\n"
# The compiler needs 1.7 GB for it.
LARGE = 'asm(".data\\n.rept 1000000\\n.rept 15\\n.quad foo\\n.endr\\n.endr\\n.text");\n' + HONEST
SOMEBODY = 12345  # a user id of nobody's
SERVICES = {"oto-parser", "oto-compiler"}
AT_REST = {0: "/dev/null", 1: "/dev/null", 2: "/dev/null", 3: "a socket"}  # what a service has open that was sent in


def course_with(folder, **answers):
    made = course_of(folder, "reserve", exercise())
    for student, answer in answers.items():
        made.submit(student, made.all_solved(twice=answer))
    return made


def children(pid):
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="utf-8") as file:
                found += map(int, file.read().split())
        except OSError:
            pass  # it has just ended
    return found


def descendants(pid):
    return [pid] + [below for child in children(pid) for below in descendants(child)]


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def namespace(pid, kind):
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return f"{pid} has ended"


def namespaces(pid):
    return {kind: namespace(pid, kind) for kind in ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]}


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def limits_of(pid):
    """Those that a sandbox sets: {name: [soft, hard]}"""
    names = ["cpu time", "file size", "core file size", "processes", "open files"]
    with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
        rows = {line[:26].strip().removeprefix("Max "): line[26:].split()[:2] for line in file}
    return {name: rows[name] for name in names}


def descriptors_of(pid):
    """{number: what it is}, without those that are closed meanwhile"""
    found = {}
    with contextlib.suppress(OSError):  # it has just ended
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                found[int(fd)] = re.sub(r"^socket:.*", "a socket", os.readlink(f"/proc/{pid}/fd/{fd}"))
    return found


def status_of_or(pid, key, otherwise):
    try:
        return status_of(pid).get(key, otherwise)
    except OSError:
        return otherwise


class Grading:
    """A run of the grader, looked at from outside."""

    def __init__(self, samples, *words, **options):
        self.process = subprocess.Popen([make_samples.OTO_GRADE, "run", "--course", samples.course, "--again", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)

    def wait_for(self, find, seen=lambda: "nothing"):
        """What find() gives, as soon as it gives something; seen() says what there is instead."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            last = seen()
            found = find()
            if found:
                return found
            assert self.process.poll() is None, f"it ended before that, with {last} at last: {self.process.stdout.read()}"
            time.sleep(0.01)
        pytest.fail(f"{last} came in a minute")

    def standing_by(self):
        found = {name_of(pid): pid for pid in children(self.process.pid) if name_of(pid) in SERVICES}
        return found if set(found) == SERVICES else None

    def sandboxes(self, count):
        """Of so many sandboxes whose workers run: that worker, and the services that were sent in."""
        workers = [pid for pid in descendants(self.process.pid) if name_of(pid) == "oto-worker"]
        services = self.standing_by()
        if len(workers) != count or not services:
            return None
        found = [{"oto-worker": worker} | {name: pid for name, mother in services.items() for pid in children(mother)
                                           if namespace(pid, "pid") == namespace(worker, "pid")} for worker in workers]
        return found if all(set(sandbox) > SERVICES for sandbox in found) else None

    def confined(self):
        """The same of one sandbox, when the services have done all that they do before they serve: at the end they close the filter."""
        [sandbox] = self.sandboxes(1) or [{}]
        services = [pid for name, pid in sandbox.items() if name in SERVICES]
        done = services and all(status_of_or(pid, "Seccomp", "0") == "2" and
                                not any("seccomp" in what for what in descriptors_of(pid).values()) for pid in services)
        return sandbox if done else None

    def end(self):
        output, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, output


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    made = course_with(tmp_path_factory.mktemp("reserve"), slow=SLOW, honest=HONEST)
    run("run", "--course", made.course, check=True)  # what the solution observes is known from here on
    return made


def test_what_is_sent_in_has_the_sandboxs_namespaces_and_no_rights(samples):
    grading = Grading(samples, "--student", "slow")
    try:
        sandbox = grading.wait_for(grading.confined)
        worker, outside = sandbox.pop("oto-worker"), namespaces("self")
        for name, pid in sandbox.items():
            assert namespaces(pid) == namespaces(worker), name
            assert not set(namespaces(pid).values()) & (set(outside.values()) - {outside["cgroup"]}), name
            status, others = status_of(pid), status_of(worker)
            for same in ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"]:
                assert status[same] == others[same], (name, same)
            assert (status["CapEff"], status["CapBnd"]) == ("0" * 16, "0" * 16), name
            assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), name
            assert limits_of(pid) == limits_of(worker), name
            # a compiler at work has more for a moment: what it waits for its children with
            grading.wait_for(lambda pid=pid: descriptors_of(pid) == AT_REST, lambda pid=pid: (name_of(pid), descriptors_of(pid)))
            assert os.readlink(f"/proc/{pid}/cwd") == "/exercise", name
            with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file, open(f"/proc/{worker}/cgroup", encoding="utf-8") as same:
                assert file.read() == same.read(), name
            assert os.stat(f"/proc/{pid}/mem").st_uid == 0, f"{name} is dumpable"
        sent = [pid for mother in grading.standing_by().values() for pid in children(mother)]
        assert not [pid for pid in sent if status_of_or(pid, "State", "").startswith("Z")], "somebody has to reap them"
        own = [below for pid in children(grading.process.pid) if name_of(pid) not in SERVICES for below in descendants(pid)]
        assert not [pid for pid in own if name_of(pid) in SERVICES], "the sandbox has started its own"
    finally:
        grading.end()


def test_each_job_has_its_share_of_the_processors(tmp_path):
    made = course_with(tmp_path, slow=SLOW, slow_too=SLOW)
    run("run", "--course", made.course, check=True)
    processors = sorted(os.sched_getaffinity(0))
    half = len(processors) // 2
    shares = [set(processors[:half] or processors), set(processors[half:])]
    grading = Grading(made, "--jobs", "2")
    try:
        sandboxes = grading.wait_for(lambda: grading.sandboxes(2))
        found = [[os.sched_getaffinity(pid) for pid in sandbox.values()] for sandbox in sandboxes]
    finally:
        grading.end()
    assert sorted(found, key=str) == sorted([[share] * 3 for share in shares], key=str)


def test_what_stands_by_sees_none_of_the_graders_environment(samples, monkeypatch):
    monkeypatch.setenv("A_SECRET", "of the instructor")
    grading = Grading(samples, "--student", "slow")
    try:
        for pid in grading.wait_for(grading.standing_by).values():
            with open(f"/proc/{pid}/environ", encoding="utf-8") as file:
                assert "A_SECRET" not in file.read()
    finally:
        grading.end()


def test_where_the_grader_was_started_is_in_nothing_that_is_compiled(tmp_path):
    made, folder = course_with(tmp_path, honest=HONEST), tmp_path / "a_folder_of_the_instructors"
    folder.mkdir()
    run("run", "--course", made.course, check=True, cwd=folder)
    objects = (Path(made.course) / "gradebook.db").read_bytes()  # with what the solution's cells were compiled to
    assert b"/exercise" in objects and b"a_folder_of_the_instructors" not in objects


def test_without_what_stands_by_sandboxes_start_their_own(samples):
    grading = Grading(samples)
    for pid in grading.wait_for(grading.standing_by).values():
        os.kill(pid, signal.SIGKILL)
    grading.end()
    assert {student: (entry["verdict"], entry["score"]) for student, entry in report(samples.course).items()} == {
        "slow": ("graded", 10), "honest": ("graded", 10)}


def test_a_compiler_that_an_answer_crashes_is_the_next_units_no_more(tmp_path):
    made = course_with(tmp_path, crashes=CRASHES)
    run("run", "--course", made.course, check=True)
    entry = report(made.course)["crashes"]
    assert entry["verdict"] == "graded" and entry["score"] == 6, entry


def test_they_end_with_a_grader_that_is_killed(samples):
    grading = Grading(samples, "--student", "slow")
    services = grading.wait_for(grading.standing_by)
    grading.process.kill()
    grading.process.wait()
    end = time.monotonic() + 20
    while any(name_of(pid) == name for name, pid in services.items()):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def somebodys():
    """Makes courses of a user without rights, where there are such users and the programs are theirs to read."""
    if os.geteuid() != 0 or subprocess.run(["test", "-x", make_samples.OTO_GRADE], user=SOMEBODY, check=False).returncode:
        pytest.skip("nobody else can be a user here")
    folder = Path(tempfile.mkdtemp(prefix="oto-reserve-"))
    folder.chmod(0o755)

    def make(source, **answers):
        made = course_of(folder, "reserve", source)
        for student, answer in answers.items():
            made.submit(student, made.all_solved(twice=answer))
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, SOMEBODY, SOMEBODY)
        return made

    yield make
    shutil.rmtree(folder)


def as_somebody(samples, *words):
    return Grading(samples, *words, user=SOMEBODY, group=SOMEBODY, extra_groups=[], env=os.environ | {"HOME": samples.course})


def test_other_processes_of_the_user_cost_no_answer_its_points(somebodys):
    made = somebodys(exercise(), honest=HONEST, another=HONEST)
    others = [subprocess.Popen(["sleep", "600"], user=SOMEBODY) for _ in range(100)]
    try:
        as_somebody(made, "--jobs", "2").end()
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert {entry["score"] for entry in report(made.course).values()} == {10}


def test_what_was_sent_in_is_counted_without_control_groups(somebodys):
    source = exercise()
    source["metadata"]["oto"]["limits"]["memory_mb"] = 450
    made = somebodys(source, large=LARGE)
    grading, most = as_somebody(made), 0
    while grading.process.poll() is None:
        for pid in descendants(grading.process.pid):
            if name_of(pid) == "oto-compiler":
                most = max(most, int(status_of_or(pid, "VmRSS", "0 kB").split()[0]))
        time.sleep(0.02)
    grading.end()
    entry = report(made.course)["large"]
    assert any(cell["error"] == "MemoryLimit" for cell in entry["cells"]), entry
    assert most < 1000 << 10, f"the compiler held {most} kB"
