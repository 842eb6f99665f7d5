"""Venues as users start them: a folder made by `ats init`, served by `ats serve` in a process of its own on a free port."""

import json
import subprocess
import sys
from contextlib import contextmanager

from click.testing import CliRunner

from engine.cli import main
from tests.checkout import ROOT


def ats(*words, **options):
    """Run a command in this process and return its result."""
    return CliRunner().invoke(main, [str(word) for word in words], **options)


def made_venue(folder, *names):
    """Make a venue's folder with these subscribers."""
    options = [word for name in names for word in ("--subscriber", name)]
    result = ats("init", folder, *options)
    assert result.exit_code == 0, result.output
    return folder


@contextmanager
def serving(folder, *, admin=False):
    """Serve a venue and give its address, with `admin` its operators' as well; ends it as Ctrl-C would and checks that it went quietly."""
    call = [sys.executable, "-m", "engine", "serve", "--venue", folder, "--port", "0", "--json", "--log-level", "error"]
    call += ["--admin-port", "0"] if admin else []
    with subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line, process.communicate(timeout=30)[1]
            told = json.loads(line)
            address = f"{told['host']}:{told['port']}"
            yield (address, f"{told['admin_host']}:{told['admin_port']}") if admin else address
        finally:
            process.terminate()
            _, complaints = process.communicate(timeout=30)
    assert (0, "") == (process.returncode, complaints)
