"""What makes a load worthless."""

# What a report breaks; a good one breaks the first.  `reading.pyx` has names for the places.
RULES = (
    "",
    "is no report of the protocol",
    "has not the next number",
    "is marked as a repeat, though nothing was asked for again",
    "is about a request that was not sent",
    "answers a request that was answered before, or is not yet its turn",
    "does not fit the kind of its request",
    "differs from what was asked for",
    "has quantities that do not follow from those before",
    "is about an order that is not open",
    "has another order_id than its order",
    "has a status that its quantities contradict",
    "has an execution that its order did not ask for",
    "says that an open order is not there",
    "refuses without a reason",
    "counts the canceled orders wrongly",
    "has an exec_id that does not rise",
    "found no memory",
)


class LoadFault(Exception):
    """A venue's report breaks a rule: the session it was sent to (its place from 0), the report's number, what is wrong, its payload."""

    def __init__(self, session: int, report: int, wrong: str, payload: bytes = b"") -> None:
        super().__init__(f"session {session + 1}, report {report}: {wrong}")
        self.session = session
        self.report = report
        self.wrong = wrong
        self.payload = payload


class LoadRefused(Exception):
    """A load was not begun, or was cut off: the text says why and what to do."""
