"""How a venue begins: it comes back as its log tells, or is born with what its configuration says."""

from collections.abc import Callable, Iterable

import msgspec

from engine import birth
from engine.birth import BirthFault
from engine.clock import Clock
from engine.config import Config, ConfigError, seed
from engine.journal.records import Mode
from engine.recovery import Recovered, recover
from engine.replica import Replica
from engine.sequencer import Sequencer
from engine.store import Store
from engine.telemetry import log
from engine.venue import acts
from engine.venue.office import Office
from engine.venue.venue import Venue


def begin(
    config: Config,
    replica: Replica,
    clock: Clock,
    store: Store | None,
    follow: Callable[[], None],
    later: Callable[[Callable[[], None]], object],
) -> tuple[Sequencer, Recovered, bytes]:
    """Return the sequencer of a new replica, what was found, and the payload of the log's first command.

    `follow` is called when the office may have opened or closed sessions, `later` calls in the next turn of the loop.  ConfigError where
    the configuration is refused, or is not that of the log; JournalCorrupt and what else `recover` raises.
    """
    payloads = seed(config)
    born_with = birth.of(config.venue.name, msgspec.structs.asdict(config.limits), payloads)
    recovered, first = Recovered(born=True, mode=Mode.MEMORY), b""
    if store is not None:
        replica.followed = follow
        try:
            recovered, first = recover(replica, store, born_with, follow, clock.steady_ns)
        except BirthFault as error:
            raise ConfigError(str(error)) from error
        replica.followed = None
    if recovered.born and store is not None:
        _rehearse(config, clock, payloads)
    sequencer = Sequencer(replica, clock.utc_ns, store.journal if store is not None else None, later)
    if recovered.born:
        first = birth.encode(born_with)
        sequencer.birth(first)
    done = sequencer.next_seq - 2
    if done < birth.decode(first).acts:
        _carry_out(sequencer, payloads[done:])
        follow()
    if not recovered.born:
        _tell(config, replica, recovered)
        for number in replica.venue.ends_with_connection():
            sequencer.disconnect(number)
    return sequencer, recovered, first


def _rehearse(config: Config, clock: Clock, payloads: Iterable[bytes]) -> None:
    """Let a venue in memory be born first: what it refuses shall leave no journal behind."""
    venue = Venue(**msgspec.structs.asdict(config.limits))
    _carry_out(Sequencer(Replica(venue, None, Office(venue)), clock.utc_ns), payloads)


def _carry_out(sequencer: Sequencer, payloads: Iterable[bytes]) -> None:
    """Carry out acts of a birth.  ConfigError with the first that the office refuses."""
    for payload in payloads:
        outcome = sequencer.act(payload)
        if outcome.code not in ("DONE", "ALREADY"):
            act = acts.decode(payload).act
            raise ConfigError(f"{act.__struct_config__.tag}: {outcome.code}: {outcome.text}: {act}")


def _tell(config: Config, replica: Replica, recovered: Recovered) -> None:
    telling = log(venue=config.venue.name)
    for seq, text in replica.faults:
        telling.error("fault_met_again", seq=seq, error=text)
    telling.info("recovered", **msgspec.structs.asdict(recovered))
