"""oto-grade run --slurm, with Slurm's own daemons on this machine."""

import os
import signal
import subprocess
import time

import pytest

import make_samples
import slurm_daemons
from conftest import new_course, report

STUDENTS = 9


@pytest.fixture
def slurm(tmp_path_factory):
    if slurm_daemons.missing():
        pytest.skip(f"not installed: {', '.join(slurm_daemons.missing())} (tests/packages.txt)")
    if os.geteuid() != 0:
        pytest.skip("Slurm's daemons are started as root")
    slurm = slurm_daemons.Slurm(tmp_path_factory.mktemp("slurm"), nodes=2)
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.stop()


@pytest.fixture
def course(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    for number in range(STUDENTS):
        answers = samples.all_solved() if number % 3 else {"twice": samples.solved("twice")}
        samples.submit(f"student{number}", {name: f"// {number}\n{source}" for name, source in answers.items()})
    return samples


def begin(slurm, course):
    command = [make_samples.OTO_GRADE, "run", "--course", course.course, "--slurm", "--", "--partition=main"]
    return subprocess.Popen(command, env=slurm.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(condition, seconds, slurm):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds} s\n{slurm.run('squeue')}{slurm.logs()}")
        time.sleep(0.05)


def graded(output):
    return int(output.split("graded ")[1].split(",")[0])


def test_a_node_dies_and_the_command_is_interrupted_and_nothing_is_lost_or_graded_twice(slurm, course):
    command = begin(slurm, course)
    wait_until(lambda: slurm.running_on("n0"), 60, slurm)
    slurm.pull_the_plug("n0")
    command.send_signal(signal.SIGINT)
    first, said = command.communicate(timeout=60)
    assert command.returncode != 0 and "the same command collects the scores" in said
    command = begin(slurm, course)
    second, said = command.communicate(timeout=240)
    assert command.returncode == 0, said + slurm.logs()
    assert graded(first) + graded(second) == STUDENTS
    scores = {student: entry["score"] for student, entry in report(course.course).items()}
    assert scores == {f"student{number}": 10 if number % 3 else 4 for number in range(STUDENTS)}
    assert not os.path.exists(os.path.join(course.course, "shards"))


def test_sbatch_s_refusal_is_told(slurm, course):
    command = [make_samples.OTO_GRADE, "run", "--course", course.course, "--slurm", "--", "--partition=nowhere"]
    done = subprocess.run(command, env=slurm.environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "invalid partition" in done.stderr
