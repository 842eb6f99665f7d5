"""Deposits, transfers, withdrawals and busts: each amount moves once, as a double entry, or not at all."""

import pytest

from engine.matching.enums import Side
from engine.venue.acts import (
    ApproveHolder,
    BustTrade,
    CreditDeposit,
    Deposit,
    FailDeposit,
    FailWithdrawal,
    HoldWithdrawal,
    PlaceHold,
    ReleaseWithdrawal,
    RequestWithdrawal,
    ScreenWithdrawal,
    Transfer,
    UpdateSanctions,
)
from engine.venue.records import Balance, SystemAccount
from tests.venue.offices import AAPLX, NOW, USDC, ask, do, enter, snapshot, trading

WALLET = "solana:9xQe"


def deposit(external_id: str = "d", amount: int = 5, asset: str = "USDC", account: int = 1, **fields: bool) -> Deposit:
    return Deposit(external_id=external_id, account=account, asset=asset, amount=amount, **fields)


def withdrawal(external_id: str = "w", amount: int = 5, asset: str = "USDC", destination: str = "bank-1") -> RequestWithdrawal:
    return RequestWithdrawal(external_id=external_id, account=1, asset=asset, amount=amount, destination=destination)


def transfer(source: int, target: int, amount: int = 5, asset: str = "USDC", external_id: str = "t") -> Transfer:
    return Transfer(external_id=external_id, from_account=source, to_account=target, asset=asset, amount=amount)


def screening(clear: bool) -> ScreenWithdrawal:
    return ScreenWithdrawal(external_id="w", screening_id="s", clear=clear)


def cash(office, account: int = 1) -> Balance:
    return office.venue.balance(account, USDC)


def test_a_deposit_is_available_at_once_against_the_custodian():
    office = trading()
    before = cash(office, SystemAccount.CUSTODY).available

    assert {"journal": 5} == do(office, deposit()).data
    assert 1_000_000_005 == cash(office).available
    assert before - 5 == cash(office, SystemAccount.CUSTODY).available
    assert ("deposit", "d", ((SystemAccount.CUSTODY, USDC, 0, -5), (1, USDC, 0, 5))) == (
        office.journal[-1].cause,
        office.journal[-1].external_id,
        office.journal[-1].lines,
    )


def test_a_pending_deposit_is_credited_or_fails_once():
    office = trading()
    do(office, deposit(pending=True), deposit("e", pending=True))

    assert (1_000_000_000, 10) == (cash(office).available, cash(office).pending_in)

    do(office, CreditDeposit(external_id="d"), FailDeposit(external_id="e"))

    assert (1_000_000_005, 0) == (cash(office).available, cash(office).pending_in)
    assert {"journal": 7} == ask(office, CreditDeposit(external_id="d")).data
    assert "ALREADY" == ask(office, FailDeposit(external_id="e")).code
    assert "DEPOSIT_STATE" == ask(office, CreditDeposit(external_id="e")).code
    assert "DEPOSIT_STATE" == ask(office, FailDeposit(external_id="d")).code
    assert ("credited", "failed") == (office.deposits["d"].state, office.deposits["e"].state)


@pytest.mark.parametrize("act", [deposit("x"), withdrawal("x"), transfer(1, 2, external_id="x")])
def test_an_external_id_is_one_journal_entry_whatever_is_sent_with_it(act):
    office = trading()
    first = do(office, act)
    before = snapshot(office)

    assert (True, "ALREADY", first.data) == (ask(office, act).accepted, ask(office, act).code, ask(office, act).data)
    for other in (deposit("x", amount=6), withdrawal("x", amount=6), transfer(1, 2, amount=6, external_id="x")):
        assert "EXTERNAL_ID_USED" == ask(office, other).code
    assert before == snapshot(office)


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("UNKNOWN_ACCOUNT", deposit(account=3)),
        ("UNKNOWN_ASSET", deposit(asset="EURC")),
        ("NOT_WHITELISTED", deposit(asset="AAPLx")),
        ("SANCTIONS", deposit(account=2)),
        ("UNKNOWN_DEPOSIT", CreditDeposit(external_id="d")),
        ("UNKNOWN_DEPOSIT", FailDeposit(external_id="d")),
        ("SANCTIONS", CreditDeposit(external_id="of-beta")),
        ("SAME_ACCOUNT", transfer(1, 1)),
        ("UNKNOWN_ACCOUNT", transfer(3, 1)),
        ("UNKNOWN_ACCOUNT", transfer(1, 3)),
        ("UNKNOWN_ACCOUNT", transfer(2**32 - 7, 1)),
        ("UNKNOWN_ASSET", transfer(1, SystemAccount.SUSPENSE, asset="EURC")),
        ("INSUFFICIENT", transfer(1, SystemAccount.SUSPENSE, amount=1_000_000_001)),
        ("SANCTIONS", transfer(1, 2)),
        ("SANCTIONS", transfer(2, 1)),
        ("NOT_WHITELISTED", transfer(SystemAccount.SUSPENSE, 1, asset="AAPLx")),
        ("UNKNOWN_ASSET", withdrawal(asset="EURC")),
        ("INSUFFICIENT", withdrawal(amount=1_000_000_001)),
        ("TRANSFER_POLICY", withdrawal(asset="AAPLx", destination=WALLET)),
        ("UNKNOWN_WITHDRAWAL", screening(clear=True)),
        ("UNKNOWN_WITHDRAWAL", HoldWithdrawal(external_id="w")),
        ("UNKNOWN_WITHDRAWAL", ReleaseWithdrawal(external_id="w")),
        ("UNKNOWN_WITHDRAWAL", FailWithdrawal(external_id="w")),
        ("UNKNOWN_TRADE", BustTrade(match_id=1)),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(code: str, act):
    office = trading()
    do(office, deposit("of-beta", account=2, pending=True), UpdateSanctions(list_version=1, hits=("beta",)))
    listed = office.instruments["AAPLx"]
    office.instruments["AAPLx"] = type(listed)(number=1, terms=type(listed.terms)(**{**fields_of(listed.terms), "whitelist": True}))
    before = snapshot(office)

    assert code == ask(office, act).code
    assert before == snapshot(office)


def test_what_comes_for_the_sanctioned_waits():
    office = trading()
    do(office, UpdateSanctions(list_version=1, hits=("acme",)), deposit(pending=True))

    assert (1_000_000_000, 5) == (cash(office).available, cash(office).pending_in)
    assert "SANCTIONS" == ask(office, CreditDeposit(external_id="d")).code

    do(office, UpdateSanctions(list_version=1, cleared=("acme",)), CreditDeposit(external_id="d"))


def fields_of(terms) -> dict[str, object]:
    return {field: getattr(terms, field) for field in terms.__struct_fields__}


def test_what_would_not_fit_is_refused():
    office = trading()
    room = 2**53 - 1
    outcomes = [ask(office, deposit(f"d{i}", amount=room)).code for i in range(513)]

    assert "CANNOT_MOVE" == outcomes[-1]
    assert {"DONE"} == set(outcomes[:500])


def test_a_refusal_says_how_much_there_is():
    assert "account 1 has 1000 USDC available; 1000.000001 are asked for" == ask(trading(), withdrawal(amount=1_000_000_001)).text


def test_what_an_order_holds_is_not_available():
    office = trading()
    enter(office, Side.BUY, 10_000, 999_000_000)

    assert "INSUFFICIENT" == ask(office, withdrawal(amount=1_000_001)).code
    assert "DONE" == ask(office, withdrawal(amount=1_000_000)).code


def test_a_correction_moves_between_any_two_accounts():
    office = trading()
    do(office, transfer(1, 2), transfer(SystemAccount.SUSPENSE, 1, external_id="u"), transfer(1, SystemAccount.FEES, external_id="v"))

    assert [999_999_995, 1_000_000_005, -5, 5] == [
        cash(office, account).available for account in (1, 2, SystemAccount.SUSPENSE, SystemAccount.FEES)
    ]


def test_a_withdrawal_leaves_after_a_screening_that_is_clear():
    office = trading()
    do(office, withdrawal())

    assert (999_999_995, 5) == (cash(office).available, cash(office).pending_out)
    assert "NOT_SCREENED" == ask(office, ReleaseWithdrawal(external_id="w")).code

    do(office, screening(clear=True))
    released = do(office, ReleaseWithdrawal(external_id="w"))

    assert (999_999_995, 0) == (cash(office).available, cash(office).pending_out)
    assert -1_999_999_995 == cash(office, SystemAccount.CUSTODY).available
    assert released.data == ask(office, ReleaseWithdrawal(external_id="w")).data
    assert "WITHDRAWAL_STATE" == ask(office, FailWithdrawal(external_id="w")).code
    assert "WITHDRAWAL_STATE" == ask(office, HoldWithdrawal(external_id="w")).code


def test_a_withdrawal_that_fails_is_available_again():
    office = trading()
    do(office, withdrawal(), screening(clear=False))

    assert "held" == office.withdrawals["w"].state

    do(office, FailWithdrawal(external_id="w"))

    assert (1_000_000_000, 0) == (cash(office).available, cash(office).pending_out)
    assert "ALREADY" == ask(office, FailWithdrawal(external_id="w")).code
    assert "WITHDRAWAL_STATE" == ask(office, screening(clear=True)).code


def test_a_held_withdrawal_takes_another_screening():
    office = trading()
    do(office, withdrawal(), screening(clear=True), HoldWithdrawal(external_id="w"))

    assert "ALREADY" == ask(office, HoldWithdrawal(external_id="w")).code
    assert "WITHDRAWAL_HELD" == ask(office, ReleaseWithdrawal(external_id="w")).code

    do(office, screening(clear=True), ReleaseWithdrawal(external_id="w"))


def test_nothing_leaves_an_account_that_is_sanctioned_or_under_a_hold():
    office = trading()
    do(office, withdrawal(), screening(clear=True))
    do(office, PlaceHold(hold_id="h", account=1, asset="AAPLx", amount=1, authority="court", reference="r", review_ns=NOW + 1))

    assert "LEGAL_HOLD" == ask(office, ReleaseWithdrawal(external_id="w")).code

    do(office, UpdateSanctions(list_version=1, hits=("acme",)))

    assert "WITHDRAWAL_HELD" == ask(office, ReleaseWithdrawal(external_id="w")).code


@pytest.mark.parametrize(
    ("policy", "destination", "code"),
    [
        ("none", WALLET, "TRANSFER_POLICY"),
        ("allow-listed", WALLET, "TRANSFER_POLICY"),
        ("free", WALLET, "DONE"),
    ],
)
def test_a_token_leaves_as_its_transfer_policy_says(policy: str, destination: str, code: str):
    office = trading(transfer_policy=policy)

    assert code == ask(office, withdrawal(asset="AAPLx", destination=destination)).code


def test_an_approved_holder_can_be_given_the_token():
    office = trading()
    do(office, ApproveHolder(account=1, asset="AAPLx", approved=True), deposit(asset="AAPLx"))

    assert 10_000_005 == office.venue.balance(1, AAPLX).available


def test_a_bust_reverses_the_trade_and_its_record_stays():
    office = trading()
    before = office.venue.balances()
    enter(office, Side.SELL, 10_000, 1_000, account=2)
    enter(office, Side.BUY, 10_000, 1_000)
    do(office, BustTrade(match_id=1))

    assert [balance for balance in before if balance.account < 3] == [balance for balance in office.venue.balances() if balance.account < 3]
    assert office.venue.trade(1).busted
    assert ("bust-trade", "trade 1") == (office.journal[-1].cause, office.journal[-1].external_id)
    assert 0 == sum(delta for _, asset, _, delta in office.journal[-1].lines if asset == USDC)
    assert "ALREADY" == ask(office, BustTrade(match_id=1)).code


def test_a_bust_of_what_was_spent_is_refused():
    office = trading()
    enter(office, Side.SELL, 10_000, 10_000_000, account=2)
    enter(office, Side.BUY, 10_000, 10_000_000)
    do(office, transfer(1, SystemAccount.SUSPENSE, amount=20_000_000, asset="AAPLx"))
    before = snapshot(office)

    assert "CANNOT_REVERSE" == ask(office, BustTrade(match_id=1)).code
    assert before == snapshot(office)
