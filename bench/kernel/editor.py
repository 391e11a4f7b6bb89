"""The editor's questions in a session of 200 cells: Oto beside ipykernel, each asked in turn.

    member       completion behind a dot or an arrow
    name         completion of a name's beginning, of the session, the library or a header
    inspection   of a function with a comment, of a variable, of a function of the library

What is asked for is written differently each time, as somebody who types does; ipykernel completes as it does in
JupyterLab, with jedi.
"""

import statistics

from kernels import Kernel
from table import Fact, Row

CELLS = {
    "oto": """struct note{i} {{ int pitch; double onset, duration; struct note{i} *next; }} note{i} = {{ {i}, 0.5 }};
/** Halves x, for the {i}th time. */
double half{i}(double x) {{ return x / 2; }}
int count{i} = {i};
half{i}(count{i})""",
    "ipykernel": """class Note{i}:
    def __init__(self, pitch, onset): self.pitch = pitch; self.onset = onset; self.next = None
note{i} = Note{i}({i}, 0.5)
def half{i}(x):
    "Halves x, for the {i}th time."
    return x / 2
count{i} = {i}
half{i}(count{i})""",
}
COMPLETIONS = {
    "oto": {
        "member": ["int a{i} = {i};\nnote{i}.", "for (int k = 0; k < {i}; k++) note{i}.next->on", "half{i}((&note{i})->pi"],
        "name": ["int a{i} = {i};\nhal", "double x = {i} + coun", "oto_st", "for (int k = 0; k < {i}; k++) prin"],
    },
    "ipykernel": {
        "member": ["a{i} = {i}\nnote{i}.", "for k in range({i}): note{i}.on", "half{i}(note{i}.pi"],
        "name": ["a{i} = {i}\nhal", "x = {i} + coun", "prin", "for k in range({i}): prin"],
    },
}
INSPECTIONS = {
    "oto": ["half{i}", "count{i}", "int a{i} = {i};\nsin", "oto_stft(note{i}"],
    "ipykernel": ["half{i}", "count{i}", "a{i} = {i}\nprint", "sorted"],
}


def ask(kernel, kind, i):
    """Milliseconds of one question of that kind, the i-th."""
    if kind == "inspection":
        choices = INSPECTIONS[kernel.name]
        code = choices[i % len(choices)].format(i=i)
        milliseconds, content = kernel.ask_ms(lambda client: client.inspect(code, len(code)))
        answered = content["found"]
    else:
        choices = COMPLETIONS[kernel.name][kind]
        code = choices[i % len(choices)].format(i=i)
        milliseconds, content = kernel.ask_ms(lambda client: client.complete(code, len(code)))
        answered = content["matches"]
    if not answered:
        raise SystemExit(f"{kernel.name} knows nothing of {code!r}")
    return milliseconds


def measure(cells=200, questions=60):
    times = {name: {"member": [], "name": [], "inspection": []} for name in CELLS}
    kernels = [Kernel(name) for name in CELLS]
    try:
        for i in range(cells):
            for kernel in kernels:
                kernel.run(CELLS[kernel.name].format(i=i))
        for i in range(questions):
            for kernel in kernels:
                for kind, list_ in times[kernel.name].items():
                    list_.append(ask(kernel, kind, i))
    finally:
        for kernel in kernels:
            kernel.stop()
    entries = []
    for kind in ("member", "name", "inspection"):
        oto, theirs = (statistics.median(times[name][kind]) for name in CELLS)
        what = kind if kind == "inspection" else f"completion of a {kind}"
        entries.append(Row(what, "ms", oto, "ipykernel", theirs, 1))
        entries.append(Fact(f"{what}, {cells} cells", f"{oto:.1f} ms", "at most 15 ms", oto <= 15))
    return entries
