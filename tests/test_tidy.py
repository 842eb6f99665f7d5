"""The house rules hold in every file, and each of them can fail."""

import os
from pathlib import Path

import pytest

from tests.checkout import ROOT, listed, run
from tests.tidy import ON_TEXT, RULES, Rule, Source

pytestmark = pytest.mark.house

TEXT = {".py", ".pyx", ".pxd", ".pyi", ".md", ".toml", ".in", ".c", ".h"}
TOP_LEVEL = {
    *{".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "MANIFEST.in", "Makefile", "README.md", "pyproject.toml", "setup.py"},
    *{"bench", "docs", "engine", "tests"},
}
GENERATED = {".so", ".html", ".pyc", ".pyd"}

# rule -> a file that breaks it, and its neighbour that does not
EXAMPLES = {
    "imports_point_down": (
        ("engine/matching/book.pyx", "from engine.venue.venue cimport Venue\n"),
        ("engine/venue/venue.pyx", "from engine.matching.book cimport (\n    Book,\n    Order,\n)\n"),
    ),
    "layers_stay_pure": (
        ("engine/matching/book.pyx", "from time import time_ns\n"),
        ("engine/gateway/server.py", "import asyncio\n"),
    ),
    "core_knows_no_float": (("engine/venue/fees.py", "rate = 0.5\n"), ("engine/venue/fees.py", "a = b[1:2].c  # 0.5 of it\n")),
    "files_keep_their_budget": (("engine/sequencer.pyx", "\n" * 451), ("engine/sequencer.pyx", "\n" * 450)),
    "functions_fit_a_screen": (
        ("engine/a.pyx", "cdef inline int f(\n    int a,\n) noexcept nogil:\n" + "    a += 1\n\n" * 34 + "    a += 1\n"),
        ("engine/a.pyx", "cdef inline int f(\n    int a,\n) noexcept nogil:\n" + "    a += 1\n" * 67 + "\ncdef int b = 1\n"),
    ),
    "lines_fit_the_page": (("docs/A.md", "x" * 141), ("docs/A.md", "|" + "x" * 200)),
    "nothing_is_included": (("engine/a.pyx", '    include "b.pyx"\n'), ("engine/a.pyx", '"""\ninclude "b.pyx"\n"""\n')),
    "directives_stand_in_setup": (("engine/a.pyx", "# cython: boundscheck=True\n"), ("engine/a.pyx", "# cython checks this\n")),
    "no_code_sleeps_in_comments": (("engine/a.pyx", "# order.next = ref\n"), ("engine/a.pyx", "# shown again at the back of its level\n")),
    "nothing_is_left_to_do": (("engine/a.py", "if a:\n    print(a)\n"), ("engine/a.py", 'a = "print(b)"\n')),
    "names_say_something": (("engine/a.py", "class OrderManager:\n"), ("engine/a.py", "def implied(self, manager_id):\n")),
    "words_are_the_glossarys": (("engine/a.pyx", "cdef price_t best_offer\n"), ("engine/a.pyx", "# what the venue may offer\n")),
    "canceled_has_one_l": (
        ("docs/A.md", "It was cancelled.\n"),
        ("engine/a.py", "except asyncio.CancelledError:\n    future.cancelled()\n"),
    ),
    "nogil_voids_are_noexcept": (
        ("engine/a.pyx", "cdef void f(\n    int a,\n) nogil:\n    pass\n"),
        ("engine/a.pxd", "cdef void f(int a) noexcept nogil\n"),
    ),
    "modules_say_what_they_are": (("engine/a.pyx", "cdef int a\n"), ("engine/a.pyx", '"""The book."""\n')),
    "no_machine_is_named": (("docs/A.md", "see /root/notes\n"), ("docs/A.md", "https://example.com/root/notes, engine/root/x\n")),
}


@pytest.fixture(scope="module")
def files() -> list[str]:
    return listed()


@pytest.fixture(scope="module")
def sources(files: list[str]) -> list[Source]:
    chosen = [path for path in files if Path(path).suffix in TEXT or path in {"Makefile", ".ci/run"}]
    return [Source(path, (ROOT / path).read_text("utf-8")) for path in chosen]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rule(rule: Rule, sources: list[Source]) -> None:
    judged = [source for source in sources if rule not in ON_TEXT or source.path not in {"tests/tidy.py", "tests/test_tidy.py"}]
    broken = [f"{source.path}:{line}: {said}" for source in judged for line, said in rule(source)]

    assert not broken, f"{rule.__doc__}\n  " + "\n  ".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_can_fail(rule: Rule) -> None:
    bad, good = EXAMPLES[rule.__name__]

    assert list(rule(Source(*bad))), f"the rule lets this pass: {bad}"
    assert not list(rule(Source(*good)))


def test_the_top_level_is_fixed(files: list[str]) -> None:
    assert sorted({path.split("/")[0] for path in files} - TOP_LEVEL) == []


def test_nothing_generated_is_tracked(files: list[str]) -> None:
    assert [path for path in files if Path(path).suffix in GENERATED] == []
    assert [path for path in files if path.startswith("engine/") and Path(path).suffix in {".c", ".cpp", ".h"}] == []


def test_every_compiled_module_has_its_header_and_its_stub(files: list[str]) -> None:
    modules = [path for path in files if path.startswith("engine/") and path.endswith(".pyx")]
    faces = [path for path in modules if _has_python_face(path)]

    assert [path for path in modules if path.replace(".pyx", ".pxd") not in files] == []
    assert [path for path in faces if path.replace(".pyx", ".pyi") not in files] == []


def test_ci_calls_only_words_of_the_makefile() -> None:
    called = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]

    assert called == ["make test </dev/null"]
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_the_makefile_has_at_most_ten_words_and_each_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text()
    words = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    told = run("make", "-s", "help").stdout

    assert len(words) <= 10
    assert sorted(words) == sorted(line.split()[1] for line in told.splitlines())


def _has_python_face(path: str) -> bool:
    code = Source(path, (ROOT / path).read_text("utf-8")).code_lines
    return any(line.startswith(("def ", "cpdef ", "cdef class ", "class ", "async def ", "@")) for line in code)
