"""Cells with mistakes of every kind: the transcripts' and the course's cells with tokens and bytes deleted, doubled, swapped
and inserted at random. The kernel stays, answers within its limit, and what it says is about the cell.

OTO_MUTATIONS=10000 OTO_MUTATION_SEED=7 pytest tests/cells/test_mutated_cells.py runs more, or others; a failure names the seed of its cell.
"""

import json
import os
import random
import re
import time
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("OTO_MUTATIONS", "60"))
SEED = int(os.environ.get("OTO_MUTATION_SEED", "1"))
RESET_EVERY = 40
CELL_LIMIT = 1  # seconds, as the session is told
ANSWER_LIMIT = 30  # seconds until the kernel is idle again, on a busy machine

TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*|\d[\w.]*|\s+|.', re.S)
INSERTED = ["(", ")", "{", "}", "[", "]", ";", ",", '"', "'", "*", "&", "=", "==", "->", ".", "int", "struct", "return", "else",
            "#", "\\", "/*", "//", "0", "NULL", "x", "ä", "\t", "\n", "?", ":", "<", "%", "@", "typedef", "static", "while", "\x00"]
# What a cell with chance in it must not do: run commands, end processes, write files, wait for minutes.
UNSAFE = re.compile(r"^\s*[!%]|system|fork|kill|exec|remove|unlink|rename|fopen|open\(|popen|writefile|sleep|pause|getchar|scanf|"
                    r"stdin|interrupt|setrlimit|signal|sigset|pthread_exit|longjmp|getline|repeat", re.M)
GENERATED = re.compile(r"oto_(?:part|cell|store|value_|result_|own_|length)|typeof(?:_unqual)?\(|/tmp/|\.new\b|\bcell\.c\b|unit\d+\.c")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def seeds():
    """Cells that are right, or wrong in a way that a transcript knows."""
    cells = []
    for path in sorted((ROOT / "tests/cells").glob("*.cells")):
        for block in re.split(r"^>>>.*\n", path.read_text(), flags=re.M)[1:]:
            cells.append(re.split(r"^(?:<<<|###)", block, maxsplit=1, flags=re.M)[0].rstrip())
    for folder in ("lessons", "solutions"):
        for path in sorted((ROOT / folder).glob("*.ipynb")):
            cells += ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    return [cell for cell in cells if cell.strip() and len(cell) < 1500 and not UNSAFE.search(cell)]


def mutate(cell, chance):
    tokens = TOKEN.findall(cell)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 6])):
        at = chance.randrange(len(tokens)) if tokens else 0
        what = chance.randrange(7)
        if what == 0 and tokens:
            del tokens[at]
        elif what == 1 and tokens:
            tokens.insert(at, tokens[at])
        elif what == 2 and len(tokens) > 1:
            other = chance.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif what == 3:
            tokens.insert(at, chance.choice(INSERTED))
        elif what == 4 and tokens and tokens[at]:
            byte = chance.randrange(len(tokens[at]))
            tokens[at] = tokens[at][:byte] + chance.choice(["", chr(chance.randrange(32, 127))]) + tokens[at][byte + 1 :]
        elif what == 5 and tokens:
            tokens[at:] = []
        elif tokens:
            tokens[at] = chance.choice(INSERTED)
    return "".join(tokens)


def run(client, source, limit):
    """-> (number of the cell, its errors as texts, all that was shown); raises when the kernel does not become idle."""
    request = client.execute(source, allow_stdin=False, stop_on_error=False)
    number, errors, shown, deadline = 0, [], [], time.time() + limit
    while time.time() < deadline:
        try:
            message = client.get_iopub_msg(timeout=1)
        except Exception:
            continue
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_input":
            number = content["execution_count"]
        elif kind == "error":
            errors.append(ANSI.sub("", "\n".join([content["ename"], content["evalue"], *content["traceback"]])))
        elif kind == "display_data":
            shown.append(ANSI.sub("", str(content["data"].get("text/plain", ""))))
        elif kind == "status" and content["execution_state"] == "idle":
            client.get_shell_msg(timeout=limit)
            return number, errors, shown
    raise TimeoutError(f"not idle after {limit} s")


def complaints(source, number, errors, shown):
    """What is wrong with what was said of a cell."""
    lines = source.count("\n") + 1
    for error in errors:
        if "gave no answer" in error or error.startswith("Signal\nthe process that held"):
            yield f"not an error of the cell: {error}"
        for line in re.findall(r"^(?:line|cell \[%d\] line) (\d+)" % number, error, re.M):
            if not 1 <= int(line) <= lines:
                yield f"line {line} of {lines}: {error}"
        said = "\n".join(line for line in error.split("\n") if not re.match(r" *\d+ \| ", line))
        if GENERATED.search(said) and not GENERATED.search(source):
            yield f"generated names: {error}"
    for text in shown:
        said = "\n".join(line for line in text.split("\n") if not re.match(r" *\d+ \| ", line))
        if "warning: " in text and GENERATED.search(said) and not GENERATED.search(source):
            yield f"generated names: {text}"


@pytest.mark.timeout(0 if COUNT > 200 else 600)
def test_mutated_cells_neither_end_the_kernel_nor_confuse_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manager = KernelManager(kernel_name="oto")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    cells, found = seeds(), []
    process = manager.provisioner.pid
    try:
        for i in range(COUNT):
            if i % RESET_EVERY == 0:
                run(client, "%reset", 60)
                run(client, f"%config time_limit {CELL_LIMIT}", 60)
                run(client, "%config memory_limit 512M", 60)
            seed = SEED * 1_000_000 + i
            chance = random.Random(seed)
            source = mutate(chance.choice(cells), chance)
            if UNSAFE.search(source):
                continue
            try:
                number, errors, shown = run(client, source, ANSWER_LIMIT)
                for why in complaints(source, number, errors, shown):
                    found.append(f"seed {seed}: {why}\n{source}")
                    print(found[-1], flush=True)
            except TimeoutError as error:
                found.append(f"seed {seed}: {error}\n{source}")
                manager.interrupt_kernel()
            if not manager.is_alive() or manager.provisioner.pid != process:
                found.append(f"seed {seed}: the kernel died\n{source}")
                break
            if i % 500 == 499:
                print(f"{i + 1} cells, {len(found)} findings", flush=True)
        number, errors, shown = run(client, "1 + 1", 60)
        assert not errors
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert not found, f"{len(found)} findings\n" + "\n----\n".join(found[:40])
