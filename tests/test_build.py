"""The build: no hint, no warning, no Python in the hot path, honest stubs, and an sdist from which it all comes again."""

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from tests.checkout import ROOT, copy_to, listed, run
from tests.tidy import Source

pytestmark = pytest.mark.house

# Runs setup.py in this process, so that the HTML is also written for headers: their inline functions are the leaves of the hot path.
ANNOTATE = """
import os, runpy, sys
from Cython.Compiler.Annotate import AnnotationCCodeWriter as Writer
save = Writer.save_annotation
def save_headers_too(self, source, target, coverage_xml=None):
    save(self, source, target, coverage_xml)
    for header in [name for name in self.code if name.endswith(".pxd") and "matching" in name]:
        save(self, header, f"{target[:-2]}-{os.path.basename(header)}.c")
Writer.save_annotation = save_headers_too
os.cpu_count = lambda: 1
sys.argv = ["setup.py", "--version"]
runpy.run_path("setup.py", run_name="__main__")
"""
HOT = '''"""Slow."""


cdef void twice(int* number) nogil:
    number[0] *= 2


def four():
    cdef int number = 2
    with nogil:
        twice(&number)
    return number
'''
SCORED = re.compile(r'<pre class="cython line score-(\d+)"[^>]*>.*?<span class="">0*(\d+)</span>')


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clone = copy_to(
        tmp_path_factory.mktemp("annotated"), "setup.py", "pyproject.toml", "README.md", "LICENSE", "engine/__init__.py", "engine/matching/"
    )
    told = run(sys.executable, "-c", ANNOTATE, cwd=clone, ENGINE_ANNOTATE="1")

    assert "warning" not in told.stderr, told.stderr
    return clone


def test_no_line_of_a_nogil_function_of_matching_touches_python(annotated: Path) -> None:
    touching, seen = set(), 0
    for page in sorted((annotated / "engine/matching").glob("*.html")):
        name = page.stem.rpartition("-")[2]
        source = Source(path := f"engine/matching/{name if name.endswith('.pxd') else f'{name}.pyx'}", (ROOT / path).read_text())
        hot = {line for first, last, _, header in source.functions() if "nogil" in header.split(")")[-1] for line in range(first, last + 1)}
        scores = {int(line): int(score) for score, line in SCORED.findall(page.read_text())}
        seen += len(hot & scores.keys())
        touching |= {f"{path}:{line}: score {scores[line]}: {source.lines[line - 1].strip()}" for line in hot if scores.get(line)}

    assert not touching, "\n".join(sorted(touching))
    assert seen > 100


def test_a_performance_hint_fails_the_build_each_time(tmp_path: Path) -> None:
    clone = copy_to(tmp_path, "setup.py", "pyproject.toml", "README.md", "LICENSE", "engine/__init__.py")
    (clone / "engine/slow.pyx").write_text(HOT)
    for _ in range(2):
        told = run(sys.executable, "setup.py", "--version", cwd=clone, check=False)

        assert told.returncode != 0
        assert "engine/slow.pyx:4" in told.stderr
        assert "the build fails on a performance hint" in told.stderr


@pytest.mark.parametrize(("switches", "chosen"), [({}, {"-O3"}), ({"ENGINE_NATIVE": "1"}, {"-O3", "-march=native"}),
                                                  ({"ENGINE_DEBUG": "1"}, {"-O0", "-g"})])  # fmt: skip
def test_only_who_asks_for_it_gets_a_build_for_one_kind_of_processor(tmp_path: Path, switches: dict[str, str], chosen: set[str]) -> None:
    clone = copy_to(tmp_path, "setup.py", "pyproject.toml", "README.md", "LICENSE", "engine/__init__.py")
    (clone / "engine/fast.pyx").write_text('"""Fast."""\n')
    switches = {"ENGINE_NATIVE": "0", "ENGINE_DEBUG": "0", "CFLAGS": ""} | switches
    told = run(sys.executable, "setup.py", "build_ext", cwd=clone, CC="true", **switches).stdout  # a compiler that does nothing
    call = next(line for line in told.splitlines() if line.startswith("true ") and "engine/fast.c" in line)

    assert chosen == {word for word in call.rpartition("fast.o")[2].split() if word.startswith("-")}
    assert ("-march=native" in call) == ("-march=native" in chosen)


def test_stubs_agree_with_the_compiled_modules() -> None:
    stubs = [path.removesuffix(".pyi").replace("/", ".") for path in listed() if path.endswith(".pyi")]
    options = ("--mypy-config-file=pyproject.toml", "--allowlist=tests/typing/stubtest.txt")
    run(sys.executable, "-m", "mypy.stubtest", "--ignore-disjoint-bases", *options, *stubs)


def test_the_makefile_installs_what_the_build_needs() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    installed = re.search(r"^BUILD_NEEDS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert installed
    assert needs == shlex.split(installed[1])


def test_the_extra_for_tests_is_the_group_for_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert project["dependency-groups"]["test"] == project["project"]["optional-dependencies"]["test"]


def test_sdist_gives_a_wheel_that_passes_away_from_the_checkout(tmp_path: Path) -> None:
    clone = copy_to(tmp_path / "clone")
    backend = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    run(sys.executable, "-c", backend, tmp_path / "sdist", cwd=clone)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    alone = ("--no-deps", "--no-index")
    run(*pip, "wheel", *alone, "--no-build-isolation", "-w", tmp_path / "wheel", *(tmp_path / "sdist").glob("*.tar.gz"), cwd=tmp_path)
    run(*pip, "install", *alone, "--target", tmp_path / "site", *(tmp_path / "wheel").glob("*.whl"), cwd=tmp_path)
    away = copy_to(tmp_path / "away", "tests/", "docs/", "README.md", "pyproject.toml")
    where = run(sys.executable, "-c", "import engine; print(engine.__file__)", cwd=away, PYTHONPATH=str(tmp_path / "site")).stdout
    shipped = {path.suffix for path in (tmp_path / "site/engine").rglob("*")}

    assert where.strip() == str(tmp_path / "site/engine/__init__.py")
    assert {".py", ".pyx", ".pxd", ".pyi", ".so"} <= shipped
    assert (tmp_path / "site/engine/py.typed").exists()
    assert not shipped & {".c", ".html"}
    run(tmp_path / "site/bin/ats", "--help", cwd=away, PYTHONPATH=str(tmp_path / "site"))
    quick = [path for path in ("tests/matching", "tests/protocol", "tests/venue") if (away / path).exists()]
    others = ("-m", "not house", "--ignore-glob=*/test_mutants.py")  # what judges the sources, which are not there
    run(sys.executable, "-m", "pytest", "-q", *others, *quick, cwd=away, PYTHONPATH=str(tmp_path / "site"), HYPOTHESIS_PROFILE="quick")
