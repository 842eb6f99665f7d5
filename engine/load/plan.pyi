"""What a session of a load will ask: requests drawn from a mix, and their frames."""

from collections.abc import Iterator
from typing import Final, NamedTuple, final

MIXES: Final[dict[str, int]]
RANDOM_BYTES: Final[int]
"""What a request costs of randomness."""
OPEN_MAX: Final[int]
"""Most orders that a plan ever takes for open, but of the mix `trade`, which takes none for open."""
STEPS_MAX: Final[int]
"""Most steps in the quantity of an order."""
REACH_TICKS: Final[int]
"""How far from the middle a price can be."""

class PlannedRequest(NamedTuple):
    """One request: prices in 1e-4 of the quote unit, quantities in 1e-6 of a token; `names` is an index in the plan, -1 of a new order."""

    kind: int
    side: int
    tif: int
    price: int
    qty: int
    names: int

@final
class Plan:
    """The requests of one session, one for every RANDOM_BYTES of `randomness`, and once `encode` was called their frames.

    `mix` is one of MIXES, `side` that of a `trade`; prices are multiples of `tick` around `middle`, which must be REACH_TICKS above 0, and
    quantities multiples of `step`.  ValueError for what makes no plan.
    """

    count: int
    first_seq: int
    first_cl_ord_id: int
    account: int
    instrument: int
    frames: bytearray

    def __new__(cls, mix: str, randomness: bytes | bytearray | memoryview, *, side: int, middle: int, tick: int, step: int) -> Plan: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> PlannedRequest: ...
    def __iter__(self) -> Iterator[PlannedRequest]: ...
    def encode(self, *, seq: int, cl_ord_id: int, account: int, instrument: int, ts_ns: int) -> None:
        """Write the frames: numbers and ids count up from those given, and every request bears the same time."""

    def end_of(self, count: int) -> int:
        """Return where the frames of the first `count` requests end."""

    def requests_in(self, size: int) -> int:
        """Return how many requests are whole in the first `size` bytes of the frames."""

    def sums(self, *, side: int) -> tuple[int, int]:
        """Return the quantity that all orders and replaces of a side ask for, and the highest price of one."""
