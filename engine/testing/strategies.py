"""Hypothesis strategies for books under stress: small worlds in which orders meet, and the command streams that fill them.

A command is drawn as one word of bytes and told in words by `Teller`: client ids increase, time goes on, prices cluster around the
middle, cancels and replaces name orders entered before.  So drawing is quick, a stream shrinks to few commands with plain fields, and any
bytes, a fuzzer's or `random.Random(seed).randbytes`, make a stream too.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from hypothesis import strategies as st

from engine.matching.enums import ExecInst, OrdType, Phase, Reason, SettlePref, Side, StpMode, TimeInForce
from engine.matching.records import Instrument
from engine.testing.collars import WHOLE_BPS
from engine.testing.commands import (
    Cancel,
    CancelAll,
    Command,
    EndOfDay,
    Enter,
    Expire,
    HoldAuction,
    ListInstrument,
    MassCancel,
    Replace,
    SetCollar,
    SetPhase,
)

WORD_SIZE = 24
BURST_WORDS = 12
SESSIONS = 3
TICK_NS = 10

Choice = TypeVar("Choice")


class World(NamedTuple):
    """Instruments and limits: what a book is opened with."""

    instruments: tuple[Instrument, ...] = (Instrument("TEST"),)
    orders: int = 64
    levels: int = 1024
    accounts: int = 3
    sweep: int = 64
    room: int = 0

    def open(self, make: Callable[..., Any]) -> Any:
        """Open a book of this world, with `room` for more instruments; `make` takes the arguments of `OrderBook`."""
        limits = self._asdict()
        listed, room = list(limits.pop("instruments")), limits.pop("room")
        return make(listed, **limits, listings=len(listed) + room)


class Mix(NamedTuple):
    """How often each kind of command comes in a stream, and what entries may ask for; the more `waits`, the more of them wait."""

    enter: int = 10
    cancel: int = 2
    replace: int = 4
    mass_cancel: int = 1
    time: int = 1
    collar: int = 0
    cancel_all: int = 0
    listing: int = 0
    phase: int = 0
    auction: int = 0
    plain: bool = False
    faults: bool = True
    waits: int = 0


EVERYTHING = Mix(enter=24, cancel=4, replace=8, mass_cancel=1, time=2, collar=1, cancel_all=1, listing=1, phase=3, auction=6, waits=1)
FAULTLESS = EVERYTHING._replace(faults=False)
UNINTERRUPTED = EVERYTHING._replace(phase=0, auction=0, waits=0)
STOPS = Mix(enter=30, cancel=2, replace=4, mass_cancel=0, time=1, collar=1, phase=1, auction=6, faults=False, waits=2)
AUCTIONS = Mix(enter=30, cancel=2, replace=4, mass_cancel=0, time=1, collar=1, phase=5, auction=4, faults=False, waits=2)
LIMIT_ORDERS = Mix(enter=3, cancel=1, replace=0, mass_cancel=0, time=0, plain=True, faults=False)


def instruments() -> st.SearchStrategy[Instrument]:
    """Instruments with a coarse or fine tick and lot, from twenty to a thousand ticks high."""
    return st.builds(
        _instrument,
        tick=st.sampled_from([100, 1, 50, 2_500]),
        lot=st.sampled_from([1, 10, 1_000]),
        lots_min=st.sampled_from([1, 1, 2]),
        ticks=st.sampled_from([100, 20, 1_000]),
        protection_ticks=st.integers(0, 12),
    )


def worlds(max_instruments: int = 3) -> st.SearchStrategy[World]:
    """Worlds of a few instruments with limits from roomy to cramped."""
    return st.builds(
        World,
        instruments=st.lists(instruments(), min_size=1, max_size=max_instruments).map(tuple),
        orders=st.sampled_from([64, 64, 64, 8, 3, 1]),
        levels=st.sampled_from([1024, 256, 128, 64]),
        accounts=st.sampled_from([3, 2]),
        sweep=st.sampled_from([64, 64, 64, 5, 1]),
        room=st.sampled_from([0, 1, 2]),
    )


def enters(world: World | None = None) -> st.SearchStrategy[Command]:
    """Single orders of any type, mostly good, with client id 1."""
    mix = Mix(cancel=0, replace=0, mass_cancel=0, time=0)
    return st.binary(min_size=WORD_SIZE, max_size=WORD_SIZE).map(lambda word: tell([word], world, mix)[0])


def commands(world: World | None = None, mix: Mix = EVERYTHING, *, max_size: int = 60) -> st.SearchStrategy[list[Command]]:
    """Command streams for a world."""
    return _words(max_size).map(lambda words: tell(words, world, mix))


def streams(mix: Mix = EVERYTHING, *, max_size: int = 60) -> st.SearchStrategy[tuple[World, list[Command]]]:
    """Pairs of a world and a stream for it."""
    return st.builds(lambda world, words: (world, tell(words, world, mix)), worlds(), _words(max_size))


def tell(words: Iterable[bytes], world: World | None = None, mix: Mix = EVERYTHING) -> list[Command]:
    """Make a command of each word."""
    teller = Teller(world or World(), mix)
    return [teller.tell(word) for word in words]


def seeded(data: bytes, world: World | None = None, mix: Mix = EVERYTHING) -> list[Command]:
    """Make a command of each `WORD_SIZE` bytes."""
    return tell((data[i : i + WORD_SIZE] for i in range(0, len(data) - WORD_SIZE + 1, WORD_SIZE)), world, mix)


class Teller:
    """Makes commands of words, one after the other; knows what was named before and what time it is."""

    def __init__(self, world: World, mix: Mix = EVERYTHING) -> None:
        """Begin a stream for a world."""
        self.world = world
        self.mix = mix
        self.now_ns = 0
        self.last_id = 0
        self.reopens = 0
        self.named: list[Enter] = []
        self.listed = list(world.instruments)
        self.kinds = [kind for kind in KINDS for _ in range(getattr(mix, kind))]

    def tell(self, word: bytes) -> Command:
        """Make a command of a word of at least `WORD_SIZE` bytes; smaller bytes make plainer commands."""
        self.now_ns += TICK_NS
        said = Word(word)
        if self.reopens:
            number, self.reopens = self.reopens, 0
            reopening: Command = self._reopen(number, said)
            return reopening
        make: Callable[[Word], Command] = getattr(self, f"_{said.pick(self.kinds)}")
        return make(said)

    def instrument(self, number: int) -> Instrument:
        """Return the instrument of that number, or a common one for a number that is not listed."""
        return self.listed[number - 1] if 1 <= number <= len(self.listed) else Instrument("NONE")

    def _enter(self, said: "Word") -> Enter:
        number = said.pick(range(1, len(self.listed) + 1))
        instrument = self.instrument(number)
        lots = said.pick(LOTS)
        order = Enter(
            side=said.pick(SIDES),
            price=self._price(instrument, said.pick(OFFSETS)),
            qty=max(lots * instrument.lot, instrument.min_qty),
            cl_ord_id=self._next_id(),
            instrument=number,
            session=said.pick(range(1, SESSIONS + 1)),
            tif=said.pick(PLAIN_TIFS if self.mix.plain else TIFS),
            ts_ns=self.now_ns,
        )
        if not self.mix.plain:
            order = self._wished(said, self._styled(said, order, lots, instrument), lots, instrument)
        if self.mix.waits:
            order = self._late(said, order, instrument)
        fault = said.pick(FAULT_NAMES)
        if self.mix.faults and fault:
            order = FAULTS[fault](self, order)
        if order.tif not in (TimeInForce.IOC, TimeInForce.FOK):
            self.named.append(order)
        return order

    def _styled(self, said: "Word", order: Enter, lots: int, instrument: Instrument) -> Enter:
        order = order._replace(account=said.pick((1, 2)), stp_group=said.pick((0, 1, 2)), stp_mode=said.pick(list(StpMode)))
        if said.pick(range(8)) == 1:
            market_tifs = {TimeInForce.GTC: TimeInForce.DAY, TimeInForce.GTD: TimeInForce.IOC}
            return order._replace(ord_type=OrdType.MARKET, price=0, tif=market_tifs.get(TimeInForce(order.tif), order.tif))
        shows, post_only, later = said.pick((0, 0, 0, 1, 2, 3)), said.pick((0, 0, 0, 0, 1)), said.pick(range(1, 21))
        if order.tif in (TimeInForce.IOC, TimeInForce.FOK):
            return order
        return order._replace(
            display_qty=min(shows, lots) * instrument.lot,
            exec_inst=ExecInst.POST_ONLY if post_only else ExecInst.NONE,
            expire_ns=self.now_ns + later * TICK_NS if order.tif == TimeInForce.GTD else 0,
        )

    def _wished(self, said: "Word", order: Enter, lots: int, instrument: Instrument) -> Enter:
        at_once, reduces, settles = said.pick(MINIMA), said.pick((0, 0, 1)), said.pick(list(SettlePref))
        has_minimum = order.tif != TimeInForce.FOK and not order.exec_inst
        return order._replace(
            min_qty=min(at_once, lots) * instrument.lot if has_minimum else 0,
            exec_inst=order.exec_inst | (ExecInst.REDUCE_ONLY if reduces else ExecInst.NONE),
            settle_pref=settles,
        )

    def _late(self, said: "Word", order: Enter, instrument: Instrument) -> Enter:
        """Return the order, or one like it that is for an auction or waits for its trigger."""
        kind, stop_px = said.pick(("",) * (PLAIN // self.mix.waits) + LATE), self._price(instrument, said.pick(OFFSETS))
        if not kind:
            return order
        order = order._replace(min_qty=0, exec_inst=order.exec_inst & ExecInst.REDUCE_ONLY)
        if kind in ("OPG", "CLS"):
            order = order._replace(tif=TimeInForce[kind], display_qty=0, expire_ns=0)
            return order._replace(ord_type=OrdType.MARKET, price=0) if said.pick((0, 0, 1)) else order
        if order.tif not in (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD):
            order = order._replace(tif=TimeInForce.GTC, expire_ns=0)
        if kind == "STOP" or not order.price:
            return order._replace(ord_type=OrdType.STOP, stop_px=stop_px, price=0, display_qty=0)
        return order._replace(ord_type=OrdType.STOP_LIMIT, stop_px=stop_px)

    def _cancel(self, said: "Word") -> Cancel:
        order, session = self._target(said)
        names = (self._some_order_id(said), 0) if said.pick(range(8)) == 1 else (0, order.cl_ord_id)
        return Cancel(*names, self._next_id(), session, said.pick((0, 0, 0, 0, 1, 2)), said.pick((0, 0, 0, 0, *SIDES)), self.now_ns)

    def _replace(self, said: "Word") -> Replace:
        order, session = self._target(said)
        names = (self._some_order_id(said), 0) if said.pick(range(8)) == 1 else (0, order.cl_ord_id)
        instrument = self.instrument(order.instrument)
        price = order.price if said.pick((True, False)) else self._price(instrument, said.pick(OFFSETS))
        off_tick = self.mix.faults and said.pick(range(20)) == 1
        shows = said.pick((-1, -1, -1, 0, 1, 3))
        latest_id = self.named[-1].cl_ord_id if self.named else 0
        new_id = said.pick((0, self._next_id(), self.last_id, self.last_id, latest_id))
        self.named.append(order._replace(cl_ord_id=new_id or order.cl_ord_id, price=price))
        shown_qty = shows * instrument.lot if shows > 0 else shows
        return Replace(
            names[0], price + off_tick, said.pick(LOTS) * instrument.lot, new_id, names[1], shown_qty, session, ts_ns=self.now_ns
        )

    def _mass_cancel(self, said: "Word") -> MassCancel:
        filters = (said.pick(range(SESSIONS + 1)), said.pick((0, 1, 2)), said.pick((0, 1, 2)), said.pick((0, *SIDES)))
        return MassCancel(*filters, self._next_id(), self.now_ns)

    def _collar(self, said: "Word") -> SetCollar:
        number = said.pick(range(1, len(self.listed) + 1))
        instrument = self.instrument(number)
        off_tick = said.pick((0, 0, 1)) * instrument.tick // 2
        low, high = (self._price(instrument, side * said.pick(WIDTHS)) for side in (-1, 1))
        anchor, ticks = self._price(instrument, said.pick(ANCHORS)), said.pick(REACHES)
        dynamic_bps = min(-(-ticks * instrument.tick * WHOLE_BPS // anchor), WHOLE_BPS)
        return SetCollar(number, low - off_tick, high + off_tick, dynamic_bps, anchor)

    def _phase(self, said: "Word") -> SetPhase:
        return SetPhase(said.pick(range(1, len(self.listed) + 1)), said.pick(PHASES), said.pick((True, True, False)), said.pick(KEEPS))

    def _reopen(self, number: int, said: "Word") -> Any:
        return SetPhase(number, Phase.CONTINUOUS, said.pick((True, True, False)), said.pick(KEEPS))

    def _auction(self, said: "Word") -> HoldAuction:
        number = said.pick(range(1, len(self.listed) + 1))
        instrument = self.instrument(number)
        reference = said.pick((0, 0, 1)) * (self._price(instrument, said.pick(OFFSETS)) + said.pick((0, 0, 1)) * instrument.tick // 2)
        low, high = (self._price(instrument, side * said.pick((1_000, 2, 0, 5))) for side in (-1, 1))
        self.reopens = said.pick((0, number, number))
        return HoldAuction(number, reference, *said.pick(((0, 0), (0, 0), (low, high))))

    def _cancel_all(self, said: "Word") -> CancelAll:
        filters = (said.pick((0, 0, 1, 2)), said.pick((1, 2)), said.pick((0, 1, 2)), said.pick((0, *SIDES)))
        return CancelAll(*filters, said.pick((Reason.ADMIN, Reason.KILL, Reason.SANCTIONS_HIT)))

    def _listing(self, said: "Word") -> Command:
        """List one more instrument like one that is there, or where there is no room tell the time."""
        if len(self.listed) == len(self.world.instruments) + self.world.room:
            return Expire(self.now_ns)
        instrument = said.pick(self.listed)._replace(lot=1)
        self.listed.append(instrument)
        return ListInstrument(instrument)

    def _time(self, said: "Word") -> Expire | EndOfDay:
        return EndOfDay(self.now_ns) if said.pick((0, 0, 1)) else Expire(self.now_ns)

    def _price(self, instrument: Instrument, offset: int) -> int:
        top = instrument.max_price // instrument.tick
        return instrument.tick * min(max(top // 2 + offset, 1), top)

    def _target(self, said: "Word") -> tuple[Enter, int]:
        """Return some order entered before, late ones more often, and who asks about it: its session, but for a few times."""
        ago = said.pick(range(1, 13))
        is_foreign = said.pick(range(12)) == 1
        order = self.named[-ago % len(self.named)] if self.named else Enter(Side.BUY, 0, 0, 1)
        return order, order.session % SESSIONS + 1 if is_foreign else order.session

    def _some_order_id(self, said: "Word") -> int:
        return said.pick((1, 2)) << 24 | said.pick(range(10))

    def _next_id(self) -> int:
        self.last_id += 1
        return self.last_id


class Word:
    """Bytes that are read as choices."""

    def __init__(self, word: bytes) -> None:
        self.left = iter(word)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        return choices[next(self.left, 0) % len(choices)]


def _words(max_size: int) -> st.SearchStrategy[list[bytes]]:
    """Draw lists of lists, because a list alone has five elements on average, whatever its maximum."""
    word = st.binary(min_size=WORD_SIZE, max_size=WORD_SIZE)
    bursts = st.lists(st.lists(word, min_size=1, max_size=BURST_WORDS), max_size=max(1, max_size // 6))
    return bursts.map(lambda drawn: [word for burst in drawn for word in burst][:max_size])


def _instrument(tick: int, lot: int, lots_min: int, ticks: int, protection_ticks: int) -> Instrument:
    return Instrument("TEST", tick, lot, lot * lots_min, lot * 500, tick * ticks, tick * protection_ticks)


def _repeat_id(teller: Teller, order: Enter) -> Enter:
    return order._replace(cl_ord_id=teller.named[-1].cl_ord_id, session=teller.named[-1].session) if teller.named else order


KINDS = ("enter", "cancel", "replace", "mass_cancel", "time", "collar", "cancel_all", "listing", "phase", "auction")
PLAIN = 24
LATE = ("OPG", "STOP", "CLS", "STOP_LIMIT", "STOP", "STOP_LIMIT", "OPG")
PHASES = (*[Phase.CONTINUOUS] * 3, Phase.CALL, Phase.CONTINUOUS, Phase.CLOSING_CALL)
KEEPS = (*(False,) * 5, True)
SIDES = (Side.BUY, Side.SELL)
TIFS = (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.GTC, TimeInForce.FOK, TimeInForce.GTD)
PLAIN_TIFS = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC)
OFFSETS = (*(-1, 0, 1, 2, -2, 3, -3) * 6, *range(-10, 11), -500, -70, 70, 500)
MINIMA = (*(0,) * 16, 1, 3, 20)
WIDTHS = (1_000, 10, 5, 1_000, 40, 1_000, 3, 2, 20, 10, 1, 0)
ANCHORS = (0, 1, -1, 2, -2, 3, -3, 8, -8, 70)
REACHES = (0, 8, 3, 5, 2, 12, 0, 1)
LOTS = (*range(1, 10), *range(1, 10), *range(1, 60))

FAULTS: dict[str, Callable[[Teller, Enter], Enter]] = {
    "unknown instrument": lambda t, o: o._replace(instrument=len(t.listed) + 1),
    "no instrument": lambda _, o: o._replace(instrument=0),
    "unknown account": lambda t, o: o._replace(account=t.world.accounts + 1),
    "no account": lambda _, o: o._replace(account=0),
    "side": lambda _, o: o._replace(side=3),
    "short": lambda _, o: o._replace(side=5),
    "ord_type": lambda _, o: o._replace(ord_type=5),
    "tif": lambda _, o: o._replace(tif=5),
    "for the opening": lambda _, o: o._replace(tif=2),
    "for the close": lambda _, o: o._replace(tif=7),
    "stop without a price": lambda _, o: o._replace(ord_type=3, price=0),
    "stop price of a limit order": lambda _, o: o._replace(stop_px=o.price),
    "stop with a limit": lambda _, o: o._replace(ord_type=3, stop_px=o.price),
    "stop off tick": lambda _, o: o._replace(stop_px=o.stop_px + 1),
    "stop below nothing": lambda _, o: o._replace(ord_type=4, stop_px=-o.price),
    "stop beyond the ladder": lambda t, o: o._replace(ord_type=4, stop_px=t.instrument(o.instrument).tick * 2**30),
    "stop that takes now": lambda _, o: o._replace(ord_type=4, stop_px=o.price, tif=3),
    "cash": lambda _, o: o._replace(exec_inst=4),
    "exec_inst": lambda _, o: o._replace(exec_inst=8),
    "post-only that never rests": lambda _, o: o._replace(exec_inst=1, tif=3),
    "stp_mode": lambda _, o: o._replace(stp_mode=5),
    "settle_pref": lambda _, o: o._replace(settle_pref=3),
    "off tick": lambda _, o: o._replace(price=o.price + 1),
    "zero price": lambda _, o: o._replace(price=0),
    "negative price": lambda _, o: o._replace(price=-o.price),
    "price range": lambda t, o: o._replace(price=t.instrument(o.instrument).tick * 2**30),
    "off lot": lambda _, o: o._replace(qty=o.qty + 1),
    "zero qty": lambda _, o: o._replace(qty=0),
    "negative qty": lambda _, o: o._replace(qty=-o.qty),
    "one lot": lambda t, o: o._replace(qty=t.instrument(o.instrument).lot),
    "max qty": lambda t, o: o._replace(qty=t.instrument(o.instrument).lot * 501),
    "huge qty": lambda _, o: o._replace(qty=2**63 - 1),
    "shows too much": lambda _, o: o._replace(display_qty=o.qty * 2),
    "shows less than nothing": lambda _, o: o._replace(display_qty=-o.qty),
    "shows off lot": lambda _, o: o._replace(display_qty=o.display_qty + 1),
    "more at once than all": lambda _, o: o._replace(min_qty=o.qty * 2),
    "less than nothing at once": lambda _, o: o._replace(min_qty=-o.qty),
    "at once off lot": lambda _, o: o._replace(min_qty=o.min_qty + 1),
    "at once and all": lambda _, o: o._replace(min_qty=o.qty, tif=4),
    "expire_ns": lambda _, o: o._replace(expire_ns=o.ts_ns if o.tif == TimeInForce.GTD else 1),
    "repeated id": _repeat_id,
    "no client id": lambda _, o: o._replace(cl_ord_id=0),
}
FAULT_NAMES = (*("",) * (256 - len(FAULTS)), *FAULTS)
