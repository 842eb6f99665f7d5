"""Any story of a token under issuance as a drawn script, a player for it, and a recount of what it must come to.

The recount is plain arithmetic over the acts that were accepted: it knows the rules from the rulebook, and nothing of the office.
"""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st
from msgspec.structs import replace

from engine.venue import acts
from engine.venue.acts import BaseAct, Outcome
from engine.venue.attestation_text import attestation_text
from engine.venue.office import Office
from tests.venue.acting import ask_and_look
from tests.venue.issuing import ISSUANCE, PRIVATE, PUBLIC, TOKEN, attestation, issuing, redeem, request
from tests.venue.offices import NOW, SECOND, ask, enter, pass_time

ids = st.sampled_from(["a", "b"])
small = st.integers(1, 9)
accounts = st.sampled_from([1, 2])
attestors = st.sampled_from(["harris", "harris", "irving", "mallory"])
times = st.tuples(st.just("time"), st.integers(0, 30))
edges = st.tuples(st.just("edge"), st.sampled_from([0, 0, 1]))
# More shares than are needed, how many of them in transit, age, validity, of whom and by whom it is signed.
any_attests = st.tuples(
    st.just("attest"), st.tuples(st.integers(-2, 12), st.integers(0, 9), st.integers(0, 9), st.integers(0, 50), attestors, attestors)
)
good_attests = st.tuples(
    st.just("attest"), st.tuples(st.integers(-1, 30), st.just(0), st.just(0), st.just(50), st.just("harris"), st.just("harris"))
)
# How far it goes at once, or a single step of any kind.
mints = st.tuples(
    st.just("mint"), st.tuples(ids, small | st.integers(-1, 0), accounts, st.sampled_from([3, 4, 4, 5, 5, 6]) | st.integers(-5, 2))
)
redeems = st.tuples(st.just("redeem"), st.tuples(ids, small, accounts, st.sampled_from([1, 2, 3, 3, 4]) | st.integers(-3, 0)))
others = st.one_of(
    st.tuples(st.just("supply"), st.tuples(st.sampled_from([0, 0, 0, -3, 5]), st.sampled_from([0, 3, 5]), st.integers(0, 20))),
    st.tuples(st.just("out"), small),
    st.tuples(st.just("in"), small),
    st.tuples(
        st.just("status"),
        st.sampled_from(["continuous", "auction-call", "auction-call", "halted", "reduce-only", "closed", "cancel-only", "pre-open"]),
    ),
    st.tuples(st.just("multiplier"), st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from([1, 2]))),
    st.tuples(st.just("authorised"), st.integers(-1, 15)),
    st.tuples(
        st.just("terms"),
        st.tuples(st.sampled_from([20, 60]), st.sampled_from([0, 3_333, 10_000]), st.sampled_from(["reduce-only", "halted"])),
    ),
    st.tuples(st.just("remove"), st.sampled_from(["harris", *["irving"] * 5])),
)
orders = st.tuples(st.just("order"), st.tuples(st.sampled_from([1, 2]), st.integers(9, 11), accounts))
kinds = st.one_of(times, edges, any_attests, good_attests, good_attests, mints, mints, mints, redeems, orders, others, others)
# They begin with shares to spare.
scripts = st.builds(lambda first, rest: [first, *rest], good_attests, st.lists(kinds, min_size=15, max_size=40))
MINT = ("requested", "hedged", "confirmed", "minted", "delivered", "failed")
REDEEM = ("requested", "burned", "released", "failed")


class Attested(NamedTuple):
    """What an attestation that was accepted said."""

    attestor: str
    shares: int
    in_transit: int
    as_of_ns: int
    valid_until_ns: int


class Recount:
    """What the accepted acts come to."""

    def __init__(self) -> None:
        self.issued_log = [(NOW, 100 * TOKEN)]
        self.authorised = 1_000 * TOKEN
        self.terms = ISSUANCE
        self.attested: Attested | None = Attested("harris", 100 * TOKEN, 0, NOW, NOW + 86_400 * SECOND)
        self.newest_ns = NOW
        self.released: list[tuple[int, int]] = []
        self.multiplier = Fraction(1)
        self.multipliers: list[tuple[int, Fraction]] = []
        self.supply: tuple[int, int, int] | None = None
        self.outside = 0
        self.mints: dict[str, list[Any]] = {}
        self.redeems: dict[str, list[Any]] = {}

    def issued(self, ts_ns: int = 2**63) -> int:
        return sum(qty for at_ns, qty in self.issued_log if at_ns <= ts_ns)

    def capacity(self) -> int:
        if self.attested is None:
            return 0
        gone = sum(shares for _, shares in self.released)
        return max(self.attested.shares + self.attested.in_transit * self.terms.transit_bps // 10_000 - gone, 0)

    def good_until_ns(self) -> int:
        return min(self.attested.as_of_ns + self.terms.ttl_ns, self.attested.valid_until_ns) if self.attested else -1

    def agrees(self) -> bool:
        if self.supply is None:
            return True
        on_chain, in_flight, issued = self.supply
        return abs(on_chain - issued) == in_flight

    def state(self, ts_ns: int) -> str:
        if not self.agrees() or (self.attested and self.issued() * self.multiplier > self.capacity()):
            return "breach"
        return "stale" if ts_ns > self.good_until_ns() else "good"

    def may_mint(self, qty: int, ts_ns: int) -> bool:
        """Tell whether so many more tokens may be issued: I1 and I3."""
        after = self.issued() + qty
        return ts_ns <= self.good_until_ns() and self.agrees() and after * self.multiplier <= self.capacity() and after <= self.authorised

    def expects(self, act: BaseAct, ts_ns: int) -> bool | None:
        """Tell whether an act must be done, of the acts that issuance decides alone."""
        match act:
            case acts.Mint() if self.mints.get(act.external_id, ("", ""))[1] == "confirmed":
                return self.may_mint(self.mints[act.external_id][0], ts_ns)
            case acts.Attest():
                genuine = act.signature == PRIVATE[act.attestor].sign(attestation_text(act))
                fresh = self.newest_ns < act.as_of_ns <= ts_ns <= min(act.valid_until_ns, act.as_of_ns + self.terms.ttl_ns)
                return genuine and fresh and act.attestor in self.terms.attestors
            case acts.Deposit():
                return act.amount <= self.outside
        return None

    def take(self, act: BaseAct, ts_ns: int) -> None:
        """Count an act that was accepted."""
        match act:
            case acts.Attest():
                self.attested = Attested(act.attestor, act.shares, act.in_transit, act.as_of_ns, act.valid_until_ns)
                self.newest_ns = act.as_of_ns
                # What was released before its time it knows of; what is released after it was taken it cannot know of.
                self.released = [(at_ns, shares) for at_ns, shares in self.released if at_ns > act.as_of_ns]
            case acts.SetIssuance():
                self.terms = act
                self.attested = self.attested if self.attested and self.attested.attestor in act.attestors else None
            case acts.RemoveAttestor():
                self.terms = replace(self.terms, attestors=tuple(name for name in self.terms.attestors if name != act.name))
                self.attested = self.attested if self.attested and self.attested.attestor != act.name else None
            case acts.SetAuthorised():
                self.authorised = act.authorised
            case acts.SetMultiplier():
                self.multipliers.append((act.effective_ns, Fraction(act.numerator, act.denominator)))
            case acts.ReportSupply():
                self.supply = act.supply, act.in_flight, self.issued(act.as_of_ns)
            case acts.RequestMint():
                self.mints[act.external_id] = [act.qty, "requested"]
            case acts.RequestRedeem():
                self.redeems[act.external_id] = [act.qty, "requested"]
            case acts.ReleaseWithdrawal():
                self.outside += int(act.external_id.rpartition("-")[2])
            case acts.Deposit():
                self.outside -= act.amount
            case acts.Mint() | acts.HedgeMint() | acts.ConfirmCustody() | acts.DeliverMint() | acts.FailMint():
                self._mint(act, ts_ns)
            case acts.BurnRedeem() | acts.ReleaseRedeem() | acts.FailRedeem():
                self._redeem(act, ts_ns)

    def pass_time(self, ts_ns: int) -> None:
        for at_ns, multiplier in self.multipliers:
            if at_ns <= ts_ns:
                self.multiplier = multiplier

    def _mint(self, act: Any, ts_ns: int) -> None:
        entry = self.mints[act.external_id]
        if isinstance(act, acts.Mint):
            self.issued_log.append((ts_ns, entry[0]))
        elif isinstance(act, acts.FailMint) and entry[1] == "minted":
            self.issued_log.append((ts_ns, -entry[0]))
        entry[1] = {"HedgeMint": "hedged", "ConfirmCustody": "confirmed", "Mint": "minted", "DeliverMint": "delivered"}.get(
            type(act).__name__, "failed"
        )

    def _redeem(self, act: Any, ts_ns: int) -> None:
        entry = self.redeems[act.external_id]
        if isinstance(act, acts.BurnRedeem):
            self.issued_log.append((ts_ns, -entry[0]))
        elif isinstance(act, acts.ReleaseRedeem):
            shares = entry[0] * self.multiplier
            self.released.append((ts_ns, -(-shares.numerator // shares.denominator)))
        entry[1] = {"BurnRedeem": "burned", "ReleaseRedeem": "released"}.get(type(act).__name__, "failed")


class Played(NamedTuple):
    """An office and the recount after one command of a script.

    `act` and its `outcome` are None where time passed or an order came; `expected` is whether the recount wanted it done.
    """

    office: Office
    recount: Recount
    ts_ns: int
    act: BaseAct | None = None
    outcome: Outcome | None = None
    expected: bool | None = None

    @property
    def done(self) -> bool:
        return self.outcome is not None and self.outcome.code == "DONE"


def play(script: list[tuple[str, Any]], before: Played | None = None, look: bool = False) -> Iterator[Played]:
    """Play a script from the beginning, or after another, and stop after each command; with `look` hold the laws of one act."""
    office, recount, ts_ns, *_ = before or Played(issuing(transfer_policy="free"), Recount(), NOW)
    numbers: Counter[str] = Counter()
    for kind, what in script:
        if kind in ("time", "edge"):
            ts_ns = max(ts_ns, ts_ns + what * SECOND if kind == "time" else recount.good_until_ns() + what)
            recount.pass_time(ts_ns)
            pass_time(office, ts_ns)
            yield Played(office, recount, ts_ns)
        elif kind == "order":
            side, price, account = what
            enter(office, side, price * 100, 100, account=account, ts_ns=ts_ns)
            yield Played(office, recount, ts_ns)
        else:
            if kind == "attest":
                # Two attestations are not of the same time; what has fallen due comes first, as the sequencer has it.
                ts_ns += 1
                recount.pass_time(ts_ns)
                pass_time(office, ts_ns)
            numbers[kind] += 1
            for act in asked(kind, what, recount, ts_ns, numbers[kind]):
                expected = recount.expects(act, ts_ns)
                outcome = ask_and_look(office, act, "founder", ts_ns) if look else ask(office, act, ts_ns=ts_ns)
                if outcome.code == "DONE":
                    recount.take(act, ts_ns)
                yield Played(office, recount, ts_ns, act, outcome, expected)


def asked(kind: str, what: Any, recount: Recount, ts_ns: int, number: int) -> list[BaseAct]:
    """Return the acts of one step."""
    match kind:
        case "attest":
            more, in_transit, age_s, valid_s, attestor, signer = what
            needed = recount.issued() * recount.multiplier
            shares = max(-(-needed.numerator // needed.denominator) + more - in_transit, 0)
            as_of_ns = ts_ns - age_s * SECOND
            until_ns = as_of_ns + valid_s * SECOND
            return [attestation(shares, as_of_ns, in_transit=in_transit, valid_until_ns=until_ns, attestor=attestor, by=signer)]
        case "mint":
            return mint_acts(*what, recount)
        case "redeem":
            return redeem_acts(*what, recount)
        case "supply":
            difference, in_flight, age_s = what
            as_of_ns = ts_ns - age_s * SECOND
            on_chain = max(recount.issued(as_of_ns) + difference, 0)
            return [acts.ReportSupply(instrument="AAPLx", supply=on_chain, in_flight=in_flight, as_of_ns=as_of_ns)]
        case "out":
            external_id = f"out-{number}-{what}"
            return [
                acts.RequestWithdrawal(external_id=external_id, account=1, asset="AAPLx", amount=what, destination="solana:9xQe"),
                acts.ScreenWithdrawal(external_id=external_id, screening_id="s", clear=True),
                acts.ReleaseWithdrawal(external_id=external_id),
            ]
        case "in":
            return [acts.Deposit(external_id=f"in-{number}", account=2, asset="AAPLx", amount=what)]
        case "status":
            return [acts.SetStatus(instrument="AAPLx", status=what, cause="regulatory")]
        case "multiplier":
            numerator, denominator = what
            return [acts.SetMultiplier(instrument="AAPLx", numerator=numerator, denominator=denominator, effective_ns=ts_ns + 1 + number)]
        case "authorised":
            return [acts.SetAuthorised(instrument="AAPLx", authorised=recount.issued() + what, reference="r")]
        case "terms":
            ttl_s, transit_bps, breach = what
            known = [acts.AddAttestor(name=name, public_key=PUBLIC[name]) for name in ISSUANCE.attestors]
            return [*known, replace(ISSUANCE, ttl_ns=ttl_s * SECOND, transit_bps=transit_bps, breach=breach)]
        case _:
            return [acts.RemoveAttestor(name=what)]


def mint_acts(external_id: str, qty: int, account: int, steps: int, recount: Recount) -> list[BaseAct]:
    """Return so many steps of a mint, the sixth being its failure; below 1 a single one of any kind, for what is there already.

    A quantity of 0 is all that there is room for, and -1 one unit more.
    """
    name = _name(external_id, steps, recount.mints)
    qty = qty if qty > 0 else max(int(recount.capacity() / recount.multiplier) - recount.issued() - qty, 1)
    story = [
        request(name, qty, account),
        acts.HedgeMint(external_id=name, reference="b"),
        acts.ConfirmCustody(external_id=name, reference="c"),
        acts.Mint(external_id=name),
        acts.DeliverMint(external_id=name),
        acts.FailMint(external_id=name),
    ]
    return [*story[:4], story[5]] if steps == 6 else story[:steps] if steps > 0 else [story[-steps]]


def redeem_acts(external_id: str, qty: int, account: int, steps: int, recount: Recount) -> list[BaseAct]:
    """Return so many steps of a redeem, the fourth being its failure; below 1 a single one of any kind, for what is there already."""
    name = _name(f"r{external_id}", steps, recount.redeems)
    story = [
        redeem(name, qty, account),
        acts.BurnRedeem(external_id=name),
        acts.ReleaseRedeem(external_id=name, reference="w"),
        acts.FailRedeem(external_id=name),
    ]
    return [story[0], story[3]] if steps == 4 else story[:steps] if steps > 0 else [story[-steps]]


def _name(external_id: str, steps: int, known: dict[str, list[Any]]) -> str:
    """Return a new id for a new story, or else that of the last one."""
    if steps > 0:
        return f"{external_id}{len(known)}"
    return next((name for name in reversed(known) if name.startswith(external_id)), external_id)
