"""What the laws of the venue are told with: a life that is watched step by step, and the money that its events speak of.

`every_life` draws lives of all kinds, and as many in which books begin to collect, hold auctions and have stop orders.
"""

from collections import Counter
from typing import Any, NamedTuple

from hypothesis import strategies as st

from engine.matching.enums import ExecType, Liquidity, Side
from engine.testing.venue_play import Act, Answer, Step, seen, take, take_all
from engine.testing.venue_strategies import CALLS, PARTIES, QUOTE, lives
from engine.venue.records import SystemAccount
from engine.venue.venue import Venue

every_life = st.one_of(lives(), lives(CALLS, max_size=90))


class Moment(NamedTuple):
    """A step, its answer, and the venue after it; `before` is what everybody had before."""

    venue: Any
    step: Step
    answer: Answer
    before: dict[tuple[int, int], tuple[int, ...]]


def life_of(world, steps, make=Venue):
    """Open a venue, let it take the steps and give each moment."""
    venue = world.open(make)
    take_all(venue, world.opening())
    for step in steps:
        before = purses(venue)
        yield Moment(venue, step, take(venue, step), before)


def purses(venue):
    """What everybody has, bucket by bucket."""
    return {(balance.account, balance.asset): tuple(balance[2:]) for balance in venue.balances()}


def owned(venue_purses):
    """What everybody has in all buckets together."""
    return {key: sum(buckets) for key, buckets in venue_purses.items()}


def state(venue, world):
    """Everything that can be read but the sessions' numbers."""
    return seen(venue, parties=PARTIES, instruments=len(world.instruments), trades=world.trades)


def trades(answer):
    """Each side of each execution with its detail."""
    pairs = zip(answer.events, answer.details, strict=True)
    return [(event, detail) for event, detail in pairs if event.exec_type == ExecType.TRADE]


def notional(event):
    return event.last_px * event.last_qty // 10_000


def told_moves(answer):
    """What an answer's executions move: for each account and asset the change that the rules ask for; fees and rounding together."""
    changes = Counter()
    for event, detail in trades(answer):
        sign = 1 if event.side == Side.BUY else -1
        changes[event.account, event.instrument + 1] += sign * event.last_qty
        changes[event.account, QUOTE] -= sign * notional(event) + detail.fee
        changes["venue", QUOTE] += detail.fee
    return {key: change for key, change in changes.items() if change}


def journal_moves(step, answer):
    """What a journal of the office moves, where the step is one that was carried out."""
    changes = Counter()
    lines = step.words["lines"] if isinstance(step, Act) and step.verb == "move" and answer.could else ()
    for account, asset, _, delta in lines:
        changes[account, asset] += delta
    return {key: change for key, change in changes.items() if change}


def changes_of(before, after):
    """How the sums of two states of purses differ; the venue's income and its rounding as one."""
    changes = Counter()
    for key in {*before, *after}:
        account, asset = key
        ours = account in (SystemAccount.FEES, SystemAccount.ROUNDING)
        changes["venue" if ours else account, asset] += sum(after.get(key, ())) - sum(before.get(key, ()))
    return {key: change for key, change in changes.items() if change}


def is_refused(answer):
    """Whether an answer is a refusal, and nothing else."""
    return [event.exec_type for event in answer.events] in ([ExecType.REJECTED], [ExecType.CANCEL_REJECTED])


def is_second(event):
    """Whether it is the report of an execution's second side: the taker's, or in an auction the seller's."""
    return event.liquidity == Liquidity.TAKER or (event.liquidity == Liquidity.AUCTION and event.side == Side.SELL)


def rate_for(event, rates):
    """Return which of the three rates of a tier an execution is charged at."""
    return rates[{Liquidity.MAKER: 0, Liquidity.TAKER: 1, Liquidity.AUCTION: 2}[event.liquidity]]
