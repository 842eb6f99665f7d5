"""The house rules as functions: each takes a source and yields (line, what is wrong).

They work on text, not on a syntax tree, because no linter reads `.py`, `.pyx`, `.pxd` and `.pyi` alike.  Strings and comments are blanked
first, so a rule about code sees only code, at its old line and column.  Worst case: a construct that no rule here knows passes unseen;
test_tidy.py shows for each rule that it can fail.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

Found = Iterator[tuple[int, str]]
Rule = Callable[["Source"], Found]

COLUMNS = 140
FUNCTION_LINES = 70
# Files with a budget of their own; the others have that of the first matching suffix below.
BUDGETS = {"setup.py": 60, "engine/__init__.py": 50, "engine/__main__.py": 10, "README.md": 200}
SUFFIX_BUDGETS = {".pxd": 200, ".pyi": 300, ".py": 450, ".pyx": 450}
TEST_BUDGET = 400

# Who may import whom; what a layer imports, those above it may too.  Read it from the bottom of DESIGN's picture upwards.
ARROWS: dict[str, set[str]] = {
    "engine.matching": set(),
    "engine.venue": {"engine.matching"},
    "engine.packing": {"engine.matching"},
    "engine.replica": {"engine.packing", "engine.venue", "engine.journal.records"},
    "engine.sequencer": {"engine.replica", "engine.journal"},
    "engine.birth": set(),
    "engine.store": {"engine.replica", "engine.journal", "engine.snapshot", "engine.config", "engine.host"},
    "engine.recovery": {"engine.birth", "engine.store", "engine.transcript", "engine.snapshot"},
    "engine.protocol": {
        "engine.matching.enums",
        "engine.matching.types",
        "engine.venue.records",
        "engine.venue.state",
    },  # words and records
    "engine.journal": set(),
    "engine.snapshot": {"engine.replica", "engine.journal", "engine.transcript"},
    "engine.transcript": {"engine.birth", "engine.journal.records", "engine.matching", "engine.venue.acts"},
    "engine.clock": set(),
    "engine.telemetry": set(),
    "engine.config": {
        "engine.venue.acts",
        "engine.venue.terms",
        "engine.venue.records",
        "engine.matching.records",
        "engine.journal.records",
    },  # words, no venue
    "engine.host": {"engine.config", "engine.journal"},
    "engine.resend": {"engine.birth", "engine.journal", "engine.protocol", "engine.replica", "engine.snapshot", "engine.transcript"},
    "engine.gateway": {"engine.recovery", "engine.sequencer", "engine.protocol", "engine.config", "engine.clock", "engine.telemetry"},
    "engine.client": {"engine.protocol"},
    "engine.load": {"engine.client", "engine.protocol"},
    "engine.admin": {"engine.gateway", "engine.client.keys", "engine.client.options"},
    "engine.testing": {"engine.matching.enums", "engine.matching.records", "engine.venue.records"},  # words: an oracle shares no rule
    "engine.cli": {"engine.admin", "engine.journal", "engine.load", "engine.replica", "engine.snapshot", "engine.transcript"},
    "engine.__main__": {"engine.cli"},
    "engine.__init__": {"engine.cli"},
}
ADMIN_WORDS = {"engine.admin.kinds", "engine.admin.messages"}
# Less than the arrows would allow: the state machine of a session knows no server, and an operator's client loads none.
ISOLATED = {
    "engine.gateway.session": {"engine.protocol", "engine.matching.enums", "engine.gateway.effects"},
    "engine.admin.client": ADMIN_WORDS | {"engine.admin.rows", "engine.client", "engine.protocol", "engine.venue.acts"},
    "engine.admin.rows": ADMIN_WORDS | {"engine.admin.standing", "engine.venue.acts", "engine.venue.terms"},
    "engine.admin.standing": {"engine.admin.kinds"},
}

IMPURE = {
    "time",
    "datetime",
    "random",
    "secrets",
    "os",
    "sys",
    "io",
    "socket",
    "select",
    "ssl",
    "logging",
    "asyncio",
    "threading",
    "multiprocessing",
    "subprocess",
}
FOREIGN = {  # modules of others that a layer must not import
    "engine.matching": IMPURE | {"structlog", "uvloop", "msgspec", "decimal", "math"},
    "engine.venue": IMPURE | {"structlog", "uvloop"},
    "engine.sequencer": {"asyncio", "uvloop", "random"},
    "engine.replica": IMPURE | {"structlog", "uvloop"},
    "engine.protocol": {"asyncio", "uvloop", "socket", "random", "time"},
    "engine.gateway.session": IMPURE | {"uvloop"},
    "engine.testing": {"asyncio", "uvloop", "time", "socket"},
}
VAGUE = {"manager", "helper", "helpers", "util", "utils", "impl"}
# word -> the house's word for it
GLOSSARY = {
    "passive": "resting or maker",
    "aggressive": "incoming or taker",
    "aggressor": "taker",
    "amend": "replace",
    "offer": "ask",
    "is_buy": "side",
    "uuid": "order_id",
    "ticker": "symbol",
}
STRING_OR_COMMENT = re.compile(
    r"(?P<comment>#[^\n]*)"
    r"|(?P<string>[rbfuRBFU]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))",
    re.DOTALL,
)
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+(?:c?import)[ \t]*(\([^)]*\)|[^\n]*)|c?import[ \t]+([^\n]+))", re.MULTILINE)
FUNCTION = re.compile(
    r"^([ \t]*)(?:async[ \t]+)?(?:def|cdef|cpdef)\b(?!\s+(?:class|struct|enum|extern|packed|union))[^\n(=]*?(\w+)[ \t]*\("
)
STATEMENT = re.compile(
    r"^(?:(?:if|elif|for|while|with|def|cdef|cpdef|class|try|except)\b.*:|return(?:\s+[\w.()\[\]]+)?|(?:from\s+\S+\s+)?c?import\s+\w+"
    r"|[\w.\[\]]+\s*(?:[-+*/|&]?=)\s*[^=\s].*|[\w.]+\([^ ]*\))$"
)


@dataclass(frozen=True)
class Source:
    """A text file of the project: `path` is relative to its root, `code` is its text without strings and comments."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def code(self) -> str:
        return STRING_OR_COMMENT.sub(lambda match: _blank(match[0], '"' if match["string"] else " "), self.text)

    @cached_property
    def code_lines(self) -> list[str]:
        return self.code.splitlines()

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        found = STRING_OR_COMMENT.finditer(self.text)
        return [(self.line_at(match.start()), match["comment"]) for match in found if match["comment"]]

    @cached_property
    def module(self) -> str:
        return self.path.rsplit(".", 1)[0].replace("/", ".").removesuffix(".__init__" if self.path != "engine/__init__.py" else " ")

    @property
    def suffix(self) -> str:
        return "." + self.path.rsplit(".", 1)[-1]

    @property
    def is_cython(self) -> bool:
        return self.suffix in {".pyx", ".pxd"}

    @property
    def is_code(self) -> bool:
        return self.suffix in SUFFIX_BUDGETS

    @property
    def in_engine(self) -> bool:
        return self.path.startswith("engine/") and self.is_code

    def line_at(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield (line, module) of each import and cimport; `from a import b` gives `a.b` and is read as `a` where b is no module."""
        for match in IMPORT.finditer(self.code):
            line = self.line_at(match.start(0) + len(match[0]) - len(match[0].lstrip()))
            home, names, modules = match.groups()
            if home is None:
                yield from ((line, name.split()[0]) for name in modules.split(",") if name.strip())
            else:
                yield from ((line, f"{home}.{name.split()[0]}") for name in names.strip("() ").split(",") if name.strip("( )\n"))

    def functions(self) -> Iterator[tuple[int, int, str, str]]:
        """Yield (first line, last line, name, header) of each function that has a body, nested ones included."""
        for start, line in enumerate(self.code_lines):
            match = FUNCTION.match(line)
            if match:
                end = _header_end(self.code_lines, start)
                header = " ".join(part.strip() for part in self.code_lines[start : end + 1])
                if header.endswith(":"):
                    yield start + 1, _body_end(self.code_lines, end, len(match[1])) + 1, match[2], header


def imports_point_down(source: Source) -> Found:
    """A module imports only what lies below it."""
    if not source.in_engine:
        return
    layer = _layer(source.module)
    allowed = ISOLATED.get(source.module) or _reachable(layer) | {layer}
    for line, name in source.imports():
        known = any(f"{name}.".startswith(f"{module}.") for module in allowed) or (name == "engine" and layer == "engine.cli")
        if name.startswith("."):
            yield line, f"{name}: name the module in full, so that this rule can see where it points"
        elif f"{name}.".startswith("engine.") and not known:
            yield line, f"{source.module} imports {name}; it may import {', '.join(sorted(allowed))}"


def layers_stay_pure(source: Source) -> Found:
    """The core knows no clock, no I/O and no log; nothing below the gateway knows asyncio."""
    foreign = {name for layer, names in FOREIGN.items() if f"{source.module}.".startswith(f"{layer}.") for name in names}
    for line, name in source.imports():
        if name.split(".")[0] in foreign:
            yield line, f"{source.module} must not import {name.split('.')[0]}"


def core_knows_no_float(source: Source) -> Found:
    """No float literal and no float type in matching and venue."""
    if source.path.startswith(("engine/matching/", "engine/venue/")):
        for match in re.finditer(
            r"(?<![\w.])(?:\d[\d_]*\.\d*(?:[eE][-+]?\d+)?|\d[\d_]*[eE][-+]?\d+|\.\d+)|\b(?:float|double|Decimal)\b", source.code
        ):
            yield source.line_at(match.start()), f"{match[0]}: the core counts in integers"


def files_keep_their_budget(source: Source) -> Found:
    """A file fits its budget of lines."""
    budget = BUDGETS.get(source.path) or (TEST_BUDGET if source.path.startswith("tests/") else SUFFIX_BUDGETS.get(source.suffix))
    if budget and len(source.lines) > budget:
        yield len(source.lines), f"{len(source.lines)} lines; the budget is {budget}"


def functions_fit_a_screen(source: Source) -> Found:
    """A function has at most 70 lines, docstring included."""
    for first, last, name, _ in source.functions() if source.is_code else ():
        if last - first >= FUNCTION_LINES:
            yield first, f"{name} has {last - first + 1} lines; the limit is {FUNCTION_LINES}"


def lines_fit_the_page(source: Source) -> Found:
    """A line has at most 140 columns; tables and links of Markdown may be longer."""
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS and not (source.suffix == ".md" and (line.startswith("|") or "](" in line)):
            yield number, f"{len(line)} columns; the limit is {COLUMNS}"
        if line != line.rstrip() or (source.is_code and "\t" in line):
            yield number, "a tab or a blank at the end of the line"


def nothing_is_included(source: Source) -> Found:
    """Names come by cimport, never by textual include."""
    if source.is_cython:
        for number, line in enumerate(source.code_lines, 1):
            if re.match(r"\s*include\b\s*\"", line):
                yield number, "include: names appear from nowhere; cimport them"


def directives_stand_in_setup(source: Source) -> Found:
    """Compiler directives are set once, for all modules."""
    for line, comment in source.comments if source.is_cython else ():
        if re.match(r"#\s*(?:cython|distutils)\s*:", comment):
            yield line, "directives stand in setup.py, once for all modules"


def no_code_sleeps_in_comments(source: Source) -> Found:
    """Comments are sentences, not code that was switched off."""
    for line, comment in source.comments if source.is_code else ():
        if STATEMENT.match(comment.lstrip("# ").strip()):
            yield line, f"commented-out code? {comment}"


def nothing_is_left_to_do(source: Source) -> Found:
    """No TODO and its kin, and no print in the library."""
    for number, line in enumerate(source.lines, 1):
        match = re.search(r"\b(?:TODO|FIXME|XXX|HACK)\b", line)
        if match:
            yield number, f"{match[0]}: do it now, or open an issue"
    for number, line in enumerate(source.code_lines if source.in_engine else (), 1):
        if re.search(r"(?<![\w.])print\(", line):
            yield number, "print: the library is silent, the program echoes"


def names_say_something(source: Source) -> Found:
    """No Manager, Helper, Util or Impl, in a path or in a name that the code defines."""
    for word in _words(source.path.rsplit(".", 1)[0]):
        if word in VAGUE:
            yield 1, f"{source.path}: {word} says nothing"
    for match in re.finditer(r"\b(?:class|struct|enum|def|cdef|cpdef)\b[^\n(:=]*?(\w+)\s*[(:]", source.code if source.is_code else ""):
        for word in _words(match[1]):
            if word in VAGUE:
                yield source.line_at(match.start(1)), f"{match[1]}: {word} says nothing"


def words_are_the_glossarys(source: Source) -> Found:
    """One concept, one name: the glossary's."""
    for match in re.finditer(r"(?<!\.)\b[A-Za-z_]\w*\b", source.code if source.is_code else ""):
        for word in {*_words(match[0]), match[0].lower()}:
            if word in GLOSSARY:
                yield source.line_at(match.start()), f"{match[0]}: the glossary says {GLOSSARY[word]}"


def canceled_has_one_l(source: Source) -> Found:
    """FIX spells it so; asyncio's own names are its own."""
    for match in re.finditer(r"(?<!\.)\b\w*cancell(?:ed|ing)(?!error)", source.text, re.IGNORECASE):
        yield source.line_at(match.start()), f"{match[0]}: canceled has one l"


def nogil_voids_are_noexcept(source: Source) -> Found:
    """A nogil function that returns nothing says noexcept, or every call of it takes the GIL to look for an exception."""
    for match in re.finditer(r"\bvoid\s+(\w+)\s*\(", source.code if source.is_cython else ""):
        tail = _after_parentheses(source.code, match.end() - 1)
        if re.search(r"\bnogil\b", tail) and not re.search(r"\bnoexcept\b|\bexcept\b", tail):
            yield source.line_at(match.start()), f"{match[1]} is nogil and void, but not noexcept"


def modules_say_what_they_are(source: Source) -> Found:
    """A compiled module opens with a docstring."""
    if source.suffix == ".pyx" and not source.text.startswith(('"""', 'r"""')):
        yield 1, "a module opens with its docstring"


def no_machine_is_named(source: Source) -> Found:
    """No absolute path of somebody's machine, and no folder that only one machine has."""
    for number, line in enumerate(source.lines, 1):
        match = re.search(r"(?<![\w.:/])/(?:root|home|work|Users|tmp|opt)/[\w.]", line)
        if match:
            yield number, f"{match[0]}…: a path of one machine"
        if "../shared" in line and source.path != ".ci/run":
            yield number, "the folder beside the checkout is named in .ci/run only"


RULES: list[Rule] = [
    imports_point_down,
    layers_stay_pure,
    core_knows_no_float,
    files_keep_their_budget,
    functions_fit_a_screen,
    lines_fit_the_page,
    nothing_is_included,
    directives_stand_in_setup,
    no_code_sleeps_in_comments,
    nothing_is_left_to_do,
    names_say_something,
    words_are_the_glossarys,
    canceled_has_one_l,
    nogil_voids_are_noexcept,
    modules_say_what_they_are,
    no_machine_is_named,
]

# They search the whole text, and so find themselves: the files that hold these rules and their examples are free of them.
ON_TEXT = {nothing_is_left_to_do, canceled_has_one_l, no_machine_is_named}


def _blank(text: str, quote: str) -> str:
    """Keep the lines and the columns of a string or a comment, and one quote at each end of a string."""
    inside = re.sub(r"[^\n]", " ", text)
    return quote + inside[1:-1] + quote if quote == '"' else inside


def _layer(module: str) -> str:
    return max((layer for layer in ARROWS if f"{module}.".startswith(f"{layer}.")), key=len, default=module)


def _reachable(layer: str) -> set[str]:
    below = ARROWS.get(layer, set())
    return below.union(*(_reachable(_layer(name)) for name in below))


def _header_end(lines: list[str], start: int) -> int:
    depth = 0
    for number in range(start, len(lines)):
        depth += sum(lines[number].count(c) for c in "([{") - sum(lines[number].count(c) for c in ")]}")
        if depth <= 0:
            return number
    return len(lines) - 1


def _body_end(lines: list[str], header_end: int, indent: int) -> int:
    last = header_end
    for number in range(header_end + 1, len(lines)):
        line = lines[number]
        if line.strip():
            if len(line) - len(line.lstrip()) <= indent:
                break
            last = number
    return last


def _after_parentheses(code: str, opening: int) -> str:
    depth = 0
    for offset in range(opening, len(code)):
        depth += (code[offset] == "(") - (code[offset] == ")")
        if depth == 0:
            return code[offset + 1 :].partition("\n")[0]
    return ""


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
