"""Where and when a figure was taken, and the file that keeps it."""

import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.floor import FLAGS, compiler

RESULTS = Path(__file__).parent / "results"
ELSEWHERE = "BENCH_RESULTS"  # the environment variable that names another folder for what is saved


def pin() -> None:
    """Keep this process and its children on one core, where the system allows: the last one, since interrupts prefer the first."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def describe() -> dict[str, Any]:
    """Say what a reader must know to compare a figure with his own."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _told("git", "-C", str(RESULTS), "describe", "--always", "--dirty"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "kernel": platform.release(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "unknown",
        "virtual": _virtual(),
        "disk": _told("findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", tempfile.gettempdir()) or "unknown",
        "python": platform.python_version(),
        "cython": _version("cython"),
        "compiler": _told(compiler(), "--version").split("\n")[0],
        "flags": f"{sysconfig.get_config_var('CFLAGS') or ''} -O3".strip(),
        "native": _native(),
        "floor_flags": " ".join(FLAGS),
        "command": " ".join(["python -m bench", Path(sys.argv[0]).stem, *sys.argv[1:]]),
    }


def heading(about: dict[str, Any]) -> str:
    """The same in two lines."""
    return (
        f"{about['cpu']}, {about['cores']} cores, load {about['load']}, {about['system']} {about.get('kernel', '')}\n"
        f"CPython {about['python']}, {about['compiler']}, commit {about['commit'] or 'none'}, {about['when']}"
    )


def save(name: str, result: dict[str, Any]) -> Path:
    """Write a result to results/<date>-<machine>-<name>.json, or to the folder that BENCH_RESULTS names, and return its path."""
    path = Path(os.environ.get(ELSEWHERE, RESULTS)) / f"{label(result['machine'])}-{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path


def label(about: dict[str, Any]) -> str:
    """Return what the names of a run's files begin with: <date>-<machine>."""
    cpu = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)|processor|cpu", "", about["cpu"].lower())).strip("-")
    return f"{about['when'][:10]}-{cpu}"


def _virtual() -> str:
    """Return the hypervisor's name, `none` on bare metal, `unknown` where the system does not say."""
    told = _told("systemd-detect-virt", "--vm", failing=True) or _read("/sys/hypervisor/type")
    if told:
        return told
    flags = next((line for line in _read("/proc/cpuinfo").splitlines() if line.startswith("flags")), None)
    if flags is None:
        return "unknown"
    return f"yes, {_read('/sys/class/dmi/id/sys_vendor') or 'vendor unknown'}" if " hypervisor" in flags else "none"


@cache
def _native() -> bool | None:
    """Say whether the engine was compiled for this kind of processor only: wide registers give it away.  None where nobody can tell."""
    from engine.matching import book

    code = _told("objdump", "-d", "--no-show-raw-insn", book.__file__) if platform.machine() == "x86_64" else ""
    return re.search(r"%[yz]mm\d", code) is not None if code else None


def _cpu() -> str:
    lines = _read("/proc/cpuinfo").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor() or "unknown")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _told(*command: str, failing: bool = False) -> str:
    """Return what a command prints; nothing where there is none or it fails, unless what it says in `failing` counts."""
    try:
        return subprocess.run(command, check=not failing, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
