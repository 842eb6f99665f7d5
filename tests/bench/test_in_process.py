"""A gateway in the bench's process answers every request, journal off and durable, and a check that finds something wrong says so."""

from pathlib import Path

import pytest

from bench import flow, in_process
from bench.in_process import InProcess, resting_turns, settle_in, turns_of

REQUESTS = 2 * in_process.TURN


@pytest.mark.parametrize("mode", in_process.MODES)
@pytest.mark.parametrize("mix", [in_process.REST, "w1"])
def test_every_request_of_a_mix_is_answered(mode: str, mix: str, tmp_path: Path) -> None:
    made = None if mix == in_process.REST else flow.make(mix, tmp_path / "flow", prefill=500, count=1500)
    turns = resting_turns(REQUESTS) if made is None else turns_of(made)
    venue = InProcess(settle_in(tmp_path / "venue", made, mode))

    venue.run(turns)
    venue.check(REQUESTS if made is None else made.prefill + made.messages)
    venue.close()


def test_a_request_without_an_answer_is_found(tmp_path: Path) -> None:
    venue = InProcess(settle_in(tmp_path / "venue", None, "memory"))
    venue.run(resting_turns(REQUESTS))
    venue.wires[1].written.pop()

    with pytest.raises(AssertionError):
        venue.check(REQUESTS)


def test_the_turns_of_a_flow_are_all_of_its_messages(tmp_path: Path) -> None:
    made = flow.make("w1", tmp_path / "flow", prefill=500, count=1234)
    turns = turns_of(made)

    assert 1734 == in_process.requests_in(turns)
    assert 5 == len(turns)
    assert REQUESTS == in_process.requests_in(resting_turns(REQUESTS))
