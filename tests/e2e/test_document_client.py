"""The client at the end of docs/PROTOCOL.md, as it stands there: it knows msgpack, Ed25519 and the document, nothing of this project."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from engine.matching.enums import ExecType
from tests.checkout import ROOT
from tests.cli.venues import made_venue, serving

DOCUMENT = ROOT / "docs" / "PROTOCOL.md"


def test_client_of_the_document_trades_and_resumes_after_a_cut(tmp_path: Path) -> None:
    """Its first connection is cut before it read a report; the second one gets every report once, in order."""
    (code,) = re.findall(r"<!-- client:begin -->\n```python\n(.*?)```\n<!-- client:end -->", DOCUMENT.read_text(), re.DOTALL)
    script = tmp_path / "client.py"
    script.write_text(code)
    folder = made_venue(tmp_path / "venue", "alice")
    with serving(folder) as address:
        host, _, port = address.partition(":")
        call = [sys.executable, script.name, host, port, "alice", str(folder / "keys" / "alice.pem"), "1"]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    reports = [ast.literal_eval(line) for line in done.stdout.splitlines()]
    assert [1, 2, 3] == [report[1] for report in reports]
    assert [ExecType.NEW, ExecType.REPLACED, ExecType.CANCELED] == [report[11] for report in reports]
