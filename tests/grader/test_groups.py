"""Control groups around sandboxes. Where this machine lets nobody make one, there is nothing to try."""
import glob
import os
import signal
import subprocess
import time

import pytest

from conftest import course_of, exercise, report, run
import make_samples

TWICE = "double twice(double x) {\n%s\n    return 2 * x;\n}\n"
# 450 MB where the exercise allows 300, and gone before anybody looks from outside.
HOG = "#include <sys/mman.h>\n" + TWICE % (
    "    void *all = mmap(NULL, 450 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);\n"
    "    if (all != MAP_FAILED) munmap(all, 450 << 20);")
FORKS = TWICE % "    for (int i = 0; i < 500; i++)\n        if (fork() == 0) {\n            pause();\n            _exit(0);\n        }\n    sleep(2);"


def mount_points():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return [line.split()[4] for line in file if " - cgroup" in line]


def groups_of(name):
    return [path for point in mount_points() for path in glob.glob(f"{point}/**/oto-grade-{name}", recursive=True)]


def course_with_hog(folder, megabytes):
    source = exercise()
    source["metadata"]["oto"]["limits"] = {"memory_mb": megabytes, "disk_mb": 8, "processes": 40}
    made = course_of(folder, "groups", source)
    made.submit("hog", made.all_solved(twice=HOG))
    return made


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    made = course_with_hog(tmp_path_factory.mktemp("groups"), 300)
    made.submit("forks", made.all_solved(twice=FORKS))
    grader = subprocess.Popen([make_samples.OTO_GRADE, "run", "--course", made.course, "--jobs", "2"], stdout=subprocess.DEVNULL)
    made.groups = set()
    while grader.poll() is None:
        made.groups.update(groups_of(f"{grader.pid}-*"))
        time.sleep(0.05)
    assert grader.returncode == 0
    if not made.groups:
        pytest.skip("no groups on this machine")
    made.pid = grader.pid
    return made


def error_of(samples, student):
    entry = report(samples.course)[student]
    return entry["verdict"], next(cell["error"] for cell in entry["cells"] if cell["error"])


def test_memory_refused_by_the_kernel_is_the_exercises_limit(samples):
    assert error_of(samples, "hog") == ("graded", "MemoryLimit")
    assert report(samples.course)["hog"]["score"] == 6


def test_processes_refused_by_the_kernel_are_the_exercises_limit(samples):
    assert error_of(samples, "forks") == ("graded", "ProcessLimit")
    assert report(samples.course)["forks"]["score"] == 6


def test_no_group_is_left(samples):
    assert not groups_of(f"{samples.pid}-*")


def test_what_a_killed_grader_left_is_swept_by_the_next(samples):
    grader = subprocess.Popen([make_samples.OTO_GRADE, "run", "--course", samples.course, "--again"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    while not groups_of(f"{grader.pid}-0.*"):
        assert grader.poll() is None
        time.sleep(0.01)
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    left = groups_of(f"{grader.pid}-*")
    assert left
    while any(open(os.path.join(path, "cgroup.procs"), encoding="utf-8").read() for path in left):
        time.sleep(0.05)
    run("run", "--course", samples.course, check=True)
    end = time.monotonic() + 30  # where each grader has a group of its own, systemd sweeps, a little later
    while groups_of(f"{grader.pid}-*"):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hide them")
def test_grading_goes_on_where_no_group_is_in_sight(samples):
    words = [make_samples.OTO_GRADE, "run", "--course", samples.course, "--student", "forks", "--again"]
    hidden = ["unshare", "--mount", "sh", "-c", 'umount --recursive --lazy /sys/fs/cgroup && exec "$@"', "sh"]
    subprocess.run(hidden + words, check=True, stdout=subprocess.DEVNULL)
    assert error_of(samples, "forks") == ("graded", "ProcessLimit")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a group around the grader")
def test_a_machine_with_too_little_memory_costs_no_points(samples, tmp_path):
    own = [os.path.dirname(path) for path in samples.groups if os.path.exists(os.path.join(os.path.dirname(path), "memory.limit_in_bytes"))]
    if not own:
        pytest.skip("no memory hierarchy of version 1")
    course = course_with_hog(tmp_path, 900).course
    around = f"{own[0]}/oto-test-{os.getpid()}"
    os.mkdir(around)
    try:
        with open(f"{around}/memory.limit_in_bytes", "w", encoding="utf-8") as file:
            file.write(str(350 << 20))
        words = [make_samples.OTO_GRADE, "run", "--course", course]
        subprocess.run(["sh", "-c", f'echo 0 >{around}/cgroup.procs && exec "$@"', "sh", *words], stdout=subprocess.DEVNULL)
        assert report(course)["hog"]["verdict"] == "infrastructure"
    finally:
        os.rmdir(around)
