"""Break the book on purpose, one rule at a time, and see that its tests notice: `python tests/mutants.py [NAME ...]`.

The tree is copied to a temporary place, one line of `engine/matching` is changed, the core is built there without optimisation, and
tests/matching runs until its first failure.  A mutant that survives is a rule without a test.  Takes some twenty seconds a mutant.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MATCHING = "engine/matching"
TIMEOUT_S = 240
EXAMPLES = ("book_examples", "stp_examples", "reasons", "limits", "oracle", "packed")
# A failure is all we want to know: no time goes into finding the smallest one.
PROFILE = """
from hypothesis import Phase
settings.register_profile("mutants", deadline=None, derandomize=True, database=None, max_examples=20, phases=[Phase.generate])
settings.load_profile("mutants")
"""


class Mutant(NamedTuple):
    """One wrong rule: in `file`, `old`, which stands there once, becomes `new`."""

    name: str
    file: str
    old: str
    new: str


MUTANTS = [
    Mutant("newest first in a level", "match.pyx", "levels[opposite.best_level].head", "levels[opposite.best_level].tail"),
    Mutant(
        "best level skipped",
        "match.pyx",
        "resting = core.levels.levels[opposite.best_level].head",
        "resting = core.levels.levels[opposite.best_level if ladder_next(opposite, &core.levels, opposite.best) > limit\n"
        "                                     else ladder_reference(opposite, ladder_next(opposite, &core.levels, opposite.best))].head",
    ),
    Mutant("limit missed by a tick", "match.pyx", "while opposite.best <= limit:", "while opposite.best < limit:"),
    Mutant(
        "limit overrun by a tick",
        "match.pyx",
        "while opposite.best <= limit:",
        "while opposite.best <= limit + 1 and opposite.best != NO_RANK:",
    ),
    Mutant("traded at the incoming price", "match.pyx", "cdef price_t price = resting.price", "cdef price_t price = incoming.price"),
    Mutant(
        "maker and taker swapped",
        "match.pyx",
        "emit_trade(core, resting, price, qty, LIQ_MAKER)",
        "emit_trade(core, resting, price, qty, LIQ_TAKER)",
    ),
    Mutant(
        "taker told first",
        "match.pyx",
        "    core.next_match_id += 1\n",
        "    core.events[core.event_count - 1].exec_id, core.events[core.event_count - 2].exec_id = \\\n"
        "        core.events[core.event_count - 2].exec_id, core.events[core.event_count - 1].exec_id\n    core.next_match_id += 1\n",
    ),
    Mutant("match id used twice", "match.pyx", "    core.next_match_id += 1\n", "    core.next_match_id += incoming.leaves_qty == 0\n"),
    Mutant(
        "whole reserve traded at once",
        "match.pyx",
        "incoming.leaves_qty < resting.shown_qty else resting.shown_qty",
        "incoming.leaves_qty < resting.leaves_qty else resting.leaves_qty",
    ),
    Mutant(
        "reserve not refreshed",
        "match.pyx",
        "if unlikely(resting.shown_qty == 0 and resting.leaves_qty != 0):",
        "if False and unlikely(resting.shown_qty == 0 and resting.leaves_qty != 0):",
    ),
    Mutant(
        "reserve refreshed in front",
        "match.pyx",
        "    unrest(core, book, ref)\n    rest(core, book, ref, rank_of(book, order.side, order.price))\n",
        "    order.shown_qty = order.display_qty if order.display_qty < order.leaves_qty else order.leaves_qty\n"
        "    core.levels.levels[order.level].shown_qty += order.shown_qty\n",
    ),
    Mutant("hidden quantity in the depth", "book.pyx", "level.shown_qty, level.count", "level.leaves_qty, level.count"),
    Mutant(
        "order shows all it has",
        "match.pyx",
        "if unlikely(order.display_qty != 0 and order.display_qty < order.leaves_qty):",
        "if order.display_qty < 0:",
    ),
    Mutant("IOC rests", "match.pyx", "elif order.tif == TIF_IOC:", "elif order.tif == TIF_IOC and order.leaves_qty == order.order_qty:"),
    Mutant(
        "market order rests",
        "match.pyx",
        "    if order.ord_type == ORD_MARKET:\n        close(core, ref, EXEC_CANCELED, REASON_MARKET_REST)",
        "    if order.ord_type == ORD_MARKET and order.tif == TIF_IOC:\n        close(core, ref, EXEC_CANCELED, REASON_MARKET_REST)",
    ),
    Mutant("market order unprotected", "match.pyx", "price += book.protection", "price = book.max_price"),
    Mutant("protection not bounded below", "match.pyx", "return price if price > book.tick else book.tick", "return price"),
    Mutant("FOK touches before it looks", "match.pyx", "if order.tif == TIF_FOK and not can_fill(core, book, order, rank):", "if False:"),
    Mutant("FOK looks past its limit", "match.pyx", "while at <= limit and needed > 0:", "while at != NO_RANK and needed > 0:"),
    Mutant(
        "FOK sees no reserve",
        "match.pyx",
        "        if level.leaves_qty == level.shown_qty:\n            return needed\n",
        "        return needed\n",
    ),
    Mutant("FOK blind to own orders", "match.pyx", "            if is_own(order, resting):\n", "            if False:\n"),
    Mutant("FOK counts what STP cancels", "match.pyx", "if order.stp_mode != STP_CANCEL_OLDEST:", "if False:"),
    Mutant("FOK fills nearly whole", "match.pyx", "return needed <= 0", "return needed <= 1"),
    Mutant("STP ignored", "match.pyx", "return incoming.stp_group != 0 and", "return False and"),
    Mutant("STP of the group 0", "match.pyx", "return incoming.stp_group != 0 and", "return"),
    Mutant("STP without being asked", "match.pyx", " and incoming.stp_mode != STP_NONE\n", "\n"),
    Mutant(
        "STP asks the resting order",
        "match.pyx",
        "cdef uint8_t mode = incoming.stp_mode",
        "cdef uint8_t mode = resting.stp_mode or incoming.stp_mode",
    ),
    Mutant("STP cancels the wrong one", "match.pyx", "if mode != STP_CANCEL_NEWEST:", "if mode != STP_CANCEL_OLDEST:"),
    Mutant("decrement leaves the total", "match.pyx", "        resting.order_qty -= qty\n", ""),
    Mutant(
        "decrement does not refresh",
        "match.pyx",
        "        if resting.shown_qty == 0 and resting.leaves_qty != 0:\n            refresh(",
        "        if False:\n            refresh(",
    ),
    Mutant("priority kept on increase", "match.pyx", "order_qty < order.order_qty\n", "order_qty != order.order_qty\n"),
    Mutant("priority kept without a change", "match.pyx", "order_qty < order.order_qty\n", "order_qty <= order.order_qty\n"),
    Mutant("priority kept at another price", "match.pyx", "        and command.price == order.price\n", ""),
    Mutant("priority kept with another display", "match.pyx", "        and command.display_qty == order.display_qty\n", ""),
    Mutant("priority lost on decrease", "match.pyx", "    if keeps_place:\n", "    if False:\n"),
    Mutant("decrease shows too much", "match.pyx", "    if less > hidden:\n", "    if False:\n"),
    Mutant(
        "replaced quantity is what is open",
        "match.pyx",
        "order_qty = cum_qty + command.qty if command.flags & FLAG_REENTER else command.qty",
        "order_qty = cum_qty + command.qty",
    ),
    Mutant("replace to the executed lives on", "match.pyx", "if order_qty <= cum_qty:", "if order_qty < cum_qty:"),
    Mutant(
        "replace does not trade",
        "match.pyx",
        "        match(core, book, ref, rank)\n    if order.leaves_qty != 0:\n",
        "        pass\n    if order.leaves_qty != 0:\n",
    ),
    Mutant("old client id stays", "match.pyx", "            index_remove(&core.index, order.hashed, ref)\n", "            pass\n"),
    Mutant("anybody cancels", "match.pyx", "if order.session != command.session:", "if False:"),
    Mutant("closed order is unknown", "match.pyx", "reason[0] = REASON_TOO_LATE", "reason[0] = REASON_UNKNOWN_ORDER"),
    Mutant("side of a cancel not looked at", "match.pyx", "(command.side != 0 and command.side != order.side)", "False"),
    Mutant("sweep without end", "match.pyx", "if unlikely(met == core.sweep):", "if False:"),
    Mutant("sweep one too many", "match.pyx", "if unlikely(met == core.sweep):", "if unlikely(met > core.sweep):"),
    Mutant("post-only takes", "checks.pyx", "if unlikely(exec_inst == INST_POST_ONLY)", "if False"),
    Mutant("post-only crosses by nothing", "checks.pyx", ".best <= book.", ".best < book."),
    Mutant("levels not counted", "checks.pyx", "if ladder_has_free_page(&core.levels) else REASON_LEVELS_FULL", ""),
    Mutant("overflow not seen", "checks.pyx", "if unlikely(product_overflows(price, qty)):", "if False:"),
    Mutant("overflow of a level not seen", "checks.pyx", "INT64_MAX - ladder_leaves(", "INT64_MAX - 0 * ladder_leaves("),
    Mutant("expiry now is in time", "checks.pyx", "command.expire_ns <= command.ts_ns", "command.expire_ns < command.ts_ns"),
    Mutant("minimum excluded", "checks.pyx", "if unlikely(qty < book.min_qty):", "if unlikely(qty <= book.min_qty):"),
    Mutant("maximum excluded", "checks.pyx", "if unlikely(qty > book.max_qty):", "if unlikely(qty >= book.max_qty):"),
    Mutant("highest price excluded", "checks.pyx", "if unlikely(price > book.max_price):", "if unlikely(price >= book.max_price):"),
    Mutant("expired a nanosecond late", "sweep.pyx", "if expire_ns <= ts_ns:", "if expire_ns < ts_ns:"),
    Mutant("mass cancel newest first", "sweep.pyx", "return -1 if a.age < b.age else 1", "return 1 if a.age < b.age else -1"),
    Mutant("mass cancel of any side", "sweep.pyx", "if command.side != 0 and order.side != command.side:", "if False:"),
    Mutant("mass cancel of any account", "sweep.pyx", "if command.account != 0 and <uint32_t> owner != command.account:", "if False:"),
    Mutant(
        "slots first in, first out",
        "pool.pxd",
        "        order.next = pool.free\n        pool.free = ref",
        "        order.next = 0\n        pool.free = ref if pool.free == 0 else pool.free",
    ),
    Mutant("generation not counted", "pool.pxd", "        order.order_id += <uint64_t> 1 << SLOT_BITS\n", "        pass\n"),
    Mutant("level kept when it is empty", "ladder.pxd", "page.used &= ~(<uint64_t> 1 << (at & PAGE_MASK))", "page.used &= ~(<uint64_t> 0)"),
    Mutant("page lost when it is empty", "ladder.pxd", "        levels.free = at >> PAGE_BITS\n", ""),
    Mutant("gap left in the index", "index.pxd", "            index.table[gap] = entry\n            gap = place\n", "            pass\n"),
]


class Tree:
    """A copy of what the book needs, built there again and again."""

    def __init__(self, folder: Path) -> None:
        """Copy the tree without the other compiled modules."""
        self.folder = folder
        skip = shutil.ignore_patterns("__pycache__", "*.so", "*.c", "*.html", ".hypothesis")
        for name in ("engine", "tests/matching", "docs"):
            shutil.copytree(ROOT / name, folder / name, ignore=skip)
        for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "tests/conftest.py", "tests/mutants.py"):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, folder / name)
        for path in (folder / "engine").rglob("*.pyx"):
            if path.parent != folder / MATCHING:
                path.unlink()
        with (folder / "tests" / "conftest.py").open("a") as conftest:
            conftest.write(PROFILE)
        setup = folder / "setup.py"
        setup.write_text(setup.read_text().replace('"-O3"', '"-O0"'))

    def build(self) -> bool:
        """Build the core in place; False when that failed."""
        return self._run("setup.py", "-q", "build_ext", "--inplace").returncode == 0

    def failure(self) -> str:
        """Return the first test of tests/matching that fails, or nothing; drawn examples come first, because they are quick."""
        examples = [f"tests/matching/test_{name}.py" for name in EXAMPLES]
        options = ("-x", "-q", "-p", "no:cacheprovider", "--deselect", "tests/matching/test_mutants.py")
        for chosen in (examples, ["tests/matching"]):
            try:
                done = self._run("-m", "pytest", *options, *chosen)
            except subprocess.TimeoutExpired:
                return "time"
            if done.returncode:
                found = re.search(r"^(?:FAILED|ERROR) \S*::(\w+)", done.stdout, re.MULTILINE)
                return found[1] if found else "a crash"
        return ""

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        return subprocess.run(
            [sys.executable, *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )

    def verdict(self, mutant: Mutant) -> str:
        """Return what became of a mutant."""
        path = self.folder / MATCHING / mutant.file
        sound = path.read_text()
        path.write_text(sound.replace(mutant.old, mutant.new))
        try:
            if not self.build():
                return "DOES NOT BUILD"
            killer = self.failure()
            return f"killed by {killer}" if killer else "SURVIVED"
        finally:
            path.write_text(sound)


def main(names: list[str]) -> int:
    """Try the mutants of these names, or all, and print a line for each; 1 when one survived or was no mutant at all."""
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    killed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder))
        failure = tree.failure() if tree.build() else "to build"
        if failure:
            print(f"the sound book fails {failure}: mend that first")
            return 1
        for mutant in chosen:
            began = time.perf_counter()
            verdict = tree.verdict(mutant)
            killed += verdict.startswith("killed")
            print(f"{mutant.name:35} {mutant.file:11} {time.perf_counter() - began:4.0f} s  {verdict}", flush=True)
    print(f"{killed} of {len(chosen)} mutants killed")
    return int(killed < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
