"""Scripts of a book: a drawing, actions with the events that they must produce, the drawing after.

          | 10.03 | 200#1
    100#3 | 10.02 |
    buy #4 250@10.03 IOC        ->  fill #1 200@10.03, cancel #4 50 IOC
    100#3 | 10.02 |

The first drawing is entered order by order, every later one must be what the book looks like then.  An action without an arrow must cause
nothing but its acceptance.  `--` begins a comment.  Prices are in quote units, quantities in the book's own.

    given tick 0.05 lot 10 orders 2 [collar ...]             the book: fields of Instrument and limits, `instruments N` of them
    buy|sell #ID QTY@PRICE|market [stop PRICE] [IOC|FOK|DAY|GTC|OPG|CLS] [GTD NS] [post] [reduce] [show N] [min N] [group N] [STP MODE]
                                  [settle TOKEN|TRADITIONAL] [session N] [account N] [instrument N] [at NS]
    replace #ID QTY@PRICE [as #ID] [show N] ...              show 0 shows all; without it the displayed quantity stays
    cancel #ID [as #ID] [by order_id] [session N] [instrument N] [side 1|2]
    mass cancel|cancel all [session N] [account N] [instrument N] [side 1|2] [REASON of a cancel all]
    collar LOW HIGH|off [dynamic N% anchor PRICE] [instrument N]
    phase CONTINUOUS|CALL|CLOSING_CALL [pauses] [keeps] [instrument N]        keeps: its stops, whatever the last price
    uncross|indicative [reference PRICE] [within LOW HIGH] [instrument N]
    list [tick 0.05 lot 10]                                  one more instrument
    time NS · end of day NS
    instrument N:                                            the next drawing is of that book

Events: `fill #MAKER QTY@PRICE` (both sides of a trade), `cancel #ID QTY REASON`, `replaced #ID LEAVES@PRICE`, `refresh #ID SHOWN`,
`decrement #ID LEAVES`, `slide #ID PRICE`, `expire #ID QTY REASON`, `mass canceled N`, `reject REASON`, `refuse REASON`; of stops and
auctions `trigger #ID`, `strike COLLAR|CASCADE`, `cross #BUYER #SELLER QTY@PRICE`, `not done`; `indicative` says `QTY@PRICE +IMBALANCE`.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from engine.matching.enums import ExecInst, ExecType, Liquidity, OrdType, Phase, Reason, SettlePref, Side, StpMode, TimeInForce
from engine.matching.records import Instrument, Uncross
from engine.testing.commands import (
    VERBS,
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
from engine.testing.drawing import Row, draw, draw_price, draw_rows, is_drawn, parse, parse_price, rows
from engine.testing.oracle import Oracle

ARROW = "->"
LIMITS = ("orders", "levels", "accounts", "sweep", "listings")
PRICES = ("tick", "max_price", "protection")
NUMBERS = {
    "session": "session",
    "account": "account",
    "instrument": "instrument",
    "at": "ts_ns",
    "group": "stp_group",
    "show": "display_qty",
    "min": "min_qty",
    "side": "side",
}
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TIFS = {tif.name: tif for tif in TimeInForce}
MODES = {mode.name: mode for mode in StpMode if mode}
REASONS = {reason.name: reason for reason in Reason if reason > Reason.USER}
INSTRUCTIONS = {"post": ExecInst.POST_ONLY, "reduce": ExecInst.REDUCE_ONLY}


def play(text: str, make: Callable[..., Any] = Oracle) -> Any:
    """Play a script on a book opened by `make` and return the book; raise AssertionError where it does not go as written."""
    return _Play(make).run(text)


def actions(text: str) -> Iterator[str]:
    """Give the lines of a script without comments and blank ones."""
    for line in text.splitlines():
        said = line.partition("--")[0].rstrip()
        if said.strip():
            yield said


class _Play:
    """One run of a script: the book, and which order each client id names."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self.make = make
        self.book: Any = None
        self.owners: dict[int, tuple[int, int]] = {}

    def run(self, text: str) -> Any:
        drawing: list[str] = []
        instrument, acted = 1, False
        for line in [*actions(text), ""]:
            if is_drawn(line):
                drawing.append(line)
                continue
            if drawing:
                self._drawn("\n".join(drawing), instrument, is_first=not acted)
                drawing, instrument, acted = [], 1, True
            words = line.split()
            if words and words[0] == "given":
                self.book = self._open(words[1:])
            elif words and words[0] == "instrument":
                instrument = int(words[1].rstrip(":"))
            elif words:
                acted = True
                self._act(line)
        return self.book

    def _open(self, words: list[str]) -> Any:
        at = words.index("collar") if "collar" in words else len(words)
        said = dict(zip(words[:at:2], words[1:at:2], strict=True))
        count = int(said.pop("instruments", "1"))
        limits = {name: int(said.pop(name)) for name in LIMITS if name in said}
        self.instrument = _instrument(said)
        book = self.make([self.instrument] * count, **limits)
        if words[at:]:
            book.set_collar(*self._collar(words[at + 1 :]))
        return book

    def _drawn(self, drawing: str, instrument: int, *, is_first: bool) -> None:
        self.book = self.book or self._open([])
        wanted = parse(drawing)
        if is_first:
            self._enter_all(wanted, instrument)
        shown = rows(self.book, instrument)
        assert shown == wanted, f"the book should be\n{draw_rows(wanted)}\nand is\n{draw(self.book, instrument)}"

    def _enter_all(self, wanted: list[Row], instrument: int) -> None:
        sides = [(Side.BUY, row.price, row.bids) for row in wanted] + [(Side.SELL, row.price, row.asks) for row in reversed(wanted)]
        for side, price, queue in sides:
            for shown, reserve, name in queue:
                order = Enter(side, price, shown + reserve, name, instrument, display_qty=shown if reserve else 0)
                self._apply(order)

    def _act(self, line: str) -> None:
        self.book = self.book or self._open([])
        action, _, wanted = line.partition(ARROW)
        before = draw(self.book)
        try:
            told = self._do(action.split())
        except (KeyError, ValueError, IndexError, ArithmeticError) as error:
            raise ValueError(f"cannot read {line.strip()!r}: {error}") from error
        self.book.check()
        said = ", ".join(told)
        assert said == " ".join(wanted.split()), (
            f"{action.strip()}\nshould cause  {wanted.strip() or 'nothing'}\nbut it causes {said or 'nothing'}\n"
            f"book before:\n{before}\nbook after:\n{draw(self.book)}"
        )

    def _do(self, words: list[str]) -> list[str]:
        """Do what a line says and tell what it caused."""
        if words[0] == "indicative":
            said = _auction(words[1:])
            return [_uncrossed(self.book.indicative(said.instrument, said.reference))]
        command = self._command(words)
        told = list(_story(self._apply(command)))
        if isinstance(command, HoldAuction) and not self.result.done:
            told.append("not done")
        while strike := self.book.take_strike():
            told.append(f"strike {strike[1].name}")
        return told

    def _apply(self, command: Command) -> list[Any]:
        self.result = getattr(self.book, VERBS[type(command)])(*command)
        events: list[Any] = self.book.events()
        for event in events:
            if event.exec_type in (ExecType.NEW, ExecType.REPLACED):
                self.owners[event.cl_ord_id] = (event.order_id, event.session)
        return events

    def _command(self, words: list[str]) -> Command:
        verb, rest = words[0], words[1:]
        if verb in SIDES:
            return self._enter(SIDES[verb], rest)
        if verb == "collar":
            return self._collar(rest)
        if verb == "list":
            return ListInstrument(_instrument(dict(zip(rest[::2], rest[1::2], strict=True))))
        if verb == "phase":
            return SetPhase(options(rest[1:]).get("instrument", 1), Phase[rest[0]], "pauses" in rest, "keeps" in rest)
        if verb == "uncross":
            return _auction(rest)
        if verb == "cancel" and rest[0] == "all":
            return CancelAll(**options(rest[1:]))
        if verb == "cancel":
            return Cancel(**self._named(rest[0], options(rest[1:])))
        if verb == "replace":
            price, qty = _terms(rest[1])
            return Replace(**{"order_id": 0, "price": price, "qty": qty} | self._named(rest[0], options(rest[2:])))
        if verb == "mass":
            return MassCancel(**options(rest[1:]))
        return Expire(int(rest[0])) if verb == "time" else EndOfDay(int(rest[2]))

    def _enter(self, side: Side, words: list[str]) -> Enter:
        price, qty = _terms(words[1])
        said = options(words[2:])
        kinds = (OrdType.STOP, OrdType.STOP_LIMIT) if said.get("stop_px") else (OrdType.MARKET, OrdType.LIMIT)
        fields: dict[str, int] = {"ord_type": kinds[price != 0]}
        if fields["ord_type"] == OrdType.MARKET:
            fields["tif"] = TimeInForce.IOC
        return Enter(side, price, qty, _name(words[0]), **fields | said)

    def _collar(self, words: list[str]) -> SetCollar:
        low, high, *more = ("0", draw_price(self.instrument.max_price), *words[1:]) if words[0] == "off" else words
        said = dict(zip(more[::2], more[1::2], strict=True))
        bps = Decimal(said.pop("dynamic", "0%").removesuffix("%")) * 100
        fields = {"instrument": int(said.pop("instrument", "1")), "anchor": parse_price(said.pop("anchor", "0"))}
        if said or bps != int(bps):
            raise ValueError(f"{' '.join(said) or bps} is not of a collar")
        return SetCollar(low=parse_price(low), high=parse_price(high), dynamic_bps=int(bps), **fields)

    def _named(self, word: str, options: dict[str, int]) -> dict[str, int]:
        name = _name(word)
        order_id, session = self.owners.get(name, (0, 1))
        by_order_id = options.pop("by", 0)
        return {"order_id": order_id if by_order_id else 0, "orig_cl_ord_id": name, "session": session} | options


def _instrument(said: dict[str, str]) -> Instrument:
    return Instrument("TEST", **{name: parse_price(value) if name in PRICES else int(value) for name, value in said.items()})


def options(words: list[str]) -> dict[str, int]:
    """Read the options after an action's terms as the fields of its command."""
    fields: dict[str, int] = {}
    left = iter(words)
    for word in left:
        if word in NUMBERS:
            fields[NUMBERS[word]] = int(next(left))
        elif word == "GTD":
            fields |= {"tif": TimeInForce.GTD, "expire_ns": int(next(left))}
        elif word in TIFS:
            fields["tif"] = TIFS[word]
        elif word in MODES:
            fields["stp_mode"] = MODES[word]
        elif word in REASONS:
            fields["reason"] = REASONS[word]
        elif word in INSTRUCTIONS:
            fields["exec_inst"] = fields.get("exec_inst", 0) | INSTRUCTIONS[word]
        elif word in ("pauses", "keeps"):
            continue
        elif word == "stop":
            fields["stop_px"] = parse_price(next(left))
        elif word == "settle":
            fields["settle_pref"] = SettlePref[next(left)]
        elif word == "as":
            fields["cl_ord_id"] = _name(next(left))
        elif word == "by":
            fields["by"] = next(left) == "order_id"
        else:
            raise ValueError(f"{word!r} is not an option")
    return fields


def _auction(words: list[str]) -> HoldAuction:
    left = iter(words)
    fields: dict[str, int] = {"instrument": 1}
    for word in left:
        if word == "within":
            fields |= {"low": parse_price(next(left)), "high": parse_price(next(left))}
        else:
            fields[word] = int(next(left)) if word == "instrument" else parse_price(next(left))
    return HoldAuction(**fields)


def _uncrossed(result: Uncross) -> str:
    return f"{result.qty}@{draw_price(result.price)} {result.imbalance:+}"


def _terms(word: str) -> tuple[int, int]:
    qty, _, price = word.partition("@")
    return 0 if price == "market" else parse_price(price), int(qty)


def _name(word: str) -> int:
    if not word.startswith("#"):
        raise ValueError(f"{word!r} does not name an order like #1")
    return int(word[1:])


def _story(events: list[Any]) -> Iterator[str]:
    """Tell events as scripts do; the acceptance of an order goes without saying."""
    first: Any = None
    for event in events:
        if event.exec_type == ExecType.TRADE and first is None:
            assert event.liquidity == Liquidity.MAKER or (event.liquidity, event.side) == (Liquidity.AUCTION, Side.BUY), event
            first = event
        elif event.exec_type == ExecType.TRADE:
            assert (first.match_id, first.last_px, first.last_qty) == (event.match_id, event.last_px, event.last_qty)
            is_auction = event.liquidity == Liquidity.AUCTION
            who = f"cross #{first.cl_ord_id} #{event.cl_ord_id}" if is_auction else f"fill #{first.cl_ord_id}"
            yield f"{who} {event.last_qty}@{draw_price(event.last_px)}"
            first = None
        elif event.exec_type != ExecType.NEW:
            yield _tell(event)


def _tell(event: Any) -> str:
    reason = Reason(event.reason).name
    name = event.orig_cl_ord_id if event.reason == Reason.USER else event.cl_ord_id
    if event.exec_type == ExecType.RESTATED:
        return {
            Reason.RESERVE_REFRESH: f"refresh #{name} {event.last_qty}",
            Reason.COLLAR_DYNAMIC: f"slide #{name} {draw_price(event.price)}",
            Reason.STP: f"decrement #{name} {event.leaves_qty}",
            Reason.TRIGGERED: f"trigger #{name}",
        }[event.reason]
    return {
        ExecType.REJECTED: f"reject {reason}",
        ExecType.CANCEL_REJECTED: f"refuse {reason}",
        ExecType.CANCELED: f"cancel #{name} {event.last_qty} {reason}",
        ExecType.EXPIRED: f"expire #{name} {event.last_qty} {reason}",
        ExecType.REPLACED: f"replaced #{name} {event.leaves_qty}@{draw_price(event.price)}",
        ExecType.MASS_CANCELED: f"mass canceled {event.last_qty}",
    }[event.exec_type]
