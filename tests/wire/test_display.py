"""Displays of a cell, as messages on iopub."""

import time

from conftest import text_of

BAR = r"""OtoProgress bar = oto_progress(1000000000, "counting");
for (;;) { oto_progress_step(&bar); usleep(1000); }
"""


def of_type(published, *types):
    return [message["content"] for message in published if message["msg_type"] in types]


def test_every_kind_of_display_has_its_mime_type(kernel):
    reply, published = kernel.run(
        r"""oto_display_html("<b>h</b>");
oto_display_markdown("*m*");
oto_display_latex("x^2");
oto_display_svg("<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
oto_display_json("{\"a\": [1, null]}");
oto_display("application/vnd.vega.v5+json", "{\"b\": 2}");
oto_display("image/gif", "GIF89a", .size = 6);
oto_display("text/plain", "p");
"""
    )
    assert reply["content"]["status"] == "ok"
    bundles = [content["data"] for content in of_type(published, "display_data")]
    assert bundles == [
        {"text/plain": "(HTML)", "text/html": "<b>h</b>"},
        {"text/plain": "*m*", "text/markdown": "*m*"},
        {"text/plain": "x^2", "text/latex": "$$x^2$$"},
        {"text/plain": "(SVG picture)", "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"/>'},
        {"text/plain": '{"a": [1, null]}', "application/json": {"a": [1, None]}},
        {"text/plain": "(JSON)", "application/vnd.vega.v5+json": {"b": 2}},
        {"text/plain": "(GIF picture)", "image/gif": "R0lGODlh"},
        {"text/plain": "p"},
    ]


def test_an_update_from_a_later_cell_names_the_display(kernel):
    _, published = kernel.run('oto_display_html("1", .id = "d");')
    assert of_type(published, "display_data")[0]["transient"] == {"display_id": "d"}
    _, published = kernel.run('oto_display_update("d", "text/html", "2");')
    update = of_type(published, "update_display_data")[0]
    assert update["data"]["text/html"] == "2"
    assert update["transient"] == {"display_id": "d"}


def test_clear_output_waits_when_asked(kernel):
    _, published = kernel.run("oto_clear_output(false);\noto_clear_output(true);")
    assert of_type(published, "clear_output") == [{"wait": False}, {"wait": True}]


def test_output_keeps_its_order_around_displays(kernel):
    _, published = kernel.run(
        'for (int i = 0; i < 40; i++) {\n    printf("%d ", i);\n    oto_display_markdown("x");\n}\noto_clear_output(true);\nputchar(33);'
    )
    order = [message["msg_type"] for message in published if message["msg_type"] != "execute_input"]
    assert order == ["stream", "display_data"] * 40 + ["clear_output", "stream"]
    assert text_of(published) == "".join(f"{i} " for i in range(40)) + "!"


def test_malformed_data_is_an_oto_error_that_says_where(kernel):
    reply, published = kernel.run('oto_display_json("{\\"loss\\": nan}");')
    assert reply["content"]["ename"] == "OtoError"
    assert "column 10: nan is not JSON" in reply["content"]["evalue"]
    assert of_type(published, "display_data") == []


def test_a_finished_bar_is_not_touched_when_the_cell_ends(kernel):
    _, published = kernel.run('OtoProgress bar = oto_progress(3, "short");\nfor (int i = 0; i < 3; i++) oto_progress_step(&bar);')
    shown = of_type(published, "display_data", "update_display_data")
    assert "short 3 of 3" in shown[-1]["data"]["text/plain"]
    assert "stopped" not in shown[-1]["data"]["text/plain"]


def test_a_bar_that_its_cell_leaves_says_that_it_stopped(kernel):
    _, published = kernel.run('OtoProgress bar = oto_progress(3, "left");\noto_progress_step(&bar);')
    shown = of_type(published, "display_data", "update_display_data")
    assert "stopped after" in shown[-1]["data"]["text/plain"]
    assert "stopped after" in shown[-1]["data"]["text/html"]
    assert all(not key.startswith("stopped") for content in shown for key in content["data"])


def test_an_interrupted_bar_says_that_it_stopped(start):
    kernel = start()
    message_id = kernel.client.execute(BAR)
    until = time.monotonic() + 20
    while kernel.client.get_iopub_msg(timeout=20)["msg_type"] != "update_display_data":
        assert time.monotonic() < until
    kernel.ask("interrupt_request", channel="control")
    published = kernel.published(message_id)
    assert kernel.reply_to(message_id)["content"]["ename"] == "KeyboardInterrupt"
    shown = of_type(published, "update_display_data")
    assert "counting" in shown[-1]["data"]["text/plain"] and "stopped after" in shown[-1]["data"]["text/plain"]


def test_a_bar_whose_cell_crashes_says_that_it_stopped(kernel):
    _, published = kernel.run('OtoProgress bar = oto_progress(9, "crash");\n*(volatile int *)0 = 1;')
    assert "stopped after" in of_type(published, "update_display_data")[-1]["data"]["text/plain"]


def test_the_curves_of_an_interrupted_training_stay(start):
    kernel = start()
    message_id = kernel.client.execute(
        "OtoCurves *curves = oto_curves_begin(1000000000);\n"
        "for (;;) { oto_curves_add(curves, .loss = 2); usleep(1000); }"
    )
    until = time.monotonic() + 20
    while "data:image/png" not in kernel.client.get_iopub_msg(timeout=20)["content"].get("data", {}).get("text/html", ""):
        assert time.monotonic() < until
    kernel.ask("interrupt_request", channel="control")
    shown = of_type(kernel.published(message_id), "update_display_data")
    assert "stopped after" in shown[-1]["data"]["text/html"] and "data:image/png" in shown[-1]["data"]["text/html"]
