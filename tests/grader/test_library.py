"""What the grader takes for granted of the library: functions of which autograder/library.c says that they never draw random numbers
reach the generator in no object of the library, at least not by a call that can be seen."""
import collections
import glob
import os
import re
import shutil
import subprocess

from make_samples import ROOT

GENERATOR = {"oto_uniform", "oto_normal", "oto_random_below", "oto_random_key", "oto_shuffle", "oto_random_again", "oto_seed"}
OBJDUMP = shutil.which("objdump") or "llvm-objdump-19"


def calls_of(path):
    """{function: names that its code refers to}; names that only this object has stand with its path."""
    def output(*words):
        return subprocess.run([OBJDUMP, *words, path], capture_output=True, text=True, check=True).stdout
    own = {line.split()[-1] for line in output("-t").splitlines() if re.search(r" l +F ", line)}
    calls, function = collections.defaultdict(set), None
    for line in output("-dr", "--no-show-raw-insn").splitlines():
        if begins := re.match(r"[0-9a-f]+ <(\w[\w.]*)>:", line):
            function = begins[1]
        elif function:
            calls[function].update(re.findall(r"R_\w+\s+(\w[\w.]*)", line) + re.findall(r"<(\w[\w.]*)(?:\+0x[0-9a-f]+)?>", line))
    named = {name: f"{path}:{name}" for name in own}
    return {named.get(name, name): {named.get(called, called) for called in calls[name]} for name in calls}


def drawing_functions():
    users = collections.defaultdict(set)
    for path in glob.glob(os.path.join(ROOT, "build", "obj", "lib", "**", "*.o"), recursive=True):
        for function, called in calls_of(path).items():
            for name in called:
                users[name].add(function)
    found, left = set(GENERATOR), list(GENERATOR)
    while left:
        new = users[left.pop()] - found
        found |= new
        left += new
    return {name for name in found if name.startswith("oto_")}


def test_what_never_draws_does_not_reach_the_generator():
    with open(os.path.join(ROOT, "autograder", "library.c"), encoding="utf-8") as file:
        never = re.findall(r'"(oto_[\w*]+)"', re.search(r"never\[\] = \{(.*?)\}", file.read(), re.S)[1])
    drawing = drawing_functions()
    assert {"oto_noise", "oto_dropout", "oto_train_test_split"} <= drawing and len(never) > 20
    wrong = {name for name in drawing for said in never if re.fullmatch(said.replace("*", r"\w*"), name)}
    assert wrong == {"oto_exercise"}  # which sets the seed that students see, and makes its cell one that lasts
