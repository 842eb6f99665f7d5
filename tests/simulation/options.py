"""What a seed stands for: how many trade, how the disk, the network and the clock behave, and what goes wrong how often."""

from dataclasses import dataclass, fields, replace
from random import Random

from tests.simulation.journal import Habits
from tests.simulation.loop import MS, SECOND
from tests.simulation.network import Weather
from tests.simulation.store import Camera
from tests.simulation.trader import Temper

HOUR = 3_600 * SECOND
ROUNDS = 4


@dataclass(frozen=True)
class Options:
    """A simulation but for its seed.  Chances are per step of the loop; 0 leaves a fault out, which is how a failure is made simpler."""

    traders: int
    round_ns: int  # of trading, ROUNDS of which and the quiet hours between them make a day
    temper: Temper
    weather: Weather
    habits: Habits
    camera: Camera
    kept_bytes: int
    snapshot_every: int
    crash: float
    power: float  # share of the crashes in which the machine loses power
    relapse: float  # chance that a start is cut short by the next crash
    drop: float
    act: float
    clock: float
    rot: float  # chance that the newest snapshot has rotted when the venue starts
    oracle: bool  # whether the rules in plain Python follow the log as well; they take most of the time
    stop: float  # chance that the venue is stopped in good order in the quiet hours
    suspend: float  # share of those who are still connected when hours pass in a moment

    def without(self, name: str) -> "Options":
        """Leave a fault out."""
        if name == "disk":
            return replace(self, habits=replace(self.habits, write_faults=0.0, slow=0.0))
        if name == "program":
            calm = dict.fromkeys(("leave", "cut", "reset", "restart", "stall", "hush"), 0.0)
            return replace(self, temper=replace(self.temper, **calm))
        if name == "network":
            return replace(self, weather=replace(self.weather, slow=0.0, split=0.0), drop=0.0)
        if name == "camera":
            return replace(self, camera=replace(self.camera, fails=0.0), rot=0.0)
        return replace(self, **{name: 0.0})

    def told(self) -> str:
        """Return all options, a line each."""
        return "\n".join(f"  {field.name:15} {getattr(self, field.name)}" for field in fields(self))


FAULTS = ("clock", "camera", "act", "program", "network", "disk", "relapse", "power", "crash", "stop", "suspend")


def options_of(seed: int) -> Options:
    """Derive all options from a seed."""
    random = Random(f"options {seed}")
    sector = random.choice((512, 512, 4096))
    steady = random.random() < 0.2  # one in five has a machine that does not fail, so that long undisturbed stretches are there too
    rate = 0.0 if steady else 1.0
    return Options(
        traders=random.randint(2, 6),
        round_ns=random.randint(8, 20) * SECOND,
        temper=Temper(
            pause_ns=random.choice((60, 100, 200)) * MS,
            burst=random.choice((0.02, 0.05)),
            burst_max=random.choice((10, 30, 100)),
            leave=random.uniform(0, 0.01),
            cut=random.uniform(0, 0.02),
            reset=random.uniform(0, 0.005),
            restart=random.uniform(0, 0.01),
            stall=random.uniform(0, 0.01),
            hush=random.uniform(0, 0.005),
            away_ns=random.choice((200 * MS, SECOND, 4 * SECOND)),
        ),
        weather=Weather(
            delay_ns=random.choice((50_000, 300_000, 3_000_000)),
            slow=random.choice((0.0, 0.01, 0.05)),
            split=random.choice((0.05, 0.5)),
            buffer_bytes=random.choice((2 << 10, 16 << 10, 1 << 20)),
        ),
        habits=Habits(
            sector_bytes=sector,
            segment_bytes=random.choice((1, 2)) * (256 << 10 if sector == 512 else 512 << 10),
            ring_bytes=random.choice((16 << 10, 1 << 20)),
            write_ns=random.choice((50_000, 500_000, 5_000_000)),
            slow=random.choice((0.0, 0.02)),
            write_faults=rate * random.choice((0.0, 0.0, 0.0005, 0.003)),
        ),
        camera=Camera(step_ns=random.choice((1, 20, 500)) * MS, fails=random.choice((0.0, 0.05, 0.3))),
        kept_bytes=random.choice((2 << 10, 64 << 10, 16 << 20)),
        snapshot_every=random.choice((50, 200, 1_000)),
        crash=rate * random.choice((0.0002, 0.0005, 0.0015)),
        power=random.choice((0.0, 0.5, 1.0)),
        relapse=random.choice((0.0, 0.2, 0.5)),
        drop=rate * random.choice((0.0, 0.0005, 0.002)),
        act=random.choice((0.0005, 0.002)),
        clock=random.choice((0.0, 0.0, 0.0001)),
        rot=random.choice((0.0, 0.2)),
        oracle=random.random() < 0.25,
        stop=random.choice((0.0, 0.2)),
        suspend=random.choice((0.0, 0.3, 1.0)),
    )
