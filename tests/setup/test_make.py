"""The Makefile's promises: a second run does no work, an installation works by itself, what is missing is named."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
NET = r"""#include <oto.h>
#include <stdio.h>
typedef struct { OtoLayer *first, *second; OtoTensor *scale; } Twice;
static OtoTensor *twice(OtoLayer *layer, OtoTensor *x) {
    Twice *t = oto_self(layer, Twice);
    return oto_mul(t->scale, oto_apply(t->second, oto_apply(t->first, x)));
}
int main(void) {
    OtoLayer *net = oto_layer(Twice, twice, .first = oto_nn_linear(4, 3), .second = oto_nn_tanh(),
                              .scale = oto_parameter(oto_tensor(2)));
    OtoOptimizer *adam = oto_adam(net, .lr = 0.1);
    OtoTensor *x = oto_add(oto_zeros(5, 4), 1);
    double first = 0, last = 0;
    for (int i = 0; i < 20; i++) {
        last = oto_step(adam, oto_mean_all(oto_apply(net, x)));
        if (i == 0) first = last;
    }
    printf("%d parts of %lld numbers, trained: %d\n", net->child_count + net->tensor_count,
           (long long)oto_parameter_count(net), last < first);
}
"""
PROGRAM = """\
#include <oto.h>
#include <stdio.h>
int main(void) {
    OtoTensor *tone = oto_sine(440, 1, .amplitude = 0.5);
    oto_audio_save(tone, "tone.wav");
    printf("%.2f\\n", oto_peak(tone));
}
"""


def run(*command, **options):
    # The make that runs the tests shall not be the parent of the makes that are tested.
    environment = {k: v for k, v in (options.pop("env", None) or os.environ).items() if not k.startswith(("MAKE", "MFLAGS"))}
    environment.pop("OTO_ROOT", None)
    return subprocess.run(command, capture_output=True, text=True, env=environment, **options)


@pytest.mark.timeout(600)
def test_a_second_run_does_no_work_again():
    assert run("make", "all", "setup", "units", cwd=ROOT).returncode == 0
    again = run("make", "all", "setup", "units", cwd=ROOT)
    worked = [line for line in again.stdout.splitlines() if "Nothing to be done" not in line]
    assert not worked


def test_each_function_has_a_name_of_its_own():
    """The unit tests link all sources from one archive: of two functions with one name, which is tested would be chance."""
    symbols = run("nm", "--defined-only", "--extern-only", ROOT / "build/san/libtested.a").stdout.splitlines()
    names = [line.split()[2] for line in symbols if len(line.split()) == 3 and line.split()[1] in "TDB"]
    assert len(names) > 1000
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_help_lists_every_target():
    text = run("make", "help", cwd=ROOT).stdout
    for target in ("all", "setup", "lab", "test", "demo", "install", "clean", "golden", "fuzz", "bench-kernel"):
        assert f"make {target} " in text


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    done = run("make", "install", f"PREFIX={prefix}", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return prefix


@pytest.mark.parametrize("compiler", ["clang-19", "cc"])
def test_a_program_is_built_with_pkg_config(prefix, compiler, tmp_path):
    (tmp_path / "tone.c").write_text(PROGRAM)
    environment = os.environ | {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "oto", env=environment).stdout.split()
    built = run(compiler, "tone.c", *flags, "-o", "tone", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert run("./tone", cwd=tmp_path).stdout == "0.50\n"
    assert (tmp_path / "tone.wav").stat().st_size > 22050


@pytest.mark.parametrize("compiler", ["clang-19", "cc"])
def test_a_layer_of_ones_own_works_in_a_program(prefix, compiler, tmp_path):
    (tmp_path / "net.c").write_text(NET)
    environment = os.environ | {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "oto", env=environment).stdout.split()
    built = run(compiler, "-std=gnu2x", "-Wall", "-Wextra", "-Werror", "net.c", *flags, "-o", "net", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert run("./net", cwd=tmp_path).stdout == "3 parts of 16 numbers, trained: 1\n"


def test_the_installed_kernel_is_the_installed_one(prefix, monkeypatch):
    spec = json.loads((prefix / "share/jupyter/kernels/oto/kernel.json").read_text())
    assert spec["argv"][0] == str(prefix / "bin/oto-kernel")
    monkeypatch.setenv("JUPYTER_PATH", str(prefix / "share/jupyter"))
    monkeypatch.delenv("OTO_ROOT", raising=False)
    sources = [
        "char worker[4096] = {0};\nreadlink(\"/proc/self/exe\", worker, sizeof worker - 1);\n(char *)worker",
        "oto_sine(440, 1)->size",
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(notebook, kernel_name="oto", timeout=60).execute()
    results = [cell.outputs[-1].data["text/plain"] for cell in notebook.cells]
    assert results == [f'"{prefix}/bin/oto-worker"', "22050"]


def test_an_installation_brings_what_jupyterlab_loads(prefix):
    extension = prefix / "share/jupyter/labextensions/oto-labextension"
    package = json.loads((extension / "package.json").read_text())
    assert (extension / package["jupyterlab"]["_build"]["load"]).is_file()


def test_an_installation_names_nothing_of_the_tree(prefix):
    texts = [path for path in prefix.rglob("*") if path.suffix in {".pc", ".json", ".h"}]
    assert texts
    assert not [path for path in texts if str(ROOT) in path.read_text()]


def test_the_grader_refuses_a_program_without_a_build_id(prefix, tmp_path):
    """Scores belong to the build that found them; objcopy takes from a worker what tells it from another."""
    shutil.copytree(prefix / "bin", tmp_path / "bin")
    for part in ("include", "lib", "share"):
        (tmp_path / part).symlink_to(prefix / part)
    grade = [tmp_path / "bin/oto-grade", "run", "--course", tmp_path]
    assert "build id" not in run(*grade).stderr
    run("objcopy", "--remove-section", ".note.gnu.build-id", tmp_path / "bin/oto-worker", check=True)
    done = run(*grade)
    assert done.returncode != 0
    assert f"{tmp_path}/bin/oto-worker has no build id" in done.stderr


def test_install_refuses_a_relative_prefix():
    done = run("make", "install", "PREFIX=here", cwd=ROOT)
    assert done.returncode == 2
    assert "PREFIX must be an absolute path" in done.stderr


@pytest.fixture
def powerless(tmp_path):
    """A PATH on which id says that this is not root, and where there is no sudo."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "sed", "dpkg-query"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    (tools / "id").write_text("#!/bin/sh\necho 1000\n")
    (tools / "id").chmod(0o755)
    return {"PATH": str(tools)}


def test_missing_packages_are_named_where_they_cannot_be_installed(powerless, tmp_path):
    (tmp_path / "list.txt").write_text("libc6\noto-missing-one  # no such thing\noto-missing-two\n")
    done = run(str(ROOT / "scripts/packages.sh"), str(tmp_path / "list.txt"), env=powerless)
    assert done.returncode == 2
    assert "apt-get install oto-missing-one oto-missing-two\n" in done.stderr


def test_nothing_is_asked_for_where_nothing_is_missing(powerless, tmp_path):
    (tmp_path / "list.txt").write_text("# all there\nlibc6\n")
    done = run(str(ROOT / "scripts/packages.sh"), str(tmp_path / "list.txt"), env=powerless)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
