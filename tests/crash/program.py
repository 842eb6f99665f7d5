"""`python -m tests.crash.program PORT NAME NUMBER FOLDER SEED`: a trader as a program of its own, that a test stops or kills.

It writes down what it is told, a line an event, and trades until its stdin says `enough`; when that says `tell`, it waits until it has
heard of everything, says what it has open, and goes on until its stdin ends.
"""

import asyncio
import json
import sys
from pathlib import Path
from random import Random

from tests.crash.trader import Trader

TURN_S = 0.004


async def main() -> None:
    port, name, number, folder, seed = sys.argv[1:]
    trader = Trader(name, int(number), int(port), Random(int(seed)), Path(folder), cancels=False, heart_bt_int=1)
    with (Path(folder) / f"{name}.told").open("a", buffering=1) as notes:
        before = _read(Path(folder) / f"{name}.told")
        trader.told += before
        trader.on_told = lambda told: notes.write(json.dumps(told) + "\n")
        trader.trading = True
        running = asyncio.create_task(trader.run())
        enough = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        tell = asyncio.create_task(_line_behind(enough))
        while not tell.done() or not trader.settled:
            trader.trading = not enough.done()
            trader.trade()
            await asyncio.sleep(TURN_S)
        await asyncio.sleep(0.2)
        open_orders = {str(order_id): leaves for order_id, leaves in trader.open_orders.items()}
        print(json.dumps({"open_orders": open_orders, "faults": trader.faults, "connections": trader.connections}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _line_behind(before: asyncio.Task[str]) -> str:
    await before
    return await asyncio.to_thread(sys.stdin.readline)


def _read(path: Path) -> list[tuple[int, int, int]]:
    """Return what an earlier life was told; a line that was cut short is none."""
    lines = path.read_text().split("\n")
    path.write_text("".join(f"{line}\n" for line in lines[:-1]))
    return [tuple(json.loads(line)) for line in lines[:-1]]


if __name__ == "__main__":
    asyncio.run(main())
