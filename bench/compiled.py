"""The Cython sources of the benches, compiled when they are asked for, as the package is."""

import importlib.util
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Distribution, Extension

ROOT = Path(__file__).parents[1]
FLAGS = ["-O3"]
DIRECTIVES = {"language_level": 3, "boundscheck": False, "wraparound": False, "cdivision": True, "initializedcheck": False}


def build(name: str, directory: Path) -> Path:
    """Compile `bench/<name>.pyx` into a directory and return the library's path."""
    module = Extension(name, [str(Path(__file__).with_name(f"{name}.pyx"))], extra_compile_args=FLAGS)
    modules = cythonize([module], include_path=[str(ROOT)], build_dir=str(directory), compiler_directives=DIRECTIVES, quiet=True)
    command: Any = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = str(directory)
    command.ensure_finalized()
    command.run()
    return Path(command.get_ext_fullpath(name))


def loaded(library: Path) -> Any:
    """Import a compiled library."""
    spec = importlib.util.spec_from_file_location(library.name.split(".")[0], library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
