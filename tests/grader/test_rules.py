"""What an answer must not use, and must use, and truths that only the grader has: `oto-grade check` tries each way round a
rule as a known wrong answer, and each honest way as a right one."""
import json

from conftest import cell, course_of, exercise, notebook, report, run


def part(name, signature, solution, test, wrong, right):
    """An answer cell, its test cell of 4 points, and its variants {name: source}; wrong ones earn nothing."""
    answer = cell(f"{signature} {{\n    // ### BEGIN SOLUTION\n    {solution}\n    // ### END SOLUTION\n}}", name)
    answer["metadata"]["nbgrader"]["solution"] = True
    variants = [cell(source, oto={"wrong": {"replaces": name, "name": title, "at_most": 0}}) for title, source in wrong.items()]
    variants += [cell(source, oto={"right": {"replaces": name, "name": title}}) for title, source in right.items()]
    for number, variant in enumerate(variants):
        variant["id"] = f"{name}-{number}"
    return [answer, cell(test, f"test-{name}", points=4), *variants]


def check(folder, name, *parts, before=()):
    path = folder / f"{name}.ipynb"
    cells = [cell(f'oto_exercise("{name}");'), *before, *(one for cells in parts for one in cells)]
    path.write_text(json.dumps(notebook(cells, oto={"limits": {"memory_mb": 1500, "notebook_seconds": 60}})))
    done = run("check", path, "--jobs", 2)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


#: More names than a cell can tell of, before the one that is forbidden.
MANY = "".join(f"extern int {'n' * 200}{i};\n" for i in range(1500)) + \
    "int add_up(void) { return 0 " + "".join(f"+ sizeof {'n' * 200}{i}" for i in range(1500)) + "; }\n"
#: A header that an answer writes, with a loop in a function and in a macro.
LOOPS = ("!printf 'static int add_up(int n) { int s = 0; while (n) s += n--; return s; }\\n"
         "static int call(int n) { return add_up(n); }\\n#define ADD_UP while (n) s += n--\\n' > loops.h\n#include \"loops.h\"\n")
LENGTH = "double length(double x, double y)"
LENGTH_TEST = 'oto_check_close("length", length(3, 4), .forbid = "hypot, hypotf");'


def test_a_forbidden_function_is_found_whatever_it_hides_behind(tmp_path):
    check(tmp_path, "rules", part("length", LENGTH, "return sqrt(x * x + y * y);", LENGTH_TEST, wrong={
        "a call": f"{LENGTH} {{ return hypot(x, y); }}",
        "a macro": f"#define PASTE(a, b) a##b\n{LENGTH} {{ return PASTE(hyp, ot)(x, y); }}",
        "a helper": f"static double helper(double x, double y) {{ return hypot(x, y); }}\n{LENGTH} {{ return helper(x, y); }}",
        "a pointer": f"double (*pointer)(double, double) = hypot;\n{LENGTH} {{ return pointer(x, y); }}",
        "an assembler's name": f'double other(double, double) __asm__("hypot");\n{LENGTH} {{ return other(x, y); }}',
        "behind a crowd": f"{MANY}{LENGTH} {{ return hypot(x, y); }}",
        "found at run time": "#include <dlfcn.h>\n" + LENGTH +
                             ' { double (*found)(double, double) = dlsym(RTLD_DEFAULT, "hypot"); return found(x, y); }',
    }, right={
        "by name only": f'{LENGTH} {{ const char *hypot = "hypot"; return hypot ? sqrt(x * x + y * y) : 0; }}',
        "a helper": f"static double square(double x) {{ return x * x; }}\n{LENGTH} {{ return sqrt(square(x) + square(y)); }}",
    }))


# ---- around a rule by way of the test cell, and of another part's answer ----

HYPOT = f"{LENGTH} {{ return hypot(x, y); }}"
IN_A_HEADER = "!printf '#define length(x, y) hypot(x, y)\\n' > mask.h\n#include \"mask.h\""
#: The first part's answer and the second's; behind the second part's function is what its rule forbids.
AROUND = {
    "another answer": (HYPOT, "// see above"),
    "another answer, declared": (HYPOT, f"{LENGTH};"),
    "another answer's variable": ("double (*length)(double, double) = hypot;", "// see above"),
    "another name": (f"double other(double x, double y) {{ return hypot(x, y); }}\n#define length other", "// see above"),
    "a macro": ("", "#define length(x, y) hypot(x, y)"),
    "another answer's macro": ("#define length(x, y) hypot(x, y)", "// see above"),
    "a macro around the function": (f"{LENGTH} {{ return sqrt(x * x + y * y); }}", "#define length(x, y) (hypot(x, y) + 0 * (length)(x, y))"),
    "a macro for an argument": ("", f"{LENGTH} {{ return x; }}\n#define leg(a) (a) == 3 ? hypot(3, 4) : hypot(5, 12)"),
    "a macro in the instructor's macro": ("", f"{LENGTH} {{ return x; }}\n#define shortest 0 ? 0 : hypot(5, 12)"),
    "a macro in a header": ("", IN_A_HEADER),
    "a macro in a header that says it is the system's": ("", IN_A_HEADER.replace("#define", "#pragma GCC system_header\\n#define", 1)),
}
HONEST = {
    "as asked": ("", f"{LENGTH} {{ return sqrt(x * x + y * y); }}"),
    "with a macro of its own": ("", f"#define SQUARE(z) ((z) * (z))\n{LENGTH} {{ return sqrt(SQUARE(x) + SQUARE(y)); }}"),
    "in another cell": (f"{LENGTH} {{ return sqrt(x * x + y * y); }}", "// see above"),
    "with the instructor's macro again": ("#define shortest 12", f"{LENGTH} {{ return sqrt(x * x + y * y); }}"),
    "where another part uses it": ("double far(void) { return hypot(1, 1); }", f"{LENGTH} {{ return sqrt(x * x + y * y); }}"),
}


def test_a_rule_holds_for_what_the_test_comes_to_use(tmp_path):
    source = exercise()
    source["cells"] = [*source["cells"][:4], cell("#define shortest 12\n#define LEG(a) leg(a)\ndouble leg(double a) { return a; }"),
                       cell(f"{LENGTH} {{\n    // ### BEGIN SOLUTION\n    return sqrt(x * x + y * y);\n    // ### END SOLUTION\n}}", "total"),
                       cell('oto_check_close("short", length(LEG(3), 4) + 0 * twice(1), .forbid = "hypot", .rtol = 1e-9);\n'
                            'oto_check_close("long", length(5, shortest), .forbid = "hypot", .rtol = 1e-9);', "test-total", points=6)]
    samples = course_of(tmp_path, "around", source)
    for student, (first, second) in (AROUND | HONEST).items():
        samples.submit(student, {"twice": samples.solved("twice") + "\n" + first, "total": second})
    run("run", "--course", samples.course, check=True)
    scores = {student: entry["cells"][-1]["score"] for student, entry in report(samples.course).items()}
    assert {student: scores[student] for student in HONEST} == dict.fromkeys(HONEST, 6)
    assert {student: scores[student] for student in AROUND if scores[student] > 0} == {}
    # the same when the first part's answer alone comes to it
    for student, (first, second) in AROUND.items():
        samples.submit(student, {"twice": samples.solved("twice"), "total": second})
    run("run", "--course", samples.course, check=True)
    for student, (first, second) in AROUND.items():
        samples.submit(student, {"twice": samples.solved("twice") + "\n" + first, "total": second})
    run("run", "--course", samples.course, check=True)
    assert {student: entry["cells"][-1]["score"] for student, entry in report(samples.course).items()} == scores


def test_statements_can_be_forbidden_and_required(tmp_path):
    head = "int sum_to(int n)"
    check(tmp_path, "loops", part("sum", head, "return n ? n + sum_to(n - 1) : 0;",
                                  'oto_check_equal("sum to 10", sum_to(10), .forbid = "for while do goto", .require = "recursion");', wrong={
        "a for loop": f"{head} {{ int s = n ? sum_to(0) : 0; for (int i = 1; i <= n; i++) s += i; return s; }}",
        "a while in a macro": f"#define AS_LONG_AS while\n{head} {{ int s = n ? sum_to(0) : 0; AS_LONG_AS (n) s += n--; return s; }}",
        "a while that is pasted together": f"#define PASTE(a, b) a##b\n{head} {{ int s = n ? sum_to(0) : 0; PASTE(wh, ile) (n) s += n--; return s; }}",
        "a while in a header": f"{LOOPS}{head} {{ return n ? call(n) + sum_to(0) : 0; }}",
        "a while in a header that says it is the system's": LOOPS.replace("static int add_up", "#pragma GCC system_header\\nstatic int add_up", 1) +
                                                            f"{head} {{ return n ? call(n) + sum_to(0) : 0; }}",
        "a while in lines that say they are the system's": f'# 1 "/usr/include/math.h" 3\nstatic int call(int n) {{ int s = 0; while (n) s += n--; return s; }}\n'
                                                           f'# 9 "cell.c"\n{head} {{ return n ? call(n) + sum_to(0) : 0; }}',
        "a while in a header's macro": f"{LOOPS}{head} {{ int s = n ? sum_to(0) : 0; ADD_UP; return s; }}",
        "a loop of jumps": f'{head} {{ int s = n ? sum_to(0) : 0; back: s += n--; asm goto("test %0, %0; jg %l1" :: "r"(n) :: back); return s; }}',
        "a formula": f"{head} {{ return n * (n + 1) / 2; }}",
    }, right={
        "a macro of the library": f"{head} {{ oto_scope oto_zeros(1); return n ? n + sum_to(n - 1) : 0; }}",
        "by way of another": f"int rest(int n);\n{head} {{ return n ? n + rest(n - 1) : 0; }}\nint rest(int n) {{ return sum_to(n); }}",
        "the word alone": f'{head} {{ const char *hint = "for while"; return n && hint ? n + sum_to(n - 1) : 0; /* do goto */ }}',
    }))


def test_recursion_can_be_forbidden(tmp_path):
    head = "int sum_to(int n)"
    loop = "int s = 0; for (int i = 1; i <= n; i++) s += i; return s;"
    check(tmp_path, "recursion", part("sum", head, loop, 'oto_check_equal("sum to 10", sum_to(10), .forbid = "recursion");', wrong={
        "by itself": f"{head} {{ return n ? n + sum_to(n - 1) : 0; }}",
        "by way of others": "int once(int n), twice(int n);\n"
                            f"{head} {{ return n ? n + once(n - 1) : 0; }}\nint once(int n) {{ return twice(n); }}\nint twice(int n) {{ return sum_to(n); }}",
        "by a pointer": f"int (*self)(int);\n{head} {{ self = sum_to; return n ? n + self(n - 1) : 0; }}",
    }, right={
        "others that do not come back": f"int add(int a, int b) {{ return a + b; }}\nint add_one(int a) {{ return add(a, 1); }}\n"
                                        f"{head} {{ int s = 0; for (int i = 0; i < n; i++) s = add(s, add_one(i)); return s; }}",
    }))


def test_what_a_test_is_made_from_can_be_forbidden(tmp_path):
    head = "double third(const double *x)"
    answer = part("third", head, "return x[2];", 'oto_check_close("third", third(hidden), .forbid = "hidden");', wrong={
        "looked up": f"{head} {{ return hidden[2]; }}",
        "looked up by another": f"const double *there(void) {{ return hidden; }}\n{head} {{ return there()[2]; }}",
    }, right={"a name of its own": f"static double at(const double *hidden, int i) {{ return hidden[i]; }}\n{head} {{ return at(x, 2); }}"})
    check(tmp_path, "looks", answer, before=[cell("double hidden[] = {3, 1, 2};", "data")])


def test_a_truth_stays_with_the_grader(tmp_path):
    truths = tmp_path / "onsets.truth"
    truths.mkdir()
    (truths / "loop.txt").write_text("0.1\n0.6\n1.1\n# the last\n1.6\n")
    head = "int find_onsets(double *times)"
    test = ('double times[8] = {0};\nint count = find_onsets(times);\n'
            'oto_check_onsets("loop", times, count, .truth = "loop", .at_least = 0.5, .full_at = 0.8);')
    check(tmp_path, "onsets", part(
        "onsets", head, "for (int i = 0; i < 3; i++) times[i] = 0.11 + 0.5 * i;\n    return 3;", test, wrong={
            "one of four": f"{head} {{ times[0] = 0.1; return 1; }}",
            "read from the truth": head + ' { FILE *f = fopen("onsets.truth/loop.txt", "r"); int n = 0;\n'
                                   "    while (f && n < 4 && fscanf(f, \"%lf\", &times[n]) == 1) n++;\n    return n; }",
        }, right={"all four": f"{head} {{ for (int i = 0; i < 4; i++) times[i] = 0.1 + 0.5 * i; return 4; }}"}))


def test_an_author_is_told_what_a_time_check_leaves_open(tmp_path):
    head = "double work(int n)"
    said = check(tmp_path, "timed", part(
        "work", head, "double sum = 0;\n    for (int i = 0; i < n; i++) sum += 1.0 / (i + 1);\n    return sum;",
        'oto_check_close("sum", work(9));\noto_check_time("a million", work(1000000));',
        wrong={"nothing": f"{head} {{ return 0; }}"}, right={}))
    assert 'all calls of the time check "a million" have the same input' in said
    assert 'no value is checked behind the time check "a million"' in said
