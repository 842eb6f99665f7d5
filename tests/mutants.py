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
EXAMPLES = (
    *("book_examples", "stp_examples", "collar_examples", "minimum_examples", "listing_examples", "reasons", "limits", "oracle", "packed"),
)
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
    Mutant("hidden quantity in the depth", "views.pyx", "level.shown_qty, level.count))", "level.leaves_qty, level.count))"),
    Mutant(
        "order shows all it has",
        "core.pxd",
        "if unlikely(order.display_qty != 0 and order.display_qty < order.leaves_qty):",
        "if order.display_qty < 0:",
    ),
    Mutant(
        "IOC rests", "match.pyx", "return order.tif != TIF_IOC\n", "return order.tif != TIF_IOC or order.leaves_qty != order.order_qty\n"
    ),
    Mutant(
        "market order rests",
        "match.pyx",
        "return order.ord_type == ORD_STOP_LIMIT or",
        "return order.ord_type == ORD_MARKET and order.tif == TIF_DAY or order.ord_type == ORD_STOP_LIMIT or",
    ),
    Mutant(
        "market order unprotected",
        "limits.pyx",
        "return price + book.protection if price < book.max_price - book.protection else book.max_price",
        "return book.max_price",
    ),
    Mutant(
        "protection not bounded below",
        "limits.pyx",
        "return price - book.protection if price > book.tick + book.protection else book.tick",
        "return price - book.protection",
    ),
    Mutant("FOK touches before it looks", "match.pyx", "order.tif == TIF_FOK or command.min_qty != 0", "command.min_qty != 0"),
    Mutant("FOK looks past its limit", "look.pyx", "while at <= limit and needed > 0:", "while at != NO_RANK and needed > 0:"),
    Mutant(
        "FOK sees no reserve",
        "look.pyx",
        "        if level.leaves_qty == level.shown_qty:\n            return needed\n",
        "        return needed\n",
    ),
    Mutant("FOK blind to own orders", "look.pyx", "            if is_own(order, resting):\n", "            if False:\n"),
    Mutant("FOK counts what STP cancels", "look.pyx", "if order.stp_mode != STP_CANCEL_OLDEST:", "if False:"),
    Mutant("FOK fills nearly whole", "look.pyx", "return needed <= 0", "return needed <= 1"),
    Mutant("STP ignored", "look.pxd", "return incoming.stp_group != 0 and", "return False and"),
    Mutant("STP of the group 0", "look.pxd", "return incoming.stp_group != 0 and", "return"),
    Mutant("STP without being asked", "look.pxd", " and incoming.stp_mode != STP_NONE\n", "\n"),
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
    Mutant(
        "priority kept on increase",
        "match.pyx",
        "keeps_place = order_qty < order.order_qty and is_reduction(command, order, order_qty)",
        "keeps_place = order_qty != order.order_qty and is_reduction(command, order, 0)",
    ),
    Mutant("priority kept without a change", "match.pyx", "order_qty < order.order_qty and", "order_qty <= order.order_qty and"),
    Mutant("priority kept at another price", "match.pyx", "        and command.price == order.price\n", ""),
    Mutant("priority kept with another display", "match.pyx", "        and command.display_qty == order.display_qty\n", ""),
    Mutant("priority lost on decrease", "match.pyx", "    if keeps_place:\n", "    if False:\n"),
    Mutant("decrease shows too much", "match.pyx", "    if less > hidden:\n", "    if False:\n"),
    Mutant(
        "replaced quantity is what is open",
        "match.pyx",
        "return order.order_qty - order.leaves_qty + command.qty if command.flags & FLAG_REENTER else command.qty",
        "return order.order_qty - order.leaves_qty + command.qty",
    ),
    Mutant("replace to the executed lives on", "match.pyx", "if order_qty <= cum_qty:", "if order_qty < cum_qty:"),
    Mutant(
        "replace does not trade",
        "match.pyx",
        "    come_in(core, book, ref, rank)\n\n\ncdef void cascade",
        "    settle_anew(core, book, ref, rank, rank)\n\n\ncdef void cascade",
    ),
    Mutant("old client id stays", "match.pyx", "            index_remove(&core.index, order.hashed, ref)\n", "            pass\n"),
    Mutant("anybody cancels", "named.pyx", "if order.session != command.session:", "if False:"),
    Mutant("closed order is unknown", "named.pyx", "reason[0] = REASON_TOO_LATE", "reason[0] = REASON_UNKNOWN_ORDER"),
    Mutant("side of a cancel not looked at", "named.pyx", "(command.side != 0 and command.side != order.side)", "False"),
    Mutant("sweep without end", "match.pyx", "if unlikely(met == allowed):", "if False:"),
    Mutant("sweep one too many", "match.pyx", "if unlikely(met == allowed):", "if unlikely(met > allowed):"),
    Mutant("post-only takes", "checks.pyx", "if unlikely(exec_inst & INST_POST_ONLY)", "if False"),
    Mutant("post-only crosses by nothing", "checks.pyx", "and crosses(book, side, rank):", "and crosses(book, side, rank + 1):"),
    Mutant("levels not counted", "checks.pyx", "if ladder_has_free_page(&core.levels) else REASON_LEVELS_FULL", ""),
    Mutant("overflow not seen", "checks.pyx", "if unlikely(product_overflows(price, qty)):", "if False:"),
    Mutant("overflow of a level not seen", "checks.pyx", "INT64_MAX - ladder_leaves(", "INT64_MAX - 0 * ladder_leaves("),
    Mutant("expiry now is in time", "checks.pyx", "command.expire_ns <= command.ts_ns", "command.expire_ns < command.ts_ns"),
    Mutant("minimum excluded", "checks.pyx", "if unlikely(qty < book.min_qty):", "if unlikely(qty <= book.min_qty):"),
    Mutant("maximum excluded", "checks.pyx", "if unlikely(qty > book.max_qty):", "if unlikely(qty >= book.max_qty):"),
    Mutant("highest price excluded", "checks.pyx", "if unlikely(price > book.max_price):", "if unlikely(price >= book.max_price):"),
    Mutant("expired a nanosecond late", "sweep.pyx", "if expire_ns <= ts_ns:", "if expire_ns < ts_ns:"),
    Mutant("mass cancel newest first", "sweep.pyx", "return -1 if a.age < b.age else 1", "return 1 if a.age < b.age else -1"),
    Mutant("mass cancel of any side", "sweep.pyx", "if side != 0 and order.side != side:", "if False:"),
    Mutant("mass cancel of any account", "sweep.pyx", "if account != 0 and <uint32_t> owner != account:", "if False:"),
    Mutant(
        "minimum not asked for",
        "match.pyx",
        "order.tif == TIF_FOK or command.min_qty != 0",
        "order.tif == TIF_FOK",
    ),
    Mutant(
        "minimum is all",
        "match.pyx",
        "command.qty if order.tif == TIF_FOK else command.min_qty",
        "command.qty",
    ),
    Mutant(
        "minimum looked for beyond the edge",
        "match.pyx",
        "    rank = working_rank(book, order.side, rank)\n    return can_fill",
        "    return can_fill",
    ),
    Mutant("minimum above all", "checks.pyx", "0 < command.min_qty <= command.qty", "0 < command.min_qty"),
    Mutant("minimum below nothing", "checks.pyx", "0 < command.min_qty <= command.qty", "command.min_qty <= command.qty"),
    Mutant("minimum off lot", "checks.pyx", "        and command.min_qty % book.lot == 0\n", ""),
    Mutant("minimum of FOK", "checks.pyx", "        and command.tif != TIF_FOK\n", ""),
    Mutant("minimum of post-only", "checks.pyx", "        and not command.exec_inst & INST_POST_ONLY\n", ""),
    Mutant("short sale is any wrong side", "checks.pyx", "return REASON_SHORT_NOT_ALLOWED if", "return REASON_SIDE if"),
    Mutant("cash let in", "checks.pyx", "command.exec_inst > INST_POST_ONLY + INST_REDUCE_ONLY", "command.exec_inst > INST_CASH"),
    Mutant("settlement not looked at", "checks.pyx", "if unlikely(command.settle_pref > SETTLE_TRADITIONAL):", "if False:"),
    Mutant("edge of the other side", "core.pxd", "rank > book.edges[side - SIDE_BUY] else", "rank > book.edges[SIDE_SELL - side] else"),
    Mutant("low edge rounded down", "core.pyx", "ticks_of(book, low + book.tick - 1)", "ticks_of(book, low)"),
    Mutant("high edge rounded up", "core.pyx", "ticks_of(book, high)", "ticks_of(book, high + book.tick - 1)"),
    Mutant("collar without its share", "core.pyx", "if book.dynamic_bps != 0 and", "if False and"),
    Mutant("share widens the low price", "core.pyx", "low = low if low > book.anchor - reach", "low = low if low < book.anchor - reach"),
    Mutant("share widens the high price", "core.pyx", "high = high if high < book.anchor", "high = high if high > book.anchor"),
    Mutant(
        "trades beyond the edge",
        "match.pyx",
        "met = execute(core, book, ref, working, allowed)",
        "met = execute(core, book, ref, rank, allowed)",
    ),
    Mutant("anchor not moved", "match.pyx", "        book.anchor = book.last_px\n", ""),
    Mutant("edges not moved", "match.pyx", "        set_edges(book)\n", ""),
    Mutant("anchor moved by nothing", "match.pyx", " and core.next_match_id != first:", ":"),
    Mutant(
        "rest beyond the moved edge",
        "match.pyx",
        "    if unlikely(working_rank(book, order.side, working) != working):        # its own executions have moved the edge\n",
        "    if False:\n",
    ),
    Mutant(
        "overflow at the moved edge not seen",
        "match.pyx",
        "if product_overflows(price_at(book, order.side, working), order.leaves_qty):",
        "if False:",
    ),
    Mutant("slid order keeps its price", "match.pyx", "        order.price = price_at(book, order.side, working)\n", "        pass\n"),
    Mutant("slid order rests at its limit", "match.pyx", "    rest(core, book, ref, working)\n", "    rest(core, book, ref, rank)\n"),
    Mutant("slide not told", "match.pyx", "    if unlikely(working != rank):\n        emit(", "    if False:\n        emit("),
    Mutant("every rest is told as a slide", "match.pyx", "    if unlikely(working != rank):\n        emit(", "    if True:\n        emit("),
    Mutant(
        "collar is never the reason",
        "match.pyx",
        "        close(core, ref, EXEC_CANCELED, REASON_COLLAR_DYNAMIC)\n    elif book.phase",
        "        end_rest(core, ref)\n    elif book.phase",
    ),
    Mutant(
        "collar is always the reason",
        "match.pyx",
        "    if likely(working == rank) or not crosses(book, order.side, rank):",
        "    if likely(working == rank):",
    ),
    Mutant(
        "market order says its protection",
        "limits.pyx",
        "working_rank(book, side, rank_of(book, side, price))) if price",
        "rank_of(book, side, price)) if price",
    ),
    Mutant("new collar cancels nothing", "sweep.pyx", "while book.sides[side].best < book.edges[side]:", "while False:"),
    Mutant("new collar cancels at its edge", "sweep.pyx", ".best < book.edges[side]:", ".best <= book.edges[side]:"),
    Mutant(
        "new collar cancels the newest first",
        "sweep.pyx",
        ".best_level].head, EXEC_CANCELED, REASON_COLLAR_DYNAMIC",
        ".best_level].tail, EXEC_CANCELED, REASON_COLLAR_DYNAMIC",
    ),
    Mutant("new collar cancels asks first", "sweep.pyx", "for side in range(2):", "for side in range(1, -1, -1):"),
    Mutant(
        "entry judged at its limit", "checks.pyx", "seat_at(core, book, command.side, working,", "seat_at(core, book, command.side, rank,"
    ),
    Mutant("replace judged at its limit", "checks.pyx", "    rank = working_rank(book, order.side, rank)\n", ""),
    Mutant(
        "overflow at the edge not seen",
        "checks.pyx",
        "if unlikely(working != rank) and product_overflows(",
        "if False and product_overflows(",
    ),
    Mutant("listed without room", "book.pyx", "if self.core.instruments == self.core.listings:", "if False:"),
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
    """A copy of what the book needs, built there again and again.

    `home` is where the mutants are, `compiled` are the folders whose modules are built, `folders` what the tests need, `rounds` the tests,
    the quick ones first.
    """

    home = MATCHING
    compiled: tuple[str, ...] = (MATCHING,)
    folders: tuple[str, ...] = ("engine", "tests/matching", "docs")
    rounds: tuple[tuple[str, ...], ...] = (tuple(f"tests/matching/test_{name}.py" for name in EXAMPLES), ("tests/matching",))

    def __init__(self, folder: Path) -> None:
        """Copy the tree without the other compiled modules."""
        self.folder = folder
        skip = shutil.ignore_patterns("__pycache__", "*.so", "*.c", "*.html", ".hypothesis")
        for name in self.folders:
            shutil.copytree(ROOT / name, folder / name, ignore=skip)
        for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "tests/conftest.py", "tests/mutants.py"):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, folder / name)
        for path in (folder / "engine").rglob("*.pyx"):
            if path.parent not in {folder / name for name in self.compiled}:
                path.unlink()
        with (folder / "tests" / "conftest.py").open("a") as conftest:
            conftest.write(PROFILE)
        setup = folder / "setup.py"
        setup.write_text(setup.read_text().replace('"-O3"', '"-O0"'))

    def build(self) -> bool:
        """Build the core in place; False when that failed."""
        return self._run("setup.py", "-q", "build_ext", "--inplace").returncode == 0

    def failure(self) -> str:
        """Return the first test that fails, or nothing; drawn examples come first, because they are quick."""
        options = ("-x", "-q", "-p", "no:cacheprovider", "--deselect", "tests/matching/test_mutants.py")
        for chosen in self.rounds:
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
        path = self.folder / self.home / mutant.file
        sound = path.read_text()
        path.write_text(sound.replace(mutant.old, mutant.new))
        try:
            if not self.build():
                return "DOES NOT BUILD"
            killer = self.failure()
            return f"killed by {killer}" if killer else "SURVIVED"
        finally:
            path.write_text(sound)


def main(names: list[str], mutants: list[Mutant] = MUTANTS, kind: type[Tree] = Tree) -> int:
    """Try the mutants of these names, or all, and print a line for each; 1 when one survived or was no mutant at all."""
    chosen = [mutant for mutant in mutants if not names or mutant.name in names]
    killed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = kind(Path(folder))
        failure = tree.failure() if tree.build() else "to build"
        if failure:
            print(f"the sound tree fails {failure}: mend that first")
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
