"""jupyter_kernel_test: every message against the protocol's schema, with every optional part."""

import jupyter_kernel_test
import pytest


@pytest.mark.usefixtures("kernelspec")
class TestProtocol(jupyter_kernel_test.KernelTests):
    kernel_name = "oto"
    language_name = "c"
    file_extension = ".c"
    code_hello_world = 'printf("hello, world\\n");'
    code_stderr = 'fprintf(stderr, "oh no\\n");'
    code_generate_error = "int broken = ;"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "1 + 1", "result": "2"},
        {"code": "(char)'a'", "result": "'a'"},
    ]
    code_display_data = [{"code": 'oto_display_html("<b>bold</b>");', "mime": "text/html"}]
    code_page_something = "printf?"
    code_history_pattern = "6 [*]*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "printf"
    code_clear_output = "oto_clear_output(0);"
    completion_samples = [
        {"text": "fpri", "matches": {"fprintf"}},
        {"text": "puts_that_nobody_defi", "matches": set()},
    ]
    complete_code_samples = ["1", 'printf("hello, world\\n");', "int f(int x) {\n    return x * 2;\n}"]
    incomplete_code_samples = ["int f(void) {", "int a[] = {1, 2,", "/* open"]
    invalid_code_samples = ["int a = );", "}"]


@pytest.mark.usefixtures("kernelspec")
class TestWelcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "oto"
    support_iopub_welcome = True
