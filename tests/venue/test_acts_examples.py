"""The acts as data: what configuration, wire and command line are made from."""

import msgspec
import pytest

from engine.venue import acts
from engine.venue.acts import ACTS, BaseAct, Request, SetReference, decode, encode
from engine.venue.office import RULES, SECOND_IF


def properties(act: type[BaseAct]) -> dict[str, dict[str, object]]:
    return {name: value for name, value in msgspec.json.schema(act)["$defs"][act.__name__]["properties"].items() if name != "act"}


def test_a_tag_is_the_name_in_kebab_case():
    assert acts.ListInstrument.__struct_config__.tag == "list-instrument"
    assert len(ACTS) == len({act.__struct_config__.tag for act in ACTS})


@pytest.mark.parametrize("act", ACTS)
def test_every_act_says_what_it_does_and_who_may(act: type[BaseAct]):
    assert act.__doc__
    assert act.__doc__ != BaseAct.__doc__
    assert act.roles
    assert not (act.second_person and act.second_person_if)
    assert bool(act.second_person_if) == (act in SECOND_IF)


def test_every_act_has_a_rule():
    assert {*RULES, acts.Approve, acts.Decline} == set(ACTS)


def test_what_moves_money_or_grants_a_role_needs_a_second_person():
    always = {act.__name__ for act in ACTS if act.second_person}
    money = {"Deposit", "CreditDeposit", "FailDeposit", "ReleaseWithdrawal", "Transfer", "BustTrade", "LiftHold", "PayClaim"}
    trading = {"SetFees", "SetCollar", "SetAuction", "SetMultiplier", "WindDown", "StopWindDown", "SetCloseOut"}
    issuance = {"AddAttestor", "SetIssuance", "SetAuthorised", "Mint", "BurnRedeem"}

    assert money | trading | issuance | {"GrantRole"} == always


def test_a_request_survives_its_packing():
    request = Request(actor="olga", reason="feed", act=SetReference(instrument="A", price=1, source="cta", quality="live", as_of_ns=2))

    assert request == decode(encode(request))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"act": "nothing"}, "Invalid value 'nothing'"),
        ({"act": "credit-deposit"}, "missing required field `external_id`"),
        ({"act": "credit-deposit", "external_id": "no spaces"}, "matching regex"),
        ({"act": "credit-deposit", "external_id": "line\n"}, "matching regex"),
        ({"act": "credit-deposit", "external_id": "x", "amount": 1}, "unknown field `amount`"),
        ({"act": "deposit", "external_id": "x", "account": 1, "asset": "A", "amount": 0}, "`int` >= 1"),
        ({"act": "deposit", "external_id": "x", "account": 1, "asset": "A", "amount": 1.5}, "Expected `int`, got `float`"),
        ({"act": "deposit", "external_id": "x", "account": 2**31, "asset": "A", "amount": 1}, "`int` <= 2147483647"),
        ({"act": "grant-role", "name": "a", "public_key": b"short", "role": "operator"}, "length >= 32"),
    ],
)
def test_what_is_not_an_act_is_refused_by_its_field(fields: dict[str, object], fault: str):
    with pytest.raises(msgspec.ValidationError, match=fault):
        decode(msgspec.msgpack.encode({"actor": "olga", "reason": "x", "act": fields}))


def test_numbers_tell_their_unit():
    told = {
        f"{act.__name__}.{name}"
        for act in ACTS
        for name, schema in properties(act).items()
        if schema.get("type") == "integer" and schema.get("description")
    }
    numbers = {f"{act.__name__}.{name}" for act in ACTS for name, schema in properties(act).items() if schema.get("type") == "integer"}

    assert numbers == told
