"""Scripts of a venue: who there is and what he owns, orders and acts with what they must cause, balances and books as they must be then.

    given fees -0.5/3                                  -- the instrument ACME against USDC, in the words of its listing
    given alice: 1000 USDC
    given bob: 10 ACME
    bob sell #1 2@100.00
    alice buy #2 5@100.00       ->  fill #1 2@100.00 fees -0.01 0.06
    alice: 499.85 available, 300.09 held USDC; 2 available ACME

An order, an act or a time without an arrow must cause nothing but its acceptance; after `->  ...` it may cause whatever it does.  `--`
begins a comment.  Prices are in the quote unit, quantities in tokens, amounts in their asset, rates in basis points, times in seconds from
the beginning of the script; `engine.testing.venue_words` reads them.

    given [tick 0.01] [lot 0.0001] [fees MAKER/TAKER,...] [ticks FROM:TICK,...] [collar QUALITY:STATIC%[:AWAY%[:DYNAMIC%]],...]
          [masks SESSION:order-type+order-type,...] [status STATUS] [reference PRICE] [FIELD VALUE]... [CAPACITY N]...
          [auction call:S,pause:S,collar:SHARE%,extend:S,extensions:N] [week S:SESSION[:STATUS[:THEN]],...]
    given NAME [account N] [FIELD VALUE]...: AMOUNT ASSET, ...     a subscriber with a session and an account, or one more account
    given persons                                      two persons of each role, operator-1 and so on, and the founding ends
    NAME[/ACCOUNT] buy|sell #ID QTY|$AMOUNT@PRICE|market [options as engine.testing.play has them] [throttled] [FIELD=UNITS]
    NAME[/ACCOUNT] replace #ID QTY@PRICE [show QTY] ... · cancel #ID · mass cancel      a replace shows all unless it says what
    act NAME [FIELD VALUE]... [by PERSON]              one of engine.venue.acts; what is not DONE is told first: `PROPOSED`, `refused CODE`
    act attest shares N [attestor kim] [forged yes]    signed with the attestor's own key, or with another's
    time S · end of day
    NAME[/ACCOUNT]|SYSTEM ACCOUNT: AMOUNT BUCKET, ... ASSET; ...   balances; buckets that are not named are empty
    NAME counts N open, AMOUNT gross, AMOUNT today · ACME traded QTY today
    ACME is STATUS, CAUSE[, until S][, then STATUS][, resumes S]       as much of it as is said · ACME would cross QTY@PRICE +IMBALANCE
    ACME has issued QTY, good|stale|breach · NAME claims QTY@PRICE|open[, paid]

A row with bars is a drawing of the book as it must be. Events are those of engine.testing.play, with fees (maker's, taker's; buyer's,
seller's), forms of settlement that are not TOKEN, the limit that a refusal is about, and `warn #ID REASON` where an order is accepted with
a warning.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from engine.matching.enums import CommandFlag, ExecInst, OrdType, TimeInForce
from engine.testing.commands import Cancel, Command, EndOfDay, Enter, Expire, MassCancel, Replace, pack
from engine.testing.drawing import draw_price, draw_rows, is_drawn, parse, parse_price, rows
from engine.testing.play import ARROW, SIDES, actions, options
from engine.testing.venue_attesting import public_key_of, signed
from engine.testing.venue_story import amount, decimal, story, told
from engine.testing.venue_words import (
    ASSETS,
    CAPACITIES,
    CASH,
    COMMON,
    LIMITS,
    LISTING,
    OF_AN_ACCOUNT,
    SECOND,
    SUBSCRIBER,
    SYMBOL,
    Fields,
    fields_of,
    pairs,
    scaled,
)
from engine.venue.records import SystemAccount

WHATEVER = "..."
MUST_BE = ("counts", "traded", "is", "would", "has", "claims")
NAMED_OUTSIDE = ("deposit", "transfer", "request-withdrawal", "pay-claim", "request-mint", "request-redeem")
ROLES = ("operator", "compliance", "treasury")


def play(text: str, make: Callable[..., tuple[Any, Any]]) -> Any:
    """Play a script on a venue and its office, opened by `make(**capacities)`; raise AssertionError where it does not go as written."""
    return _Play(make).run(text)


class _Play:
    """One run of a script."""

    def __init__(self, make: Callable[..., tuple[Any, Any]]) -> None:
        self.make = make
        self.venue: Any = None
        self.office: Any = None
        self.now_ns = 0
        self.sessions: dict[str, int] = {}
        self.accounts: dict[str, int] = {}

    def run(self, text: str) -> Any:
        drawing: list[str] = []
        for line in [*actions(text), ""]:
            if is_drawn(line):
                drawing.append(line)
                continue
            if drawing:
                self._drawn("\n".join(drawing))
                drawing = []
            if line:
                self._line(line)
        return self.venue

    def _line(self, line: str) -> None:
        words = line.split()
        if words[0] == "given":
            self._given(line.partition("given")[2].strip())
            return
        self._open([])
        if ARROW not in line and (found := re.fullmatch(r"\s*(\S+): (.+)", line)):
            self._owns(found[1], found[2])
        elif len(words) > 1 and words[1] in MUST_BE:
            self._is_said(line)
        else:
            self._happens(line)

    # What is given.

    def _given(self, said: str) -> None:
        if who := re.fullmatch(r"(\w+)((?: \S+ \S+)*):(.*)", said):
            self._open([])
            self._admit(who[1], pairs(who[2].split()), who[3])
        elif said == "persons":
            self._open([])
            self._found()
        else:
            self._open(said.split())

    def _open(self, words: list[str]) -> None:
        """Open the venue with its instrument, unless that was done."""
        if self.venue is not None:
            return
        said = pairs(words)
        self.venue, self.office = self.make(**{name: int(said.pop(name)) for name in CAPACITIES if name in said})
        status, reference = said.pop("status", "continuous"), said.pop("reference", "")
        self._must("add-asset", asset=CASH, kind="cash")
        self._must("add-asset", asset=SYMBOL, kind="token")
        self._must("list-instrument", **LISTING | fields_of(said))
        if reference:
            self._must("set-reference", **COMMON["set-reference"], price=parse_price(reference), as_of_ns=0)
        self._must("set-status", instrument=SYMBOL, status=status, cause="scheduled")

    def _admit(self, name: str, said: dict[str, str], funds: str) -> None:
        """Open an account, and before its subscriber's first one the subscriber and his session."""
        account = int(said.pop("account", max(self.accounts.values(), default=0) + 1))
        fields = fields_of(said)
        of_account = {key: fields.pop(key) for key in OF_AN_ACCOUNT if key in fields}
        if name not in self.sessions:
            limits = {key: fields.pop(key) for key in LIMITS if key in fields}
            self._must("onboard", **SUBSCRIBER | fields, subscriber=name, legal_name=name, limits=limits)
            self.sessions[name] = len(self.sessions) + 1
            self.accounts[name] = account
        self.accounts[f"{name}/{account}"] = account
        self._must("open-account", account=account, subscriber=name, **of_account)
        if self.accounts[name] == account:
            self._must("open-session", name=name, public_key=bytes([account]) * 32, subscriber=name, accounts=[account])
        for fund in filter(None, map(str.strip, funds.split(","))):
            units, asset = fund.split()
            self._must("deposit", external_id=f"given-{len(self.office.deposits) + 1}", account=account, asset=asset, amount=amount(units))

    def _found(self) -> None:
        for number, (role, nth) in enumerate(((role, nth) for role in ROLES for nth in (1, 2)), 1):
            self._must("grant-role", name=f"{role}-{nth}", public_key=bytes([128 + number]) * 32, role=role)
        self._must("found")

    def _must(self, act: str, **fields: Any) -> None:
        outcome = self._apply_act(act, fields)
        assert outcome.code == "DONE", f"{act} {fields}: {outcome.code} {outcome.text}"

    # What happens.

    def _happens(self, line: str) -> None:
        action, _, wanted = line.partition(ARROW)
        before = self._drawing()
        try:
            said = ", ".join(self._do(action.split()))
        except (KeyError, ValueError, IndexError, ArithmeticError) as error:
            raise ValueError(f"cannot read {line.strip()!r}: {error!r}") from error
        self.venue.check()
        assert wanted.strip() == WHATEVER or said == " ".join(wanted.split()), (
            f"{action.strip()}\nshould cause  {wanted.strip() or 'nothing'}\nbut it causes {said or 'nothing'}\n"
            f"book before:\n{before}\nbook after:\n{self._drawing()}"
        )

    def _do(self, words: list[str]) -> list[str]:
        if words[0] == "act":
            return self._act(words[1], words[2:])
        if words[0] == "time":
            self.now_ns = int(words[1]) * SECOND
            told = self._apply(Expire(self.now_ns))
            self.venue.begin_act(self.now_ns)
            self.office.pass_time(self.now_ns)
            return told + self._ended_act()
        if words[:3] == ["end", "of", "day"]:
            return self._apply(EndOfDay(self.now_ns))
        who, verb, *rest = words
        flags = CommandFlag.THROTTLED if "throttled" in rest else CommandFlag.NONE
        rest = [word for word in rest if word != "throttled"]
        place = {"session": self.sessions[who.partition("/")[0]], "ts_ns": self.now_ns}
        if verb in SIDES:
            raw = {name: int(value) for name, _, value in (word.partition("=") for word in rest if "=" in word)}
            rest = [word for word in rest if "=" not in word]
            in_seq = raw.pop("in_seq", self.venue.next_in(place["session"]))
            order = self._enter(SIDES[verb], rest, place | {"account": self.accounts[who]})
            return self._apply(order._replace(**raw), flags, in_seq)
        if verb == "mass":
            return self._apply(MassCancel(**place | options(rest[1:])), flags)
        return self._apply(self._change(verb, rest, place), flags)

    def _enter(self, side: int, words: list[str], place: Fields) -> Enter:
        qty, _, price = words[1].partition("@")
        said = options(scaled(words[2:]))
        fields: Fields = {"ord_type": OrdType.LIMIT}
        if "stop_px" in said:
            fields = {"ord_type": OrdType.STOP if price == "market" else OrdType.STOP_LIMIT}
        elif price == "market":
            fields = {"ord_type": OrdType.MARKET, "tif": TimeInForce.IOC}
        if qty.startswith("$"):
            said["exec_inst"] = said.get("exec_inst", 0) | ExecInst.CASH
        terms = (0 if price == "market" else parse_price(price), amount(qty.lstrip("$")), int(words[0][1:]))
        return Enter(side, *terms, **fields | place | said)

    def _change(self, verb: str, words: list[str], place: Fields) -> Command:
        names = place | {"orig_cl_ord_id": int(words[0][1:])}
        if verb == "cancel":
            return Cancel(**names | options(words[1:]))
        if verb != "replace":
            raise ValueError(f"{verb} is not an action")
        qty, _, price = words[1].partition("@")
        terms = {"order_id": 0, "price": parse_price(price), "qty": amount(qty), "display_qty": 0}
        return Replace(**terms | names | options(scaled(words[2:])))

    def _apply(self, command: Command, flags: int = 0, in_seq: int = 0) -> list[str]:
        self.venue.apply_packed(pack(command, in_seq=in_seq, flags=flags))
        told = self._told()
        self.venue.begin_act(self.now_ns)
        self.office.answer_strikes(self.now_ns)
        return told + self._ended_act()

    def _act(self, act: str, words: list[str]) -> list[str]:
        by = words[-1] if words[-2:-1] == ["by"] else "founder"
        fields = COMMON.get(act, {}) | fields_of(pairs(words[:-2] if words[-2:-1] == ["by"] else words))
        if act in ("set-reference", "attest", "report-supply"):
            fields = {"as_of_ns": self.now_ns} | fields
        if act == "attest":
            forged = fields.pop("forged", False)
            fields["signature"] = signed(fields | {"attestor": "a forger"} if forged else fields)
        if act == "add-attestor":
            fields = {"public_key": public_key_of(fields["name"])} | fields
        if act == "set-limits":
            fields["limits"] = {key: fields.pop(key) for key in LIMITS if key in fields}
        if act in NAMED_OUTSIDE:
            fields = {"external_id": f"act-{len(self.office.journal)}"} | fields
        outcome = self._apply_act(act, fields, by)
        code = [] if outcome.code == "DONE" else [outcome.code if outcome.accepted else f"refused {outcome.code}"]
        return code + self._told()

    def _apply_act(self, act: str, fields: Fields, by: str = "founder") -> Any:
        payload = msgspec.msgpack.encode({"actor": by, "reason": "a script", "act": {"act": act} | fields})
        self.venue.begin_act(self.now_ns)
        outcome = self.office.apply(payload, self.now_ns)
        self.venue.end_act()
        return outcome

    def _ended_act(self) -> list[str]:
        self.venue.end_act()
        return self._told()

    def _told(self) -> list[str]:
        return list(story(self.venue.book.events(), self.venue.details()))

    # What must be so.

    def _owns(self, who: str, said: str) -> None:
        account = SystemAccount[who] if who in SystemAccount.__members__ else self.accounts[who]
        for wanted in map(str.strip, said.split(";")):
            asset = wanted.split()[-1]
            shown = told(self.venue.balance(account, ASSETS[asset]), asset)
            assert shown == wanted, f"{who} should have {wanted}, and has {shown}"

    def _is_said(self, line: str) -> None:
        who, verb = line.split()[:2]
        says = {"counts": self._counts, "traded": self._traded, "is": self._status, "would": self._auction}
        shown = (says | {"has": self._reserve, "claims": self._claim})[verb](who)
        wanted = " ".join(line.split())
        is_so = shown == wanted or (verb == "is" and shown.startswith(f"{wanted},"))
        assert is_so, f"it should be that {wanted}, and the venue says {shown}"

    def _counts(self, who: str) -> str:
        open_orders, gross_open, gross_day = self.venue.party(self.office.subscribers[who].number)
        return f"{who} counts {open_orders} open, {decimal(gross_open)} gross, {decimal(gross_day)} today"

    def _traded(self, symbol: str) -> str:
        return f"{symbol} traded {decimal(self.venue.traded_day(1))} today"

    def _status(self, symbol: str) -> str:
        change = [change for change in self.office.changes if change.instrument == symbol][-1]
        until = f", until {change.until_ns // SECOND}" if change.until_ns else ""
        then = f", then {change.then}" if change.then not in ("", "continuous") else ""
        resumes = f", resumes {change.expected_resume_ns // SECOND}" if change.expected_resume_ns else ""
        return f"{symbol} is {change.status}, {change.cause}{until}{then}{resumes}"

    def _auction(self, symbol: str) -> str:
        found = self.venue.indicative(1, self.venue.reference(1).price)
        sign = "+" if found.imbalance >= 0 else ""
        return f"{symbol} would cross {decimal(found.qty)}@{draw_price(found.price)} {sign}{decimal(found.imbalance)}"

    def _reserve(self, symbol: str) -> str:
        issued = -self.venue.balance(SystemAccount.ISSUANCE, ASSETS[symbol]).available
        return f"{symbol} has issued {decimal(issued)}, {self.office.issuances[symbol].state}"

    def _claim(self, who: str) -> str:
        claim = self.office.claims[SYMBOL, self.accounts[who]]
        price = draw_price(claim.price) if claim.price else "open"
        return f"{who} claims {decimal(claim.qty)}@{price}{', paid' if claim.paid_ns else ''}"

    def _drawn(self, drawing: str) -> None:
        wanted = parse(re.sub(r"[\d.]+(?=[#+])", lambda qty: str(amount(qty[0])), drawing))
        assert rows(self.venue.book, 1) == wanted, f"the book should be\n{in_tokens(draw_rows(wanted))}\nand is\n{self._drawing()}"

    def _drawing(self) -> str:
        return in_tokens(draw_rows(rows(self.venue.book, 1)))


def in_tokens(drawing: str) -> str:
    """Return a drawing of a book in units with its quantities in tokens."""
    return re.sub(r"\d+(?=[#+])", lambda qty: decimal(int(qty[0])), drawing)
