"""The feed of statuses: who follows which instruments, and what they are told.

    change in the office -> status_news -> the sink of reports, behind those of the same command -> follow -> each follower's connection

So a change stands behind every report that came about before it, and waits at the gate with them.  A follower gets the picture of an
instrument before its first change, and then each change once.  What he did not read is bounded as answers are: by his connection.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from engine.gateway.connection import Connection
from engine.gateway.effects import Send
from engine.gateway.statuses import CALLS, NOTHING, SECOND_NS, Indicative, Picture, Statuses
from engine.protocol.messages import InstrumentStatus, InstrumentStatusRequest
from engine.venue.office import Office
from engine.venue.registers import Listing

SUBSCRIBE = 1
# Where it stands in a picture, which is what follows `req_id`.
FIRST = InstrumentStatus.__struct_fields__.index("indicative_px") - InstrumentStatus.__struct_fields__.index("instrument")
INDICATIVE = slice(FIRST, FIRST + len(NOTHING))

Tell = Callable[[Connection, list[Send]], None]


@dataclass
class Follower:
    """What a connection follows: instruments with the `req_id` of the request; `unseen` are those whose first picture is under way.

    `every` is the `req_id` under which it follows what is listed behind number `last`, None where it does not; `shown` are the indicatives
    that it knows.
    """

    numbers: dict[int, int] = field(default_factory=dict)
    unseen: dict[int, None] = field(default_factory=dict)
    every: int | None = None
    last: int = 0
    shown: dict[int, Indicative] = field(default_factory=dict)


class StatusFeed:
    """Tells followers of changes; `tell` sends messages to a connection, and `after` calls when what was sent has left the gate."""

    def __init__(self, office: Office, statuses: Statuses, tell: Tell, after: Callable[..., None]) -> None:
        self._office = office
        self._statuses = statuses
        self._tell = tell
        self._after = after
        self._followers: dict[Connection, Follower] = {}
        self._heard: int | None = None
        self._told = 0
        self._calling: dict[str, None] = {}
        self._ticked_ns = 0
        self._under_way = False

    def begin(self, connection: Connection, question: InstrumentStatusRequest) -> Iterator[Send]:
        """Let a connection follow what it asks for, and yield the pictures from which it begins.

        Those that it follows already are told again.  The instrument, if one is named, must be listed.
        """
        if self._heard is None:
            self._hear()
            self._told = len(self._office.changes)
        follower = self._followers.setdefault(connection, Follower())
        wanted = [question.instrument] if question.instrument else range(1, len(self._office.instruments) + 1)
        if not question.instrument:
            follower.every, follower.last = question.req_id, len(self._office.instruments)
        for number in wanted:
            follower.numbers[number] = question.req_id
            follower.unseen[number] = None
        while follower.unseen:
            number = next(iter(follower.unseen))
            del follower.unseen[number]
            listed = self._statuses.listed(number)
            assert listed is not None, "what was listed stays listed"
            yield self._message(follower, listed, self._statuses.picture(listed))

    def end(self, connection: Connection, instrument: int) -> None:
        """Tell a connection no more of an instrument; 0: of all."""
        follower = self._followers.get(connection)
        if follower is None:
            return
        if instrument:
            for known in (follower.numbers, follower.unseen, follower.shown):
                known.pop(instrument, None)
        else:
            follower.unseen.clear()
            del self._followers[connection]

    def forget(self, connection: Connection) -> None:
        """Tell a connection nothing more: it is gone."""
        self.end(connection, 0)

    def follow(self) -> None:
        """Tell of what happened to statuses since the last call."""
        symbols = self._hear()
        changes = self._office.changes[self._told :]
        self._told += len(changes)
        if not self._followers:
            return
        for change in changes:
            symbols.pop(change.instrument, None)
        # What is left was stopped by a kill switch, or let go on: another picture without a change of the status.
        news = [(change.instrument, change) for change in changes] + [(symbol, None) for symbol in symbols]
        messages: dict[Connection, list[Send]] = {connection: [] for connection in self._followers}
        for symbol, each in news:
            listed = self._office.instruments[symbol]
            seeing = [(connection, follower) for connection, follower in self._followers.items() if _sees(follower, listed.number)]
            picture = self._statuses.picture(listed, each) if seeing else ()
            for connection, follower in seeing:
                messages[connection].append(self._message(follower, listed, picture))
        for connection, sends in messages.items():
            self._send(connection, sends)

    def tick(self, now_ns: int) -> None:
        """Once a second tell of calls whose indicative is another; not to who does not read, nor while the last still waits at the gate."""
        if now_ns - self._ticked_ns < SECOND_NS:
            return
        self._ticked_ns = now_ns
        if not self._followers or self._under_way:
            return
        calls = {listed.number: listed for listed in map(self._office.instruments.__getitem__, self._calling)}
        now = {number: self._statuses.indicative(listed) for number, listed in calls.items()}
        pictures: dict[int, Picture] = {}
        for connection, follower in list(self._followers.items()):
            if connection.paused_ns == 0:
                self._send(connection, list(self._news_of_calls(follower, calls, now, pictures)))
        self._under_way = bool(pictures)
        if self._under_way:
            self._after(self._has_left)

    def _news_of_calls(
        self, follower: Follower, calls: Mapping[int, Listing], now: Mapping[int, Indicative], pictures: dict[int, Picture]
    ) -> Iterable[Send]:
        for number, indicative in now.items():
            if number in follower.numbers and number not in follower.unseen and follower.shown.get(number, NOTHING) != indicative:
                if number not in pictures:
                    pictures[number] = self._statuses.picture(calls[number])
                yield self._message(follower, calls[number], pictures[number])

    def _has_left(self) -> None:
        self._under_way = False

    def _hear(self) -> dict[str, None]:
        """Return what changed, and note which instruments are in a call: all are looked at first, for a snapshot brings its own."""
        news = self._office.status_news
        symbols = dict.fromkeys(self._office.instruments if self._heard is None else news[self._heard :])
        self._heard = len(news)
        for symbol in symbols:
            if self._office.instruments[symbol].status in CALLS:
                self._calling[symbol] = None
            else:
                self._calling.pop(symbol, None)
        return symbols

    def _message(self, follower: Follower, listed: Listing, picture: Picture) -> Send:
        follower.shown[listed.number] = cast(Indicative, picture[INDICATIVE])
        return Send(InstrumentStatus, (follower.numbers[listed.number], *picture))

    def _send(self, connection: Connection, messages: list[Send]) -> None:
        if messages:
            self._tell(connection, messages)


def _sees(follower: Follower, number: int) -> bool:
    """Say whether a follower is to be told of an instrument; one that is new is followed by who follows all."""
    if follower.every is not None and number > follower.last:
        follower.numbers[number] = follower.every
        follower.last = number
    return number in follower.numbers and number not in follower.unseen
