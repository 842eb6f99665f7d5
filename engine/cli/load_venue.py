"""The venue that `ats load` starts for itself: a process of its own, with keys, money and a journal in a temporary folder."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.child import serve_call, surroundings
from engine.cli.output import fail
from engine.cli.venue_folder import CONFIG, key_path, make_keys

if TYPE_CHECKING:
    from engine.load.session import Party

MODES = ("memory", "async", "durable")
STOP_S = 60
LOG = "venue.log"
_HEAD = """\
[venue]
name = "ATS-LOAD"

[gateway]
unauthenticated_max = 1024
messages_per_s = 10_000_000
cancels_per_s = 10_000_000
requests_per_s = 10_000_000

[journal]
mode = "{mode}"

[[instrument]]
symbol = "AAPLx"
tick = "0.01"
lot = "0.0001"
fees = [{{ maker = "-0.2", taker = "1" }}]
"""
_SUBSCRIBER = """
[[subscriber]]
name = "{name}"
public_key = "{key}"
accounts = [{account}]
stp_group = 0
balances = {{ USDC = "1000000000", AAPLx = "10000000" }}
"""


@contextmanager
def own_venue(mode: str, sessions: int) -> "Iterator[tuple[str, list[Party]]]":
    """Run a venue without throttles and give its address and its sessions; in the end it walks its whole state."""
    from engine.load.session import Party

    with tempfile.TemporaryDirectory(prefix="ats-load-") as name:
        folder = Path(name)
        subscribers = make_keys(folder, [f"load{number}" for number in range(1, sessions + 1)])
        tables = [_SUBSCRIBER.format(name=who, key=key, account=number) for number, (who, key) in enumerate(subscribers, 1)]
        (folder / CONFIG).write_text(_HEAD.format(mode=mode) + "".join(tables), encoding="utf-8")
        parties = [Party({"name": who, "key": key_path(folder, who)}, number) for number, (who, _) in enumerate(subscribers, 1)]
        with _served(folder) as address:
            yield address, parties


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    with (folder / LOG).open("wb") as log:
        # Out of reach of the terminal's Ctrl-C, so that the sessions can log out first.
        process = subprocess.Popen(  # noqa: S603 - this very program
            serve_call(folder, 0, log_level="error"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            env=surroundings(),
        )
        try:
            assert process.stdout is not None, "stdout is a pipe"
            line = process.stdout.readline()
            if not line:
                fail(f"the venue did not start:\n{_said(folder)}")
            told = json.loads(line)
            yield f"{told['host']}:{told['port']}"
        finally:
            process.terminate()
            try:
                process.communicate(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
    if process.returncode:
        fail(f"the venue ended with exit code {process.returncode}:\n{_said(folder)}")


def _said(folder: Path) -> str:
    return (folder / LOG).read_text(encoding="utf-8", errors="replace")[-2000:]
