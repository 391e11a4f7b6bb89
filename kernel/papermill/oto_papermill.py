"""Parameters of papermill as C: `papermill in.ipynb out.ipynb -p epochs 5` writes `int epochs = 5;` into the notebook.

Papermill has entry points for engines and for storage, none for translators, but it loads every engine's module when it
starts. So this module offers an engine, the usual one under another name, and registers the translator by the way.
"""

import math
import re

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

KEYWORDS = frozenset(
    "alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float "
    "for goto if inline int long nullptr register restrict return short signed sizeof static static_assert struct "
    "switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while asm".split()
)
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
DECLARATION = re.compile(
    r"^\s*(?P<type>(?:[A-Za-z_]\w*\s+)+?\**)\s*(?P<name>[A-Za-z_]\w*)\s*(?P<array>\[[^\]]*\])?\s*=\s*(?P<value>.+?);"
    r"\s*(?://\s*(?P<help>.*))?$"
)


def integer_type(low, high):
    """The first of C's types that holds both."""
    for name, lowest, highest in (("int", -(2**31), 2**31 - 1), ("long long", -(2**63), 2**63 - 1), ("unsigned long long", 0, 2**64 - 1)):
        if lowest <= low and high <= highest:
            return name
    raise PapermillException(f"no integer type of C holds {low if low < 0 else high}: give it as a float, or as a string")


class CTranslator(Translator):
    """Types: bool, int (long long and unsigned long long when needed), double, const char *, arrays of these; None is NULL."""

    @classmethod
    def translate_none(cls, val):
        return "NULL"

    @classmethod
    def translate_int(cls, val):
        if val == -(2**63):
            return "-9223372036854775807 - 1"  # C has no negative literals, and this one's positive is too large
        return f"{val}u" if val > 2**63 - 1 else str(val)

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "NAN"
        if math.isinf(val):
            return "INFINITY" if val > 0 else "-INFINITY"
        return repr(val)

    @classmethod
    def translate_str(cls, val):
        if "\0" in val:
            raise PapermillException("a string of C ends at its first NUL, and this one has one inside: leave it out")
        # Octal escapes end after three digits; hexadecimal ones would swallow what follows.
        plain = (ESCAPES.get(c) or (c if c.isprintable() else "".join(f"\\{byte:03o}" for byte in c.encode(errors="surrogateescape"))) for c in val)
        return '"' + "".join(plain) + '"'

    @classmethod
    def translate_escaped_str(cls, str_val):
        return cls.translate_str(str(str_val))

    @classmethod
    def translate_list(cls, val):
        return "{" + ", ".join(cls.translate(element) for element in val) + "}"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".replace("\n", " ").strip()

    @classmethod
    def element_type(cls, elements):
        """The type of C that holds all these values."""
        kinds = {type(element) for element in elements}
        if kinds == {bool}:
            return "bool "
        if kinds == {int}:
            return integer_type(min(elements), max(elements)) + " "
        if kinds in ({float}, {int, float}):
            return "double "
        if kinds == {type(None)}:
            return "void *"
        if not kinds & {bool, int, float, list, dict, type(None)}:
            return "const char *"  # strings, dates and the like
        raise PapermillException(
            "an array of C has elements of one type (all numbers, all strings, or all true and false), and no arrays inside: "
            "give other values as parameters of their own"
        )

    @classmethod
    def declare(cls, name, value):
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or name in KEYWORDS:
            raise PapermillException(f"'{name}' is not a name in C: use letters, digits and _, and none of C's own words")
        try:
            if isinstance(value, dict):
                raise PapermillException(f"C has no dictionaries: give each value as a parameter of its own, such as {name}_lr")
            if isinstance(value, list) and not value:
                raise PapermillException("C has no empty arrays: leave the parameter out, or give at least one element")
            if isinstance(value, list):
                return f"{cls.element_type(value)}{name}[] = {cls.translate_list(value)};"
            return f"{cls.element_type([value])}{name} = {cls.translate(value)};"
        except PapermillException as problem:
            raise PapermillException(f"parameter '{name}': {problem}") from None

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [cls.comment(comment), *(cls.declare(name, value) for name, value in parameters.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        """The parameters that a cell declares, for `papermill --help-notebook`."""
        found = (DECLARATION.match(line) for line in parameters_cell["source"].splitlines())
        return [
            Parameter(m["name"], " ".join(m["type"].split()) + (m["array"] or ""), m["value"], m["help"] or "")
            for m in found
            if m
        ]


class Engine(NBClientEngine):
    """What papermill does anyway, named oto."""


papermill_translators.register("c", CTranslator)
