"""Bits that flip in what was durable: a mode of its own, in which a refusal to start is the right answer.

Nothing else will do, but a venue that comes back exactly as it was: where the flip hit what nobody needs any more, such as the older of
the two heads, or a frame that a snapshot stands for.
"""

from random import Random
from typing import TYPE_CHECKING

from engine.gateway.gateway import Gateway
from engine.journal.records import JournalCorrupt
from engine.replica import Diverged
from tests.simulation.journal import HEADS
from tests.simulation.loop import Loop, Scope
from tests.simulation.store import SimStore, snapshot_names

if TYPE_CHECKING:
    from tests.simulation.world import World

BITS_MAX = 3


def spoil(world: "World", random: Random) -> str:
    """Flip bits in one file of a copy of a world's disk, start a venue on it, and say what came of it.

    The world's venue must have ended in good order.  What is not refused must be as the witness saw it; "wrong" is what must not be.
    """
    disk = world.disk.copy(random)
    if random.random() < 0.7:  # all of the log matters
        for name in snapshot_names(disk):
            disk.remove(name)
    names = [name for name in disk.names("journal/") if disk.size(name)]
    disk.rot(random.choice([*names, HEADS]), random.randint(1, BITS_MAX))
    scope = Scope(Loop(world.clock))
    try:
        store = SimStore(disk, scope, random, world.options.habits, world.options.camera, lambda: None)
        gateway = Gateway(world.config, world.clock, scope.soon, store=store, entropy=random.randbytes)
    except (JournalCorrupt, Diverged, ValueError) as refusal:
        return f"refused: {type(refusal).__name__}"
    if gateway.recovered.state_hash == world.checks.witnessed:
        return "came back as it was"
    return f"wrong: it ends with {gateway.recovered.last_seq}"
