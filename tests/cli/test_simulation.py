"""The demo's subscribers: decided by the seed, and never asking for what the venue must refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli.simulation import STOCKS, TOKEN, Maker, Market, Pull, Quote, Requote, Resting, Slot, Strike, Whale, cast
from engine.matching.enums import Side

SEEDS = st.integers(0, 2**32)


def play(seed, turns=30):
    """Let all agents act for some turns on a market where every quote rests as asked; return all intents in order."""
    market, agents, told = Market(seed), cast(seed), []
    resting = {agent.name: {} for agent in agents}
    for _ in range(turns):
        market.step()
        for agent in agents:
            for intent in agent.turn(market, resting[agent.name], {"AAPLx": 30 * TOKEN}):
                told.append((agent.name, intent))
                match intent:
                    case Quote() | Requote():
                        resting[agent.name][intent.slot] = Resting(intent.price, intent.qty)
                    case Pull():
                        del resting[agent.name][intent.slot]
    return told


@given(SEEDS)
def test_the_same_seed_is_the_same_day(seed):
    assert play(seed, 5) == play(seed, 5)


def test_different_seeds_are_different_days():
    assert play(1, 5) != play(2, 5)


@given(SEEDS)
def test_prices_are_on_the_tick_and_quantities_whole_lots(seed):
    stocks = {stock.symbol: stock for stock in STOCKS}
    for _, intent in play(seed, 5):
        if isinstance(intent, Pull):
            continue
        stock = stocks[intent.symbol if isinstance(intent, Strike) else intent.slot.symbol]
        assert (0, 0) == (intent.price % stock.tick, intent.qty % stock.lot)
        assert intent.price > 0
        assert intent.qty > 0


@given(SEEDS)
def test_a_maker_never_crosses_itself(seed):
    market, maker = Market(seed), Maker("m", seed)
    for _ in range(20):
        market.step()
        quotes = [intent for intent in maker.turn(market, {}, {}) if isinstance(intent, Quote)]
        bids = [quote.price for quote in quotes if quote.slot.side == Side.BUY]
        asks = [quote.price for quote in quotes if quote.slot.side == Side.SELL]
        assert max(bids) < min(asks)


@given(SEEDS)
def test_a_maker_leaves_quotes_alone_that_are_where_they_should_be(seed):
    market = Market(seed)
    placed = Maker("m", seed).turn(market, {}, {})
    resting = {quote.slot: Resting(quote.price, quote.qty) for quote in placed}

    assert [] == Maker("m", seed).turn(market, resting, {})


def test_a_whale_shows_a_part_and_gives_up_when_the_price_has_run_away():
    market, whale = Market(1), Whale("w", 1)
    (quote,) = whale.turn(market, {}, {})
    far = Resting(quote.price + 26 * 100, quote.qty)

    assert 0 < quote.display_qty < quote.qty
    acts = [intent for _ in range(40) for intent in whale.turn(market, {quote.slot: far}, {})]
    assert Pull(quote.slot) in acts


def test_fair_prices_stay_within_half_and_double():
    market = Market(3)
    for _ in range(20_000):
        market.step()

    for stock in STOCKS:
        assert stock.start / 2 <= market.fair(stock.symbol) * stock.tick <= stock.start * 2


@pytest.mark.parametrize("agent", cast(1), ids=lambda agent: agent.name)
def test_pauses_are_short_and_positive(agent):
    pauses = [agent.pause_s() for _ in range(200)]

    assert 0 < min(pauses)
    assert sum(pauses) / len(pauses) < 2


def test_a_slot_names_one_order():
    assert Slot("AAPLx", Side.BUY, 0) == ("AAPLx", Side.BUY, 0)
