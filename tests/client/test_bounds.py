"""The table of reasons in docs/PROTOCOL.md says what `bound` is; the client's sentences read it as just that."""

import re

import pytest

from engine.client.figures import Told
from engine.client.texts import reason_text
from engine.matching.enums import Reason
from tests.client.test_texts_examples import asked
from tests.protocol.document import sections, table

BOUNDS = {Reason(int(value)): bound for value, _, bound, _ in table(sections()["Reason"])}
SHOWN = {"price": "123,456.00", "quantity": "1,234.5600", "amount": "1,234.56", "number": "1,234,560,000"}


@pytest.mark.parametrize("reason", [reason for reason in Reason if BOUNDS[reason] != "–"])
def test_a_bound_is_shown_in_the_unit_that_is_told(reason: Reason) -> None:
    kind = BOUNDS[reason].partition(":")[0]
    sentence = reason_text(reason, asked(), Told(1_234_560_000)).replace("1234560000", "1,234,560,000")

    assert reason is Reason.DISPLAY_QTY or re.search(rf"\b{SHOWN[kind]}(?!\d)", sentence)


@pytest.mark.parametrize("reason", [reason for reason in Reason if BOUNDS[reason] == "–"])
def test_where_nothing_is_told_nothing_is_shown(reason: Reason) -> None:
    assert reason_text(reason, asked()) == reason_text(reason, asked(), Told(1_234_560_000))
