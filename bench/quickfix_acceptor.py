"""A peer of the TCP benches: QuickFIX's acceptor, from Python, answering each NewOrderSingle with an ExecutionReport; it says its port.

The least that a user of it writes: no data dictionary, messages stored in memory, nothing logged.  It checks nothing, matches nothing and
keeps no money.
"""

import signal
import socket
import sys
import tempfile
from pathlib import Path

import quickfix as fix

SETTINGS = """
[DEFAULT]
ConnectionType=acceptor
StartTime=00:00:00
EndTime=00:00:00
UseDataDictionary=N
ResetOnLogon=Y
SocketNodelay=Y
[SESSION]
BeginString=FIX.4.4
SenderCompID=VENUE
TargetCompID=LOAD
SocketAcceptPort={port}
"""


class Venue(fix.Application):
    """Takes every order, and says so."""

    def onCreate(self, session: object) -> None: ...  # noqa: N802  these names are QuickFIX's
    def onLogon(self, session: object) -> None: ...  # noqa: N802
    def onLogout(self, session: object) -> None: ...  # noqa: N802
    def toAdmin(self, message: object, session: object) -> None: ...  # noqa: N802
    def fromAdmin(self, message: object, session: object) -> None: ...  # noqa: N802
    def toApp(self, message: object, session: object) -> None: ...  # noqa: N802

    def fromApp(self, message: fix.Message, session: fix.SessionID) -> None:  # noqa: N802
        """Answer a NewOrderSingle."""
        order = {field: message.getField(field) for field in (11, 38, 44, 54, 55)}
        report = fix.Message()
        report.getHeader().setField(fix.MsgType("8"))
        for field, value in {37: order[11], 17: order[11], 150: "0", 39: "0", 151: order[38], 14: "0", 6: "0", **order}.items():
            report.setField(fix.StringField(field, value))
        fix.Session.sendToTarget(report, session)


def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="ats-quickfix-") as folder:
        path = Path(folder) / "acceptor.cfg"
        path.write_text(SETTINGS.format(port=port), encoding="ascii")
        venue = Venue()
        acceptor = fix.SocketAcceptor(venue, fix.MemoryStoreFactory(), fix.SessionSettings(str(path)))
        acceptor.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        acceptor.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
