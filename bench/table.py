"""What a measurement gives: rows, and how they are printed."""

import math
from dataclasses import dataclass


@dataclass
class Row:
    """One figure beside a peer's. better: how many times better than the peer, whichever way the unit runs."""

    figure: str
    unit: str
    oto: float
    peer: str
    theirs: float
    goal: float  # better must be at least this
    more_is_better: bool = False
    closing: bool = True  # counts in the closing line

    @property
    def better(self):
        return self.oto / self.theirs if self.more_is_better else self.theirs / self.oto


@dataclass
class Fact:
    """A figure with no peer: what was seen, what is asked, and whether it holds."""

    figure: str
    seen: str
    goal: str
    met: bool


def print_table(entries):
    rows = [entry for entry in entries if isinstance(entry, Row)]
    facts = [entry for entry in entries if isinstance(entry, Fact)]
    if rows:
        print(f"{'':44}{'oto':>9}{'peer':>9}        peer               times better    goal")
    for row in rows:
        mark = "" if row.better >= row.goal else "  NOT MET"
        print(
            f"{row.figure:44}{row.oto:9.2f}{row.theirs:9.2f} {row.unit:6} {row.peer:18}"
            f"{row.better:13.2f}{row.goal:8.2f}{mark}"
        )
    if facts:
        print()
    for fact in facts:
        print(f"{fact.figure:44}{fact.seen} (goal: {fact.goal}){'' if fact.met else '  NOT MET'}")
    logs = [math.log(row.better) for row in rows if row.closing]
    if logs:
        print(f"\nworst {math.exp(min(logs)):.2f}, geomean {math.exp(sum(logs) / len(logs)):.2f}")
