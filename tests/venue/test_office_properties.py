"""Laws of the office over any acts of anybody, orders in between."""

from collections import Counter

from hypothesis import given

from engine.matching.enums import ExecType, Side
from tests.venue.acting import play, steps, storied
from tests.venue.offices import enter, snapshot


@given(steps)
def test_a_dry_run_foretells_a_refusal_changes_nothing_and_nothing_is_done_twice(script):
    play(storied(), script)


@given(steps)
def test_the_same_requests_make_the_same_venue(script):
    one, other = storied(), storied()
    play(one, script, look=False)
    play(other, script, look=False)

    assert snapshot(one) == snapshot(other)


@given(steps)
def test_every_journal_entry_sums_to_zero_and_balances_are_their_fold_and_that_of_the_trades(script):
    office = storied()
    play(office, script, look=False)
    folded: Counter[tuple[int, int]] = Counter()
    for number, entry in enumerate(office.journal, 1):
        sums: Counter[int] = Counter()
        for account, asset, _, delta in entry.lines:
            sums[asset] += delta
            folded[account, asset] += delta

        assert number == entry.seq
        assert not any(sums.values())
    for match_id in range(1, office.venue.last_match_id + 1):
        trade = office.venue.trade(match_id)
        sign = 1 if trade.maker_side == Side.BUY else -1
        listed = next(entry for entry in office.instruments.values() if entry.number == trade.instrument)
        base, quote = office.assets[listed.terms.base].number, office.assets[listed.terms.quote].number
        notional = trade.price * trade.qty // 10_000
        for account, way, fee in ((trade.maker_account, sign, trade.maker_fee), (trade.taker_account, -sign, trade.taker_fee)):
            folded[account, base] += way * trade.qty
            folded[account, quote] -= way * notional + fee
    customers = [balance for balance in office.venue.balances() if balance.account < 2**31]

    assert [folded[balance.account, balance.asset] for balance in customers] == [
        balance.available + balance.held + balance.frozen + balance.pending_in + balance.pending_out for balance in customers
    ]


@given(steps)
def test_who_is_blocked_has_no_open_order_and_enters_none(script):
    office = storied()
    play(office, script, look=False)
    for account in office.accounts.values():
        owner = office.owner(account)
        if owner.sanctioned or owner.killed or account.killed or office.killed:
            assert [] == [order for order in office.venue.book.orders() if order.account == account.number]
            assert ExecType.REJECTED == enter(office, Side.SELL, 1000, 100, account=account.number).exec_type
