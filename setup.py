"""Build the compiled modules: every engine/**/*.pyx, one extension each.

ENGINE_DEBUG=1 compiles with checks and without optimisation, ENGINE_NATIVE=1 for this kind of processor alone, ENGINE_TRACE=1 with line
tracing for coverage; ENGINE_ANNOTATE=1 leaves the HTML that shows where Python is left.  `make clean` in between: objects don't know it.
"""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

DEBUG, NATIVE, TRACE, ANNOTATE = (os.environ.get(f"ENGINE_{switch}") == "1" for switch in ("DEBUG", "NATIVE", "TRACE", "ANNOTATE"))
CORES = os.cpu_count() or 1
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": DEBUG,
    "auto_pickle": False,
    "binding": True,
    "embedsignature": True,
    "linetrace": TRACE,
}
# sys.monitoring leaves the coverage of 3.13 empty without a word
MACROS = [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")] if TRACE else []


def compiled() -> list[Extension]:
    """Return the extensions with their C written; exit when Cython hints at a slow spot, which it takes for a success."""
    sources = sorted(Path("engine").rglob("*.pyx"))
    flags = {"define_macros": MACROS, "extra_compile_args": ["-O0", "-g"] if DEBUG else ["-O3", *["-march=native"] * NATIVE]}
    modules = [Extension(".".join(path.with_suffix("").parts), [str(path)], **flags) for path in sources]
    if {"sdist", "egg_info", "dist_info"} & set(sys.argv):
        return modules  # who only asks for names need not wait
    options = {"compiler_directives": DIRECTIVES, "annotate": ANNOTATE, "force": DEBUG or TRACE or ANNOTATE}
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)  # Cython's processes write their hints there
        try:
            modules = cythonize(modules, nthreads=CORES, **options)
        finally:
            os.dup2(stderr, 2)
            said.seek(0)
            text = said.read().decode(errors="replace")
            sys.stderr.write(text)
    if "performance hint" in text:
        for path in sources:
            path.with_suffix(".c").unlink(missing_ok=True)  # or the next build would find it up to date
        sys.exit("the build fails on a performance hint: a hot function checks for exceptions or takes the GIL")
    return modules


# build_lib is the default's value: said aloud, it also holds for an editable install, which would compile all anew elsewhere.
BUILD_LIB = f"build/lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
setup(ext_modules=compiled(), options={"build_ext": {"parallel": CORES, "build_lib": BUILD_LIB}})
