"""papermill: parameters as C, with types that C has, or an error that says what to do."""

import nbformat
import papermill
import pytest
from conftest import jupyter, save
from papermill.exceptions import PapermillException, PapermillExecutionError

DEFAULTS = (
    "int epochs = 1; // how often\nfloat rate = 0.5f;\nconst char *name = \"none\";\nfloat scales[] = {1, 2};",
    "parameters",
)


def execute(tmp_path, parameters, *cells):
    save(tmp_path / "in.ipynb", DEFAULTS, *cells)
    options = {"kernel_name": "oto", "progress_bar": False, "log_output": False}
    return papermill.execute_notebook(tmp_path / "in.ipynb", tmp_path / "out.ipynb", parameters=parameters, **options)


def result(cell):
    return cell.outputs[-1]["data"]["text/plain"]


def test_parameters_replace_the_defaults(tmp_path):
    cells = execute(tmp_path, {"epochs": 5, "rate": 0.25, "name": "trio"}, "epochs", "rate", "name").cells
    assert cells[1].metadata.tags == ["injected-parameters"]
    assert cells[1].source == '// Parameters\nint epochs = 5;\ndouble rate = 0.25;\nconst char *name = "trio";\n'
    assert [result(cell) for cell in cells[2:]] == ["5", "0.25", '"trio"']


VALUES = [
    (True, "bool", "true"),
    (-(2**31), "int", "-2147483648"),
    (2**31, "long long", "2147483648"),
    (-(2**63), "long long", "-9223372036854775808"),
    (2**64 - 1, "unsigned long long", "18446744073709551615"),
    (1e-300, "double", "1e-300"),
    (0.1, "double", "0.1"),
    (float("inf"), "double", "inf"),
    (float("-inf"), "double", "-inf"),
    (None, "void *", "NULL"),
    ([1, 2, 3], "int[3]", "{1, 2, 3}"),
    ([1, 2.5], "double[2]", "{1.0, 2.5}"),
    ([True, False], "bool[2]", "{true, false}"),
    (["a", "b"], "const char *[2]", '{"a", "b"}'),
]


def test_a_value_has_the_type_and_value_that_it_has_in_c(tmp_path):
    names = [f"x{i}" for i in range(len(VALUES))]
    checks = [f"_Generic(&{name}, typeof({type}) *: 1, default: 0)" for name, (_, type, _) in zip(names, VALUES)]
    parameters = dict(zip(names, [value for value, _, _ in VALUES]))
    shown = [result(cell) for cell in execute(tmp_path, parameters, *names, *checks).cells[2:]]
    assert shown[: len(names)] == [text for _, _, text in VALUES]
    assert shown[len(names) :] == ["1"] * len(names)


def test_a_string_arrives_byte_for_byte(tmp_path):
    texts = ['say "hi"', "back\\slash\\n", "two\nlines\tand a tab", "\x01\x7f1", "é ♪ 音", "%d %s ??=", '"; exit(3); //', "*/"]
    print_bytes = 'for (int i = 0; i < 8; i++, puts("")) for (const char *c = s[i]; *c; c++) printf("%02x", *c & 0xff);'
    cell = execute(tmp_path, {"s": texts}, print_bytes).cells[2]
    assert "".join(output.text for output in cell.outputs).split() == [text.encode().hex() for text in texts]


@pytest.mark.parametrize(
    "parameters, advice",
    [
        ({"options": {"lr": 0.1}}, "'options': C has no dictionaries: give each value as a parameter of its own, such as options_lr"),
        ({"x": []}, "'x': C has no empty arrays"),
        ({"x": [1, "a"]}, "'x': an array of C has elements of one type"),
        ({"x": [[1], [2]]}, "no arrays inside"),
        ({"x": 2**64}, "'x': no integer type of C holds 18446744073709551616"),
        ({"x": "a\0b"}, "'x': a string of C ends at its first NUL"),
        ({"learning-rate": 1}, "'learning-rate' is not a name in C"),
        ({"double": 1}, "'double' is not a name in C"),
        ({"x y = 1; exit(1); int z": 1}, "is not a name in C"),
    ],
)
def test_what_c_cannot_hold_is_refused_with_advice(tmp_path, parameters, advice):
    with pytest.raises(PapermillException) as refusal:
        execute(tmp_path, parameters)
    assert advice in str(refusal.value)


def test_help_lists_the_parameters_of_a_notebook(tmp_path):
    save(tmp_path / "in.ipynb", DEFAULTS)
    found = papermill.inspect_notebook(tmp_path / "in.ipynb")
    assert {name: (p["inferred_type_name"], p["default"], p["help"]) for name, p in found.items()} == {
        "epochs": ("int", "1", "how often"),
        "rate": ("float", "0.5f", ""),
        "name": ("const char *", '"none"', ""),
        "scales": ("float[]", "{1, 2}", ""),
    }


def test_the_command_line_passes_parameters(tmp_path):
    save(tmp_path / "in.ipynb", DEFAULTS, "epochs * 2")
    done = jupyter("papermill", "in.ipynb", "out.ipynb", "-k", "oto", "-p", "epochs", "21", "--no-progress-bar", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert result(nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[2]) == "42"


def test_a_failing_cell_fails_the_run_and_keeps_the_output(tmp_path):
    with pytest.raises(PapermillExecutionError) as failure:
        execute(tmp_path, {"epochs": 0}, "100 / epochs")
    assert failure.value.ename == "UndefinedBehavior"
    kept = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert any(output.output_type == "error" for cell in kept.cells for output in cell.get("outputs", []))
