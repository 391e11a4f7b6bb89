"""nbclient: what `jupyter execute` and every tool above it gets."""

import pytest
from conftest import notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

SIXTY_STEPS = 'OtoProgress bar = oto_progress(60, "steps");\nfor (int i = 0; i < 60; i++) oto_progress_step(&bar);'


def run(made, **options):
    NotebookClient(made, timeout=60, **options).execute()
    return made


def test_outputs_are_recorded_in_the_notebook():
    cells = run(notebook("int n = 6;", 'printf("n is %d\\n", n);\nn * 7')).cells
    stream, result = cells[1].outputs
    assert (stream.output_type, stream.text) == ("stream", "n is 6\n")
    assert result.data["text/plain"] == "42"
    assert result.execution_count == cells[1].execution_count == 2


def test_language_info_is_recorded():
    info = run(notebook(";")).metadata.language_info
    assert (info.name, info.file_extension, info.mimetype) == ("c", ".c", "text/x-csrc")


def test_a_bar_is_one_output_in_its_last_form():
    outputs = run(notebook(SIXTY_STEPS)).cells[0].outputs
    assert len(outputs) == 1
    assert "steps 60 of 60" in outputs[0].data["text/plain"]


def test_an_update_reaches_the_cell_that_shows():
    cells = run(notebook('oto_display_html("old", .id = "d");', 'oto_display_update("d", "text/html", "new");')).cells
    assert cells[0].outputs[0].data["text/html"] == "new"
    assert cells[1].outputs == []


def test_a_failing_cell_stops_the_run_with_its_error():
    made = notebook("int n = 1;\nn / 0;", "int never = 1;")
    with pytest.raises(CellExecutionError) as failure:
        run(made)
    assert failure.value.ename == "UndefinedBehavior"
    assert "ivision by zero" in failure.value.evalue
    assert made.cells[1].execution_count is None


def test_a_cell_tagged_raises_exception_may_fail():
    cells = run(notebook(("int n = 1;\nn / 0;", "raises-exception"), "1 + 1")).cells
    assert cells[0].outputs[-1].output_type == "error"
    assert cells[1].outputs[0].data["text/plain"] == "2"


def test_a_time_limit_interrupts_and_the_next_cell_runs():
    made = notebook("for (;;) ;", "1 + 1")
    client = NotebookClient(made, timeout=5, interrupt_on_timeout=True, error_on_timeout=None, allow_errors=True)
    client.execute()
    assert made.cells[0].outputs[-1].ename == "KeyboardInterrupt"
    assert made.cells[1].outputs[0].data["text/plain"] == "2"


def test_a_time_limit_ends_the_run():
    with pytest.raises(CellTimeoutError):
        NotebookClient(notebook("for (;;) ;"), timeout=1).execute()
