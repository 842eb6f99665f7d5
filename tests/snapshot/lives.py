"""Lives of a venue with everything: its sequencer writes a log, its office acts, its sessions come and go."""

from collections import Counter
from typing import Any, NamedTuple

from hypothesis import strategies as st

from engine.journal.journal import Journal
from engine.journal.memory import MemoryJournal
from engine.journal.records import Group
from engine.matching.enums import OrdType, Side, TimeInForce
from engine.replica import Replica
from engine.sequencer import Sequencer
from engine.testing.commands import Cancel, Enter, MassCancel, Replace, pack
from engine.venue import acts
from engine.venue.acts import FOUNDER, BaseAct, Request, encode
from engine.venue.office import Office
from engine.venue.terms import AuctionTerms
from engine.venue.venue import Venue
from tests.venue.acting import PAIRS, act_steps, hold_of
from tests.venue.offices import KEYS, NOW, SECOND
from tests.venue.twins import CAPACITIES, LIMITS
from tests.venue.twins import opening as market

BIRTH = b"how it was born"
ROLES = ("operator", "operator", "compliance", "compliance", "treasury", "treasury", "examiner")
Said = tuple[bytes, bytes, int]

AUCTION = AuctionTerms(call_ns=6 * SECOND, pause_ns=4 * SECOND, collar_bps=300, extend_ns=3 * SECOND, max_extensions=1)

sessions = st.integers(1, 3)
sides = st.sampled_from(Side)
prices = st.integers(96, 104).map(lambda cents: cents * 1_000)
lots = st.integers(1, 30).map(lambda lots: lots * 100)
orders = st.builds(
    lambda side, price, qty, ord_type, tif, session, display_qty, expire_s: Enter(
        side, price, qty, 0, 1, ord_type, tif, session, session, display_qty, expire_ns=NOW + expire_s * SECOND
    ),
    sides,
    prices,
    lots,
    st.sampled_from([OrdType.LIMIT] * 4 + [OrdType.MARKET]),
    st.sampled_from([*TimeInForce, TimeInForce.GTC, TimeInForce.DAY]),
    sessions,
    st.sampled_from([0, 0, 100]),
    st.integers(1, 40),
)
stops = st.builds(
    lambda side, stop_px, away, qty, session, tif, expire_s: Enter(
        *(side, 0 if away is None else stop_px + away, qty, 0, 1, OrdType.STOP if away is None else OrdType.STOP_LIMIT, tif),
        *(session, session),
        expire_ns=expire_s * SECOND * (tif == TimeInForce.GTD) + (NOW if tif == TimeInForce.GTD else 0),
        stop_px=stop_px,
    ),
    sides,
    prices,
    st.sampled_from([None, -1_000, 0, 2_000]),
    lots,
    sessions,
    st.sampled_from([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTD]),
    st.integers(1, 40),
)
calls = st.builds(
    lambda status, then: acts.SetStatus(
        instrument="AAPLx", status=status, cause="surveillance", then=then if status == "auction-call" else "continuous"
    ),
    st.sampled_from(["auction-call", "auction-call", "pre-open", "continuous"]),
    st.sampled_from(["continuous", "closed", "post-only"]),
)
older = st.integers(0, 12)  # how many client ids ago
steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.lists(orders, min_size=1, max_size=3)),
        st.tuples(st.just("ask"), st.lists(orders | stops, min_size=1, max_size=3)),
        st.tuples(st.just("act"), calls, st.none()),
        st.tuples(st.just("cancel"), sessions, older),
        st.tuples(st.just("replace"), sessions, older, prices, lots),
        st.tuples(st.just("cancel all"), sessions),
        st.tuples(st.just("log on"), sessions, st.booleans()),
        st.tuples(st.just("disconnect"), sessions),
        st.tuples(st.just("skip"), sessions, st.integers(1, 5)),
        st.tuples(st.just("reset"), sessions),
        st.tuples(st.just("end of day")),
        st.tuples(st.just("mark")),
        st.tuples(st.just("time"), st.integers(1, 10)),
        act_steps,
    ),
    min_size=5,
    max_size=25,
)


class Lived(NamedTuple):
    """A life: the groups of its log, what was said to each, and the replica as it stands at the end."""

    groups: list[Group]
    said: list[Said]
    replica: Replica


def newborn() -> Replica:
    """Return a replica of which nothing is known but its limits."""
    venue = Venue(**CAPACITIES, **LIMITS)
    return Replica(venue, None, Office(venue))


def said_of(replica: Replica) -> Said:
    """What was said to the last group: the reports, the details beside them, and the hash of all that was ever said."""
    return bytes(replica.venue.book.reports), replica.venue.packed_details, replica.venue.history


def live(script: list[tuple[Any, ...]]) -> Lived:
    """Lead a venue through a script, behind its founding."""
    life = Life(MemoryJournal())
    life.go_on(script)
    return Lived(list(life.journal.read()), life.said, life.replica)


class Life:
    """A venue as it is led; in a journal in memory, each command or batch of them is a group of its own."""

    def __init__(self, journal: Journal) -> None:
        self.replica = newborn()
        self.journal = journal
        self.now_ns = NOW
        self.sequencer = Sequencer(self.replica, self._clock, self.journal)
        self.said: list[Said] = []
        self.in_seqs: Counter[int] = Counter()
        self.last_id = 0
        self.sequencer.birth(BIRTH)
        self._hear()
        for act in (*market(auction=AUCTION), *story()):
            assert self._ask_office(act, FOUNDER).code == "DONE", act

    def go_on(self, script: list[tuple[Any, ...]]) -> None:
        """Do what a script says; a step is the name of a method and its arguments."""
        for step in script:
            getattr(self, f"_{step[0].replace(' ', '_')}")(*step[1:])

    def _clock(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def _hear(self) -> None:
        if isinstance(self.journal, MemoryJournal):
            if len(list(self.journal.read())) > len(self.said):
                self.said.append(said_of(self.replica))
            assert len(list(self.journal.read())) == len(self.said)

    def _ask_office(self, act: BaseAct, actor: str) -> acts.Outcome:
        outcome = self.sequencer.act(encode(Request(actor=actor, reason="test", act=act)))
        self._hear()
        return outcome

    def _submit(self, *commands: Any) -> None:
        packed = b""
        for command in commands:
            self.in_seqs[command.session] += 1
            self.last_id += 1
            packed += pack(command._replace(cl_ord_id=self.last_id), in_seq=self.in_seqs[command.session])
        self.sequencer.submit(packed)
        self._hear()

    def _act(self, act: BaseAct, who: str | None) -> None:
        first, second = (who, who) if who else PAIRS[act.roles[0]]
        outcome = self._ask_office(act, first)
        if outcome.code == "PROPOSED" and first != second:
            self._ask_office(acts.Approve(proposal=outcome.proposal), second)

    def _ask(self, wanted: list[Enter]) -> None:
        self._submit(*wanted)

    def _cancel(self, session: int, ago: int) -> None:
        self._submit(Cancel(orig_cl_ord_id=max(1, self.last_id - ago), session=session))

    def _replace(self, session: int, ago: int, price: int, qty: int) -> None:
        self._submit(Replace(0, price, qty, orig_cl_ord_id=max(1, self.last_id - ago), display_qty=0, session=session))

    def _cancel_all(self, session: int) -> None:
        self._submit(MassCancel(account=session, session=session))

    def _log_on(self, session: int, cancels: bool) -> None:
        self.sequencer.log_on(session, cancels)
        self._hear()

    def _disconnect(self, session: int) -> None:
        self.sequencer.disconnect(session)
        self._hear()

    def _skip(self, session: int, more: int) -> None:
        self.in_seqs[session] += more
        self.sequencer.skip(session, self.in_seqs[session] + 1)
        self._hear()

    def _reset(self, session: int) -> None:
        self.in_seqs[session] = 0
        self.sequencer.reset(session)
        self._hear()

    def _end_of_day(self) -> None:
        self.sequencer.end_of_day()
        self._hear()

    def _mark(self) -> None:
        self.sequencer.mark()
        self._hear()

    def _time(self, seconds: int) -> None:
        self.now_ns += seconds * SECOND
        self.sequencer.pass_time()
        self._hear()


def story() -> list[BaseAct]:
    """Acts that leave something in every register: a pending deposit, a screened withdrawal, a hold, persons; then the founding."""
    return [
        acts.Deposit(external_id="x1", account=1, asset="USDC", amount=5, pending=True),
        acts.RequestWithdrawal(external_id="x2", account=1, asset="USDC", amount=5, destination="bank"),
        acts.ScreenWithdrawal(external_id="x2", screening_id="s", clear=True),
        hold_of("x1", 1, "AAPLx", 5),
        *(acts.GrantRole(name=name, public_key=KEYS[name], role=role) for name, role in zip(KEYS, ROLES, strict=True)),
        acts.Found(),
    ]


def order(side: Side, price: int, qty: int, session: int, **fields: int) -> Enter:
    """Return an order of an account for its session."""
    return Enter(side, price, qty, 0, session=session, account=session, **fields)


def to(status: str, **words: Any) -> tuple[Any, ...]:
    """Return the step that brings the share to a status."""
    return "act", acts.SetStatus(instrument="AAPLx", status=status, cause="surveillance", **words), None  # type: ignore[arg-type]


# A day with everything: orders that wait, one that is triggered, a strike, its pause, a call that is extended and halts, another that
# reopens, and a closing one.
WHOLE_DAY: list[tuple[Any, ...]] = [
    ("ask", [order(Side.SELL, 108_000, 300, 2), order(Side.BUY, 99_000, 500, 1, tif=TimeInForce.DAY), order(Side.SELL, 101_000, 300, 2)]),
    ("ask", [order(Side.BUY, 104_000, 200, 3, ord_type=OrdType.STOP_LIMIT, stop_px=103_000)]),
    ("ask", [order(Side.BUY, 0, 100, 3, ord_type=OrdType.STOP, stop_px=103_000, tif=TimeInForce.DAY)]),
    ("ask", [order(Side.SELL, 0, 200, 2, ord_type=OrdType.STOP, stop_px=97_000, tif=TimeInForce.GTD, expire_ns=NOW + 900 * SECOND)]),
    ("ask", [order(Side.SELL, 95_000, 200, 1, ord_type=OrdType.STOP_LIMIT, stop_px=97_000)]),
    ("ask", [order(Side.BUY, 107_000, 400, 1, tif=TimeInForce.CLS), order(Side.SELL, 0, 100, 2, ord_type=1, tif=TimeInForce.CLS)]),
    ("ask", [order(Side.SELL, 103_000, 100, 2), order(Side.BUY, 103_000, 400, 1)]),
    ("ask", [order(Side.BUY, 109_000, 100, 3)]),
    ("mark",),
    ("time", 5),
    ("ask", [order(Side.SELL, 107_500, 100, 1), order(Side.BUY, 109_500, 100, 2, tif=TimeInForce.OPG)]),
    ("time", 7),
    ("time", 4),
    ("act", acts.SetReference(instrument="AAPLx", price=106_000, source="feed", quality="live", as_of_ns=NOW), None),
    to("auction-call"),
    ("mark",),
    ("time", 7),
    ("ask", [order(Side.SELL, 108_000, 100, 2), order(Side.BUY, 106_000, 100, 3)]),
    to("auction-call", then="closed"),
    ("ask", [order(Side.SELL, 105_000, 100, 3, tif=TimeInForce.CLS)]),
    ("time", 7),
    ("end of day",),
]
