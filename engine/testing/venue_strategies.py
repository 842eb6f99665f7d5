"""Hypothesis strategies for venues under stress: small worlds with little money, and lives of hot and cold steps in them.

As in `strategies`, a step is drawn as one word of bytes and told by a teller, so that any bytes make a life, and a life shrinks to few
plain steps.  Faults come often and one at a time; money is scarce enough that funds and limits bite.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from engine.matching.enums import CommandFlag, CommandKind, ExecInst, OrdType, Phase, Reason, Side, StpMode, TimeInForce
from engine.matching.records import Instrument
from engine.testing.commands import EndOfDay, Enter, Expire, MassCancel, Note, Replace
from engine.testing.strategies import SESSIONS, Mix, Teller, Word, World
from engine.testing.venue_oracle import VenueOracle
from engine.testing.venue_play import Act, Asked, Step, take, take_all
from engine.venue.records import Bucket, Capability, Quality, SystemAccount

VENUE_WORD_SIZE = 36
BURST_WORDS = 12
QUOTE = 1
PARTY_OF = {1: 1, 2: 1, 3: 2, 4: 3}
PARTIES = 3
PROFILES = 2
ALL_TYPES = sum(1 << ord_type * 8 + tif for ord_type in OrdType for tif in TimeInForce)
LIMITS_ONLY = sum(1 << OrdType.LIMIT * 8 + tif for tif in TimeInForce)
RESTING_ONLY = sum(1 << OrdType.LIMIT * 8 + tif for tif in (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD))
CALLED = {"call": 4, "uncross": 3, "move": 1, "set_reference": 1}
ALL_ACTS = {"move": 4, "set_party": 4, "set_account": 2, "set_gate": 3, "set_reference": 4, "cancel_all": 1, "clear_collar": 1}
ALL_ACTS |= {"reverse": 2, "set_holder": 1, "set_access": 1, "set_blocked": 1, "call": 2, "uncross": 3}
WITHOUT_CALLS = {verb: often for verb, often in ALL_ACTS.items() if verb not in ("call", "uncross")}
EVERYTHING_GOES = Capability.ENTER | Capability.REDUCE | Capability.BUY | Capability.TAKE


class VenueWorld(NamedTuple):
    """Instruments, capacities and rates: what a venue is opened with."""

    instruments: tuple[Instrument, ...] = (Instrument("TEST", lot=100),)
    orders: int = 64
    levels: int = 1024
    sweep: int = 64
    balances: int = 64
    trades: int = 64
    rates: tuple[tuple[int, int, int], ...] = ((100, 300, 200),)
    cash: int = 2_000
    lots: int = 100

    @property
    def numbers(self) -> range:
        """Return the numbers of the instruments."""
        return range(1, len(self.instruments) + 1)

    def lot_notional(self, number: int) -> int:
        """Return what one lot costs in the middle of an instrument's prices: the measure of money in this world."""
        instrument = self.instruments[number - 1]
        return instrument.lot * instrument.tick * (instrument.max_price // instrument.tick // 2) // 10_000

    def open(self, make: Callable[..., Any]) -> Any:
        """Open a venue of this world; `make` takes the arguments of `Venue`."""
        return make(
            sessions=SESSIONS,
            instruments=len(self.instruments),
            accounts=max(PARTY_OF) + 1,
            parties=PARTIES,
            assets=len(self.instruments) + 1,
            profiles=PROFILES,
            orders=self.orders,
            levels=self.levels,
            sweep=self.sweep,
            balances=self.balances,
            trades=self.trades,
            batch=64,
        )

    def opening(self) -> list[Step]:
        """Return the acts that fill a venue: assets, instruments, gates, parties, accounts, funds."""
        acts: list[tuple[str, dict[str, Any]]] = [("open_asset", {"asset": asset}) for asset in range(1, len(self.instruments) + 2)]
        for number, instrument in enumerate(self.instruments, start=1):
            acts += [("list_instrument", {"instrument": instrument}), ("set_gate", self.gate(number))]
        acts += [("set_party", {"party": party, "chains": party % 2}) for party in range(1, PARTIES + 1)]
        for account, party in PARTY_OF.items():
            own = {"stp_group": party, "stp_mode": StpMode.CANCEL_NEWEST if account == max(PARTY_OF) else StpMode.NONE}
            acts.append(("set_account", {"account": account, "party": party, "tier": account % 3} | own))
            if account != max(PARTY_OF):
                funds = [(QUOTE, self.cash * self.lot_notional(1))]
                funds += [(number + 1, self.lots * self.instruments[number - 1].lot) for number in self.numbers]
                acts.append(("move", {"lines": [line for asset, amount in funds for line in deposit(account, asset, amount)]}))
        return [Act(0, verb, words) for verb, words in acts]

    def gate(self, number: int, **other: Any) -> dict[str, Any]:
        """Return the arguments of `set_gate` for an instrument, `other` than usual where given."""
        usual = {"base": number + 1, "quote": QUOTE, "may": EVERYTHING_GOES, "order_types": ALL_TYPES, "rates": self.rates, "chains": 1}
        return {"instrument": number} | usual | other


class VenueMix(NamedTuple):
    """How often which kind of step comes."""

    hot: Mix = Mix(enter=24, cancel=3, replace=8, mass_cancel=1, time=2, waits=1)
    act: int = 10
    note: int = 0
    cash: bool = True
    throttled: bool = True
    acts: dict[str, int] = ALL_ACTS


LIFE = VenueMix()
UNINTERRUPTED_LIFE = VenueMix(hot=LIFE.hot._replace(waits=0), act=8, acts=WITHOUT_CALLS)
NOTED_LIFE = VenueMix(note=6)
CALLS = VenueMix(hot=Mix(enter=30, cancel=2, replace=4, mass_cancel=0, time=1, faults=False, waits=2), act=9, throttled=False, acts=CALLED)
ORDERS_ONLY = VenueMix(hot=Mix(enter=8, cancel=1, replace=2, mass_cancel=0, time=0, faults=False), act=0, throttled=False)


def deposit(account: int, asset: int, amount: int) -> list[tuple[int, int, int, int]]:
    """Return the journal of a deposit; a negative one is a withdrawal."""
    return [(SystemAccount.CUSTODY, asset, Bucket.AVAILABLE, -amount), (account, asset, Bucket.AVAILABLE, amount)]


def venue_worlds(max_instruments: int = 2) -> st.SearchStrategy[VenueWorld]:
    """Worlds of one or two instruments whose settlement never rounds, from roomy to cramped."""
    steps = st.sampled_from([(100, 100), (1, 10_000), (2_500, 4), (50, 200), (10_000, 1)])
    instruments = st.builds(
        lambda step, ticks, protection: Instrument("TEST", step[0], step[1], step[1], step[1] * 500, step[0] * ticks, step[0] * protection),
        step=steps,
        ticks=st.sampled_from([100, 20, 1_000]),
        protection=st.integers(0, 12),
    )
    return st.builds(
        _world,
        instruments=st.lists(instruments, min_size=1, max_size=max_instruments).map(tuple),
        orders=st.sampled_from([64, 64, 8, 3]),
        levels=st.sampled_from([1024, 256, 128]),
        sweep=st.sampled_from([64, 64, 64, 5]),
        spare_balances=st.sampled_from([40, 40, 4, 2, 1, 0]),
        trades=st.sampled_from([64, 4]),
        rates=st.lists(st.sampled_from(RATES), max_size=3).map(tuple),
        cash=st.sampled_from([2_000, 100, 20]),
        lots=st.sampled_from([100, 1_000, 10]),
    )


def _world(instruments: tuple[Instrument, ...], spare_balances: int, **terms: Any) -> VenueWorld:
    """Make a world with room for so many balances more than its opening needs."""
    funded = len(PARTY_OF) - 1
    return VenueWorld(instruments, balances=(len(SystemAccount) + funded) * (len(instruments) + 1) + spare_balances, **terms)


def lives(mix: VenueMix = LIFE, *, max_size: int = 60) -> st.SearchStrategy[tuple[VenueWorld, list[Step]]]:
    """Pairs of a world and steps for it, the opening not among them: some drawn step by step, as many long ones from a seed.

    A list that Hypothesis draws is short as a rule; the long ones find more, the drawn ones shrink.
    """
    word = st.binary(min_size=VENUE_WORD_SIZE, max_size=VENUE_WORD_SIZE)
    bursts = st.lists(st.lists(word, min_size=1, max_size=BURST_WORDS), max_size=max(1, max_size // 6))
    drawn = bursts.map(lambda bursts: [word for burst in bursts for word in burst][:max_size])
    words = st.one_of(drawn, st.integers(0, 2**32).map(lambda seed: seeded_words(seed, max_size)))
    return st.builds(lambda world, words: (world, tell_life(words, world, mix)), venue_worlds(), words)


def seeded_words(seed: int, count: int) -> list[bytes]:
    """Return so many words that follow from a seed."""
    draw = Random(seed)
    return [draw.randbytes(VENUE_WORD_SIZE) for _ in range(count)]


def tell_life(words: list[bytes], world: VenueWorld, mix: VenueMix = LIFE) -> list[Step]:
    """Make a step of each word."""
    teller = VenueTeller(world, mix)
    return [teller.step(word) for word in words]


class VenueTeller(Teller):
    """Makes steps of words: requests with their sessions' numbers, and acts in between.

    It lives through what it tells, on an oracle of its own, so that it can name orders that are open.
    """

    def __init__(self, world: VenueWorld, mix: VenueMix = LIFE) -> None:
        """Begin a life in a world."""
        super().__init__(World(world.instruments, world.orders, world.levels, max(PARTY_OF), world.sweep), mix.hot)
        self.venue_world, self.venue_mix = world, mix
        self.kinds = [*self.kinds, *["act"] * mix.act, *["note"] * mix.note]
        self.verbs = [verb for verb, often in mix.acts.items() for _ in range(often)]
        self.in_seqs: Counter[int] = Counter()
        self.venue = world.open(VenueOracle)
        take_all(self.venue, world.opening())

    def step(self, word: bytes) -> Step:
        """Make a step of a word; smaller bytes make plainer steps."""
        step = self._step(word)
        take(self.venue, step)
        return step

    def _step(self, word: bytes) -> Step:
        told: Any = self.tell(word)
        if isinstance(told, (Act, Asked)):
            return told
        if isinstance(told, (Expire, EndOfDay)):
            return Asked(told)
        said = Word(word[-3:])
        flags = CommandFlag.THROTTLED if self.venue_mix.throttled and said.pick(range(40)) == 1 else CommandFlag.NONE
        if isinstance(told, Replace) and said.pick(range(6)) == 1:
            flags |= CommandFlag.REENTER
        if isinstance(told, MassCancel) and not told.session:
            told = told._replace(session=said.pick(range(1, SESSIONS + 1)))
        self.in_seqs[told.session] += 1
        return Asked(told, self.in_seqs[told.session], flags)

    def _enter(self, said: Word) -> Enter:
        order = super()._enter(said)
        if order.account in (1, 2):
            order = order._replace(account=said.pick((1, 3, 2, 1, 3, 2, 1, 3, 2, 4)))
        if order.side == Side.BUY and order.exec_inst & ExecInst.REDUCE_ONLY and said.pick(range(10)) != 1:
            order = order._replace(exec_inst=order.exec_inst & ~ExecInst.REDUCE_ONLY)
        if len(self.named) > 1 and said.pick(range(8)) == 1:
            last = self.named[-2]
            order = order._replace(instrument=last.instrument, side=last.side, price=last.price, qty=last.qty, account=last.account)
            order = order._replace(ord_type=OrdType.LIMIT, min_qty=0, display_qty=0, stop_px=0)
        if self.venue_mix.cash and said.pick(range(8)) == 1:
            money = said.pick(range(1, 60)) * self.venue_world.lot_notional(1) + said.pick((0, 1, 7, -1))
            exec_inst = ExecInst(order.exec_inst & ~ExecInst.REDUCE_ONLY | ExecInst.CASH)
            order = order._replace(side=Side.BUY, qty=money, display_qty=0, min_qty=0, exec_inst=exec_inst)
            if order.tif == TimeInForce.FOK:
                order = order._replace(tif=TimeInForce.IOC)
        return order

    def _replace(self, said: Word) -> Replace:
        change = super()._replace(said)
        new_id = change.cl_ord_id if said.pick(range(12)) == 1 else self._next_id()
        self.named[-1] = self.named[-1]._replace(cl_ord_id=new_id)
        return change._replace(cl_ord_id=new_id, display_qty=max(change.display_qty, 0))

    def _target(self, said: Word) -> tuple[Enter, int]:
        """Return mostly an order that is open."""
        ago = said.pick((1, 0, 2, 1, 3, 4, 1, 2, 0))
        open_orders = self.venue.book.orders()
        if not 0 < ago <= len(open_orders):
            return super()._target(said)
        order = open_orders[-ago]
        terms = Enter(order.side, order.price, order.order_qty, order.cl_ord_id, order.instrument, session=order.session)
        return terms, order.session

    def _note(self, said: Word) -> Asked:
        """Return what changes no book, or the cancel of a session whose connection is lost."""
        kind, session = said.pick((*NOTES, CommandKind.MASS_CANCEL)), said.pick(range(1, SESSIONS + 1))
        if kind == CommandKind.MASS_CANCEL:
            return Asked(MassCancel(session, ts_ns=self.now_ns), 0, CommandFlag.DISCONNECT)
        in_seq, flags = 0, CommandFlag.NONE
        if kind == CommandKind.LOGON:
            flags = said.pick((CommandFlag.DISCONNECT, CommandFlag.NONE))
        elif kind == CommandKind.SKIP:
            in_seq = self.in_seqs[session] + said.pick((2, 3, 9))
            self.in_seqs[session] = in_seq - 1
        elif kind == CommandKind.SESSION_RESET:
            self.in_seqs[session] = 0
        return Asked(Note(kind, session, said.pick((0, 2**64 - 1)) if kind == CommandKind.MARK else 0, self.now_ns), in_seq, flags)

    # Acts.

    def _act(self, said: Word) -> Act:
        verb = said.pick(self.verbs)
        return Act(self.now_ns, "set_gate" if verb == "call" else verb, ACTS[verb](self, said))

    def _reopen(self, number: int, said: Word) -> Act:
        return Act(self.now_ns, "set_gate", self.venue_world.gate(number, phase=Phase.CONTINUOUS, pauses=said.pick((True, True, False))))

    def _number(self, said: Word) -> int:
        return said.pick(self.venue_world.numbers)

    def _money(self, said: Word) -> int:
        return said.pick((100, 0, 10, 30, 1, 1_000)) * self.venue_world.lot_notional(1)

    def move(self, said: Word) -> dict[str, Any]:
        """Return a journal: a deposit, a withdrawal, a freeze, its end, or one that cannot be."""
        account, number = said.pick((1, 2, 3, 4)), said.pick((0, *self.venue_world.numbers))
        asset = number + 1 if number else QUOTE
        instrument = self.venue_world.instruments[number - 1] if number else None
        amount = said.pick((1, 20, 100, 1_000)) * (instrument.lot if instrument else self.venue_world.lot_notional(1))
        buckets = [(account, asset, Bucket.AVAILABLE, -amount), (account, asset, said.pick((2, 3, 4)), amount)]
        back = [(who, what, bucket, -delta) for who, what, bucket, delta in buckets]
        crooked = [*buckets, (account, asset, said.pick((1, 0, 5, 2)), said.pick((1, 0)))]
        journals = (deposit(account, asset, amount), buckets, back, deposit(account, asset, -amount), crooked)
        return {"lines": said.pick(journals)}

    def set_party(self, said: Word) -> dict[str, Any]:
        """Return a party's limits: mostly none, now and then one."""
        lot = self.venue_world.instruments[0].lot
        choices: tuple[dict[str, int], ...] = (
            {},
            {"max_order_qty": lot * 20},
            {"max_order_notional": self._money(said) // 4},
            {"max_open_orders": said.pick((1, 2, 5))},
            {"max_gross_open": self._money(said)},
            {"max_gross_day": self._money(said)},
            {"duplicates_max": 1, "duplicates_ns": 10_000},
            {"duplicates_max": said.pick((1, 2)), "duplicates_ns": said.pick((1, 40, 200, 10_000))},
            {},
            {"blocked": said.pick((Reason.SANCTIONS, Reason.KYC_EXPIRED, Reason.KILL_SWITCH))},
            {"kyc_until_ns": self.now_ns + said.pick((0, 10, 100))},
            {"profile": 1},
            {"redeemer": True},
            {"chains": said.pick((1, 2, 2**31))},
        )
        return {"party": said.pick(range(1, PARTIES + 1))} | said.pick(choices)

    def set_account(self, said: Word) -> dict[str, Any]:
        """Return what an account is: its tier, its group, whether it is blocked."""
        account = said.pick((1, 2, 3, 4, 5))
        stp = {"stp_group": said.pick((0, 1, 2)), "stp_mode": said.pick((0, 1, 2, 3, 4))}
        blocked = said.pick((0, 0, 0, Reason.ACCOUNT_RESTRICTED, Reason.KILL_SWITCH))
        return {"account": account, "party": PARTY_OF.get(account, 3), "tier": said.pick((0, 1, 2, 7)), "blocked": blocked} | stp

    def set_gate(self, said: Word) -> dict[str, Any]:
        """Return what an instrument's orders are checked against."""
        number = self._number(said)
        tick, middle = self.venue_world.instruments[number - 1].tick, self.venue_world.lot_notional(number)
        half = self.venue_world.instruments[number - 1].max_price // tick // 2 * tick
        rates = tuple(said.pick(RATES) for _ in range(said.pick((1, 2, 3, 0))))
        choices: tuple[dict[str, Any], ...] = (
            {},
            {"may": said.pick((Capability.REDUCE, EVERYTHING_GOES & ~Capability.BUY, EVERYTHING_GOES & ~Capability.TAKE, 0))},
            {"order_types": said.pick((LIMITS_ONLY, RESTING_ONLY, 0))},
            {"min_notional": said.pick((2, 5)) * middle},
            {"max_notional": said.pick((5, 30)) * middle},
            {"ticks": [(0, tick), (half, 2 * tick), (half + 2 * tick, 4 * tick)][: said.pick((2, 1, 3))]},
            {"day_cap": self.venue_world.instruments[number - 1].lot * said.pick((20, 100))},
            {"whitelist": True},
            {"forms": said.pick((1, 2)), "chains": said.pick((1, 0, 6))},
            {"blocked": Reason.KILL_SWITCH},
            {},
        )
        phase = said.pick((Phase.CONTINUOUS, self.venue.book.phase(number))) if "call" in self.venue_mix.acts else Phase.CONTINUOUS
        return self.venue_world.gate(number, rates=rates, phase=phase, **said.pick(choices))

    def call(self, said: Word) -> dict[str, Any]:
        """Return a gate whose book begins to collect or to match, and may pause by itself."""
        number, phase = self._number(said), said.pick((Phase.CALL, Phase.CONTINUOUS, Phase.CLOSING_CALL, Phase.CONTINUOUS))
        may = EVERYTHING_GOES & ~said.pick((*[Capability.NONE] * 6, Capability.TAKE))
        return self.venue_world.gate(number, phase=phase, pauses=said.pick((True, True, False)), may=may)

    def uncross(self, said: Word) -> dict[str, Any]:
        """Return the terms of an auction, after which the book mostly matches again."""
        number = self._number(said)
        instrument = self.venue_world.instruments[number - 1]
        self.reopens = said.pick((number, 0))
        off_tick = said.pick((0, 0, instrument.tick // 2))
        reference = said.pick((0, 1)) * (self._price(instrument, said.pick((0, 1, -1, 3, -3, 10))) + off_tick)
        words = {"instrument": number, "reference": reference}
        low, high = (self._price(instrument, side * said.pick((5, 1_000, 0, 2))) for side in (-1, 1))
        return words | said.pick(({}, {}, {"low": low, "high": high}))

    def set_reference(self, said: Word) -> dict[str, Any]:
        """Return a reference with its collar, or that there is none."""
        number = self._number(said)
        instrument = self.venue_world.instruments[number - 1]
        price, width = self._price(instrument, said.pick((0, 1, -1, 3, -3, 10))), instrument.tick * said.pick((10, 3, 5, 1, 0, 40))
        off = said.pick((0, 0, instrument.tick // 2))
        low, high = max(price - width - off, 0), price + width + off
        words = {"instrument": number, "price": price, "quality": said.pick((4, 3, 2, 1)), "low": low, "high": high}
        words["dynamic_bps"] = said.pick((0, 500, 100, 2_000, 10_000))
        if said.pick((0, 0, 1)):
            words |= {"away_low": max(low - width, 0), "away_high": high + width}
        if said.pick((0, 0, 0, 1)):
            words["until_ns"] = self.now_ns + said.pick((0, 50, 200))
        none = {"instrument": number, "price": 0, "quality": Quality.NONE, "low": 0, "high": 2**62}
        return said.pick((words, words, words, words, none))

    def named_order(self, said: Word) -> dict[str, Any]:
        """Return the filters of a cancel by the venue."""
        reason = said.pick((Reason.ADMIN, Reason.KILL, Reason.SANCTIONS_HIT, Reason.HALT_POLICY))
        filters = {"account": said.pick((0, 1, 2, 3)), "instrument": said.pick((0, 1)), "side": said.pick((0, 1, 2))}
        return filters | {"session": said.pick((0, 0, 1)), "reason": reason}


NOTES = (CommandKind.LOGON, CommandKind.LOGON, CommandKind.SKIP, CommandKind.SESSION_RESET, CommandKind.MARK, CommandKind.BIRTH)
RATES = (
    *((0, 0, 0), (100, 300, 200), (-200, 300, 0), (2_500, 100_000, 50_000), (-100_000, 100_000, 1), (7, 13, 11)),
    *((100_000, 0, 100_000), (1, 0, 2), (-1, 1, 0), (33_333, 66_667, 12_345), (-5, -3, 100)),
)
ACTS: dict[str, Callable[[VenueTeller, Word], dict[str, Any]]] = {
    "move": VenueTeller.move,
    "set_party": VenueTeller.set_party,
    "set_account": VenueTeller.set_account,
    "set_gate": VenueTeller.set_gate,
    "set_reference": VenueTeller.set_reference,
    "cancel_all": VenueTeller.named_order,
    "call": VenueTeller.call,
    "uncross": VenueTeller.uncross,
    "clear_collar": lambda teller, said: {"instrument": teller._number(said)},
    "reverse": lambda _, said: {"match_id": said.pick(range(1, 12))},
    "set_holder": lambda teller, said: {
        "account": said.pick((1, 2, 3, 4, 5)),
        "asset": said.pick(range(1, len(teller.venue_world.instruments) + 2)),
        "approved": said.pick((True, True, False)),
    },
    "set_access": lambda teller, said: {
        "profile": said.pick((1, 0)),
        "instrument": teller._number(said),
        "reason": said.pick((0, 0, 0, 0, Reason.JURISDICTION, Reason.NOT_ENTITLED)),
    },
    "set_blocked": lambda _, said: {"reason": said.pick((*(0,) * 9, Reason.KILL_SWITCH))},
}
