"""The project's own files, for the tests that judge or build them."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

ROOT = Path(__file__).parent.parent
IGNORED = re.compile(r"(?:build|dist|\.venv|\.\w+_cache|\.hypothesis|\.benchmarks|[^/]*\.egg-info)/|PKG-INFO|setup\.cfg")
# Tools that a tool starts are found beside this interpreter.
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def listed() -> list[str]:
    """Name the files of the project, tracked or not yet, that git does not ignore; away from git (an sdist) those that git would list."""
    if not (ROOT / ".git").exists():
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file() and path.suffix not in {".so", ".html", ".pyc"})
        built = {path.with_suffix(".c") for path in (ROOT / "engine").rglob("*.pyx")}
        return sorted(str(path) for path in found if ROOT / path not in built and not IGNORED.match(str(path)))
    told = run("git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard")
    return sorted({path for path in told.stdout.splitlines() if (ROOT / path).is_file()})


def copy_to(folder: Path, *starts: str) -> Path:
    """Copy the files whose paths start so (all files by default) into a new folder, as a fresh clone has them."""
    for path in listed():
        if path.startswith(starts or ""):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            copyfile(ROOT / path, folder / path)
    return folder


def run(*command: str | Path, cwd: Path = ROOT, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program; when it fails, fail with what it said."""
    done = subprocess.run(command, cwd=cwd, env={**ENVIRONMENT, **environment}, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done
