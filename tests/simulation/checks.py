"""What must hold, whatever happened: after each start, whenever everything has come to rest, and at the end of a simulation."""

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import structs

from engine.journal.records import Group
from engine.matching.enums import CommandKind, Reason
from engine.matching.records import Command
from engine.protocol.messages import NewOrder, Replace, decode_client
from engine.replica import Diverged, Replica
from engine.snapshot.format import read
from engine.snapshot.records import Snapshot
from engine.snapshot.state import of, restore
from engine.testing.venue_oracle import VenueOracle
from engine.transcript import commands_of, record
from engine.venue.acts import Deposit
from engine.venue.office import Office
from engine.venue.records import SystemAccount
from engine.venue.venue import Venue
from tests.simulation.market import ISSUED
from tests.simulation.store import snapshot_names
from tests.simulation.trader import Chapter, Trader
from tests.simulation.witness import Life, LogFault, Witness

if TYPE_CHECKING:
    from tests.simulation.world import World


class Checks:
    """The laws of a simulation; the witness and the oracle follow the log as far as it was found after the last crash."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._limits: dict[str, int] = structs.asdict(world.config.limits)
        self.witness = Witness(Venue(**self._limits))
        self._oracle = Witness(VenueOracle(**self._limits))
        self._for_oracle: list[Group] = []
        self._told_oracle = 0
        self._places: dict[int, tuple[int, int]] = {}  # of a chapter: its life, and how many of its reports were compared

    @property
    def witnessed(self) -> str:
        """Hash of the venue as the log has it."""
        return of(self.witness, b"").state_hash  # type: ignore[arg-type]  a witness has what is asked of a replica

    def after_start(self) -> None:
        """Nothing that was durable is lost, the venue is what its log says, and whoever asked for it has no orders any more."""
        world = self._world
        gateway = world.gateway
        assert gateway is not None
        assert gateway.recovered is not None
        last = gateway.recovered.last_seq
        world.expect(last >= self.witness.next_seq - 1, f"the log ends with {last}, and had {self.witness.next_seq - 1}")
        self._follow(last)
        if not gateway.recovered.born:
            self._same_state(gateway.recovered.state_hash, "what was recovered is not what the log says")
        gateway.venue.check()
        for session in range(1, gateway.venue.session_count + 1):
            was, now = (venue.book.orders(session=session) for venue in (self.witness.venue, gateway.venue))
            expected = [] if session in self.witness.ends else was
            world.expect(now == expected, f"session {session} has orders {now} after a start, and not {expected}")
        for trader in world.traders:
            if trader.terms:
                left = gateway.venue.book.orders(session=trader.number)
                world.expect(not left, f"{trader.name} wanted its orders to end with its connection, and has {left}")
            elif trader.terms is False:
                wrong = trader.number in self.witness.ends
                world.expect(not wrong, f"the log says that the orders of {trader.name} end with its connection, and it was told otherwise")
        self._seen_is_logged()

    def at_rest(self) -> None:
        """Everybody was told everything, and the venue is what its log says."""
        world = self._world
        gateway = world.gateway
        assert gateway is not None
        self._follow(gateway.sequencer.next_seq - 1)
        self._same_state(of(gateway.replica, b"").state_hash, "the venue is not what its log says")
        gateway.venue.check()
        self._seen_is_logged()
        for trader in world.traders:
            self._heard_all(trader)
        self._agrees_with_the_rules()
        if not world.jumps:
            ends = self.witness.kinds[CommandKind.END_OF_DAY]
            world.expect(ends == world.days, f"{ends} days have ended, and not {world.days}")

    def at_the_end(self) -> None:
        """A replay of the whole log, and of each snapshot and the rest, is the venue that was; and no money came from nowhere."""
        world = self._world
        self._follow(world.store.journal.released_seq)
        groups = list(world.store.journal.read())
        self._same_state(self._replayed(groups, None), "another replay of the log has another end")
        for name in snapshot_names(world.disk):
            try:
                data = read(world.disk.read(name))
            except ValueError:
                continue
            world.count("snapshots tried")
            self._same_state(self._replayed(groups, data), f"{name} and the rest of the log have another end")
        self._lie_is_found(groups)
        deposits = dict(world.operators.deposited)
        deposits |= {act.external_id: (act.asset, act.amount) for act in world.config.acts if isinstance(act, Deposit)}
        office = self.witness.office
        for number, asset in enumerate(office.assets, 1):
            expected = sum(amount for name, amount in deposits.values() if name == asset)
            if asset == ISSUED:
                expected += sum(entry.qty for entry in office.mints.values() if entry.state in ("minted", "delivered"))
                expected -= sum(entry.qty for entry in office.redeems.values() if entry.state in ("burned", "released"))
            outside = sum(
                self.witness.venue.balance(account, number).available for account in (SystemAccount.CUSTODY, SystemAccount.ISSUANCE)
            )
            world.expect(outside == -expected, f"custody and issuance have {outside} {asset}, and {expected} came in")
        for change in office.changes:
            world.count(f"status: {change.status}")
        for auction in office.auctions:
            world.count(f"auction: {auction.outcome}")
        for change in office.reserves:
            world.count(f"reserve: {change.state}")
        for reason in (Reason.TRIGGERED, Reason.AUCTION_END, Reason.COLLAR_DYNAMIC):
            world.count(f"report: {reason.name}", self.witness.reasons[reason])
        world.count("commands", self.witness.next_seq - 1)

    def _follow(self, last: int) -> None:
        """Let the witness see the log up to a sequence."""
        world = self._world
        if self.witness.next_seq > last:
            return
        groups = [group for group in world.store.journal.read(self.witness.next_seq) if group.first_seq <= last]
        self._for_oracle += groups
        try:
            self.witness.follow(groups)
        except LogFault as fault:
            world.fail(str(fault))
        world.expect(self.witness.next_seq == last + 1, f"the log can be read up to {self.witness.next_seq - 1}, and not up to {last}")

    def _same_state(self, found: str, what: str) -> None:
        expected = self.witnessed
        self._world.expect(found == expected, f"{what}: {found} and {expected} after {self.witness.next_seq - 1}")

    def _replayed(self, groups: list[Group], snapshot: Snapshot | None) -> str:
        venue = Venue(**self._limits)
        replica = Replica(venue, None, Office(venue))
        if snapshot is not None:
            restore(snapshot, replica)
        for group in groups:
            if group.first_seq >= replica.next_seq:
                replica.replay(group)
        self._world.expect(not replica.faults, f"the office failed: {replica.faults}")
        venue.check()
        return of(replica, b"").state_hash

    def _lie_is_found(self, groups: list[Group]) -> None:
        """A mark that tells another history stops a replay."""
        for group in groups:
            commands = list(commands_of(group))
            if any(command.kind == CommandKind.MARK for _, command, _ in commands):
                body = b"".join(record(_lied(command), payload) for _, command, payload in commands)
                try:
                    self._replayed([*groups[: groups.index(group)], structs.replace(group, body=body)], None)
                except Diverged:
                    return
                self._world.fail(f"nobody sees that a mark in the group from {group.first_seq} on tells another history")

    def _agrees_with_the_rules(self) -> None:
        """The oracle says the same, byte for byte, and has the same money."""
        if not self._world.options.oracle:
            return
        self._oracle.follow(self._for_oracle)
        self._world.count("commands of the oracle", self._oracle.next_seq - 1 - self._told_oracle)
        self._told_oracle = self._oracle.next_seq - 1
        self._for_oracle.clear()
        for session, lives in self.witness.lives.items():
            same = [life.reports for life in self._oracle.lives[session]] == [life.reports for life in lives]
            self._world.expect(same, f"the oracle would have told session {session} something else")
        same = self._oracle.venue.balances() == self.witness.venue.balances()
        self._world.expect(same, "the oracle has other balances")

    def _seen_is_logged(self) -> None:
        """Whatever anybody saw is in the log, and what a program asked is there at most once and as it was asked."""
        world = self._world
        missing = Counter(world.operators.told) - Counter(self.witness.acts)
        world.expect(not missing, f"an operator was told of what is not in the log: {missing}")
        for trader in world.traders:
            strange = trader.statuses - self.witness.order_ids
            world.expect(not strange, f"{trader.name} was told of orders that are not in the log: {strange}")
            lives = self.witness.lives[trader.number]
            earliest = 0
            for chapter in trader.chapters:
                earliest = self._place(trader, chapter, lives, earliest) + 1

    def _place(self, trader: Trader, chapter: Chapter, lives: list[Life], earliest: int) -> int:
        """Find the life of the session that a chapter tells of: only a reset that nobody heard of lets one be passed over."""
        place, compared = self._places.get(id(chapter), (earliest, 0))
        while place < len(lives):
            why = _differs(chapter, lives[place], compared)
            if not why:
                self._places[id(chapter)] = (place, len(chapter.reports))
                return place
            place, compared = place + 1, 0
        self._world.fail(f"{trader.name}, chapter {trader.chapters.index(chapter)} of {len(trader.chapters)}: {why}")
        raise AssertionError

    def _heard_all(self, trader: Trader) -> None:
        """A program has heard every report of its session's present life, and the venue has every request."""
        world, chapter = self._world, trader.chapter
        lives = self.witness.lives[trader.number]
        life = lives[-1]
        known = self._places[id(chapter)][0] == len(lives) - 1 or not _differs(
            chapter, life, 0
        )  # lives in which nothing was said are alike
        world.expect(known, f"{trader.name} does not know that its numbers began again")
        heard = len(chapter.reports)
        world.expect(heard == len(life.reports), f"{trader.name} heard {heard} of {len(life.reports)} reports")
        world.expect(set(chapter.requests) == set(life.requests), f"{trader.name}: requests {set(chapter.requests) ^ set(life.requests)}")
        gateway = world.gateway
        assert gateway is not None
        has = {order.order_id for order in gateway.venue.book.orders(session=trader.number)}
        knows = set(trader.open_orders)
        world.expect(knows <= has, f"{trader.name} takes orders for open that are not: {knows - has}")


def _differs(chapter: Chapter, life: Life, compared: int) -> str:
    """Return what is in a chapter that cannot be in a life, "" where all can be."""
    for seq in list(chapter.reports)[compared:]:
        if seq > len(life.reports) or chapter.reports[seq] != life.reports[seq - 1]:
            logged = life.reports[seq - 1] if seq <= len(life.reports) else None
            return f"report {seq} was heard and is not in the log so: {chapter.reports[seq]!r}, {logged!r}"
    for seq in range(chapter.checked_requests + 1, len(life.requests) + 1):
        if seq not in chapter.requests:
            return f"request {seq} is in the log and was not asked"
        if not _same_request(chapter.requests[seq], life.requests[seq]):
            return f"request {seq} was asked and is not in the log so: {life.requests[seq]}"
    return ""


def _same_request(frame: bytes, command: Command) -> bool:
    asked = decode_client(frame[4:])
    if (asked.cl_ord_id, asked.seq) != (command.cl_ord_id, command.in_seq):
        return False
    if isinstance(asked, (NewOrder, Replace)):
        stops = getattr(asked, "stop_px", 0), command.stop_px
        return bool((asked.price, asked.order_qty, asked.side, stops[0]) == (command.price, command.qty, command.side, stops[1]))
    return True


def _lied(command: Command) -> Command:
    return command._replace(order_id=command.order_id ^ 1) if command.kind == CommandKind.MARK else command
