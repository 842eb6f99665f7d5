"""`ats flow`: the text that the book's reports make is the one that the workload means."""

import hashlib
import json
import lzma
import math
import os
import random
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cli import main
from engine.cli.workload import HEADER, MAGIC, REACH, RECORD, Workload, WorkloadError, read_workload
from engine.matching.records import COMMAND_FORMAT, COMMAND_SIZE
from tests.cli.naive_flow import naive_reports

NEW, CANCEL, MODIFY = 0, 1, 2
BUY, SELL = 0, 1


def packed(records, version=1):
    rows = (RECORD.pack(kind, side, ioc, 0, qty, seq, order_id, price, 0) for kind, side, ioc, qty, seq, order_id, price in records)
    return HEADER.pack(MAGIC, version, len(records)) + b"".join(rows)


def numbered(*rows):
    return [(kind, side, ioc, qty, seq, order_id, price) for seq, (kind, side, ioc, qty, order_id, price) in enumerate(rows)]


def flow(path, *options):
    return CliRunner().invoke(main, ["flow", str(path), *options])


def text_of(tmp_path, records):
    path, out = tmp_path / "flow.bin", tmp_path / "out.txt"
    path.write_bytes(packed(records))
    result = flow(path, "--reports", str(out), "--json")
    assert result.exit_code == 0, result.output
    text = out.read_bytes()
    figures = json.loads(result.stdout)
    assert figures["sha256"] == hashlib.sha256(text).hexdigest()
    assert figures["trades"] == sum(line.startswith(b"1,") for line in text.split(b"\n"))
    return text.decode().split("\n")


@st.composite
def workloads(draw, low=1, high=9):
    """Records as a generator of the family writes them: ids are new, or free again, or of any order that was."""
    open_ids, used, rows = set(), [], []
    for _ in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from((NEW, NEW, CANCEL, MODIFY)))
        ids = draw(st.sampled_from(used)) if used and kind != NEW else draw(st.integers(1, 2**64 - 1).filter(lambda i: i not in used))
        used.append(ids)
        side = draw(st.sampled_from((BUY, SELL)))
        qty = draw(st.integers(1, 30))
        price = draw(st.integers(low, high))
        rows.append((kind, side, draw(st.integers(0, 1)), qty, ids, price))
        open_ids.add(ids)
    return numbered(*rows)


@given(records=workloads())
@settings(max_examples=60)
def test_reports_are_what_the_workload_means(records, tmp_path_factory):
    expected = naive_reports(records)

    assert expected == [line for line in text_of(tmp_path_factory.mktemp("flow"), records) if line]


@given(records=workloads(low=-(2**40), high=-(2**40) + 9))
@settings(max_examples=20)
def test_prices_far_from_the_books_range_come_out_as_they_went_in(records, tmp_path_factory):
    assert naive_reports(records) == [line for line in text_of(tmp_path_factory.mktemp("flow"), records) if line]


@given(records=workloads(), data=st.data())
@settings(max_examples=20)
def test_reports_are_sorted_where_sequence_numbers_are_not(records, data, tmp_path_factory):
    numbers = data.draw(st.lists(st.integers(0, 20), min_size=len(records), max_size=len(records)))
    mixed = [(*row[:4], number, *row[5:]) for row, number in zip(records, numbers, strict=True)]

    assert naive_reports(mixed) == [line for line in text_of(tmp_path_factory.mktemp("flow"), mixed) if line]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [(NEW, SELL, 0, 5, 1, 100), (NEW, BUY, 1, 8, 2, 101)],
            ["0,0,1,1,100,5", "0,1,0,2,101,8", "1,1,100,5,1,2", "2,1,0,2,101"],
            id="the rest of an IOC is canceled at its own price",
        ),
        pytest.param(
            [(NEW, SELL, 0, 5, 1, 100), (NEW, BUY, 0, 5, 2, 99), (MODIFY, BUY, 1, 7, 2, 100), (CANCEL, BUY, 0, 0, 2, 0)],
            ["0,0,1,1,100,5", "0,1,0,2,99,5", "1,2,100,5,1,2", "3,2,0,2,100,7", "2,3,0,2,100"],
            id="a modify trades, then is reported, and rests whatever its ioc flag says",
        ),
        pytest.param(
            [(NEW, SELL, 0, 5, 1, 100), (NEW, BUY, 0, 9, 2, 99), (MODIFY, BUY, 0, 5, 2, 100), (CANCEL, BUY, 0, 0, 2, 0)],
            ["0,0,1,1,100,5", "0,1,0,2,99,9", "1,2,100,5,1,2", "3,2,0,2,100,5", "4,3,2"],
            id="a modify that trades fully leaves nothing to cancel",
        ),
        pytest.param(
            [(CANCEL, BUY, 0, 0, 9, 0), (MODIFY, SELL, 0, 1, 9, 5)],
            ["4,0,9", "5,1,9"],
            id="unknown orders are rejected",
        ),
        pytest.param(
            [(NEW, BUY, 0, 9, 7, 5), (CANCEL, SELL, 0, 0, 7, 0), (NEW, SELL, 0, 2, 7, 6)],
            ["0,0,0,7,5,9", "2,1,0,7,5", "0,2,1,7,6,2"],
            id="a cancel names the order by id alone, and the id is free afterwards",
        ),
        pytest.param(
            [(NEW, BUY, 0, 9, 1, 5), (NEW, BUY, 0, 9, 2, 5), (MODIFY, BUY, 0, 3, 1, 5), (NEW, SELL, 1, 9, 3, 5)],
            ["0,0,0,1,5,9", "0,1,0,2,5,9", "3,2,0,1,5,3", "0,3,1,3,5,9", "1,3,5,9,2,3"],
            id="a modify to less at the same price loses its place",
        ),
    ],
)
def test_example(rows, expected, tmp_path):
    assert expected == text_of(tmp_path, numbered(*rows))


def test_a_sweep_of_five_thousand_orders_is_one_record(tmp_path):
    rows = [(NEW, SELL, 0, 1, i, 100) for i in range(1, 5001)] + [(NEW, BUY, 1, 5000, 5001, 100)]

    lines = text_of(tmp_path, numbered(*rows))

    assert [f"1,5000,100,1,{i},5001" for i in range(1, 5001)] == lines[5001:]


def test_a_long_day_is_the_same_in_chunks_of_any_length(tmp_path, monkeypatch):
    records = busy_day(random.Random(23), 3000)
    expected = naive_reports(records)

    assert expected == text_of(tmp_path, records)
    monkeypatch.setattr("engine.cli.flow.CHUNK", 7)
    assert expected == text_of(tmp_path, records)
    assert 100 < sum(line.startswith("1,") for line in expected)


def busy_day(rng, count):
    """Orders around a price that swings widely; most are canceled, some modified, some canceled twice; a tail stays far out."""
    rows, open_ids, mid = [], [], 5000.0
    for order_id in range(1, count + 1):
        mid *= math.exp(rng.gauss(0, 0.01))
        side = rng.randrange(2)
        depth = min(800, int(rng.paretovariate(1.1)))
        price = max(1, round(mid) + (depth if side else -depth))
        rows.append((NEW, side, int(rng.random() < 0.15), rng.randint(1, 100), order_id, price))
        open_ids.append((order_id, side, price))
        while open_ids and rng.random() < 0.5:
            known, known_side, known_price = open_ids[-1 - int(rng.expovariate(0.3)) % len(open_ids)]
            kind = CANCEL if rng.random() < 0.7 else MODIFY
            moved = known_price + rng.choice((0, 1, -1, 60, -60))
            rows.append((kind, known_side, 0, rng.randint(1, 100), known, max(1, moved)))
    return numbered(*rows)


def test_prices_may_span_all_that_the_book_reaches(tmp_path):
    low, high = -5, -5 + REACH - 1
    rows = [(NEW, BUY, 0, 1, 1, low), (NEW, SELL, 0, 1, 2, high), (NEW, SELL, 0, 1, 3, low)]

    assert f"1,2,{low},1,1,3" == text_of(tmp_path, numbered(*rows))[-1]


def test_xz_and_plain_files_are_the_same_workload(tmp_path):
    raw = packed(numbered((NEW, BUY, 0, 1, 1, 5)))
    (tmp_path / "plain").write_bytes(raw)
    (tmp_path / "packed").write_bytes(lzma.compress(raw))

    assert read_workload(tmp_path / "plain").commands(0, 1) == read_workload(tmp_path / "packed").commands(0, 1)


def test_commands_have_the_layout_of_the_core():
    workload = Workload(packed(numbered((NEW, SELL, 1, 7, 2**64 - 1, 5), (MODIFY, SELL, 1, 8, 3, 6)))[HEADER.size :])

    assert struct.calcsize(COMMAND_FORMAT) == COMMAND_SIZE
    assert [
        (0, 0, 2**64 - 1, 2**64 - 1, 0, 5, 7, 0, 0, 1, 1, 1, 0, 68, 2, 2, 3, 0, 0, 0, 0, 0, 0),
        (0, 1, 0, 3, 0, 6, 8, 0, 0, 1, 1, 1, 0, 71, 0, 2, 3, 0, 0, 2, 0, 0, 0),
    ] == list(struct.iter_unpack(COMMAND_FORMAT, workload.commands(0, 2)))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "0 bytes; a workload starts with a header of 16"),
        (b"x" * 16, "is not a workload's 0x4d4542575f303031"),
        (packed([], version=2), "version 2 is not 1"),
        (packed(numbered((NEW, BUY, 0, 1, 1, 5)))[:-1], "announces 1 records of 40 bytes, 40 in all; the file holds 39"),
        (packed(numbered((3, BUY, 0, 1, 1, 5))), "record 0: type 3 is not 0 (new), 1 (cancel) or 2 (modify)"),
        (packed(numbered((NEW, 2, 0, 1, 1, 5))), "record 0: side 2 is not 0 (buy) or 1 (sell)"),
        (packed(numbered((NEW, BUY, 0, 0, 1, 5))), "record 0: quantity 0; an order needs at least 1"),
        (packed(numbered((NEW, BUY, 0, 1, 0, 5))), "record 0: order id 0; ids start at 1"),
        (packed(numbered((NEW, BUY, 0, 1, 1, 1), (NEW, BUY, 0, 1, 2, 2**26 + 1))), "prices span 67,108,865 ticks"),
        (b"\xfd7zXZ\x00" + b"junk", "the xz stream is damaged"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(raw, says, tmp_path):
    path = tmp_path / "flow.bin"
    path.write_bytes(raw)

    with pytest.raises(WorkloadError) as caught:
        read_workload(path)
    result = flow(path)

    assert says in str(caught.value)
    assert (2, True) == (result.exit_code, says in result.stderr.replace("\n", " "))


def test_a_second_order_with_an_open_id_stops_the_run(tmp_path):
    path = tmp_path / "flow.bin"
    path.write_bytes(packed(numbered((NEW, BUY, 0, 1, 7, 5), (NEW, BUY, 0, 1, 7, 5))))

    result = flow(path)

    assert 1 == result.exit_code
    assert "sequence 1: the book refused order 7: DUP_CL_ORD_ID, an order with this id is still open" in result.stderr


def test_reports_on_stdout_leave_the_figures_to_stderr(tmp_path):
    path = tmp_path / "flow.bin"
    path.write_bytes(packed(numbered((NEW, BUY, 0, 1, 7, 5))))

    result = flow(path, "--reports", "-")

    assert ("0,0,0,7,5,1", True) == (result.stdout, "messages/s" in result.stderr)


def test_the_reference_workload_gives_the_agreed_hash():
    path = Path(os.environ.get("ATS_FLOW_DATA", "no-such-folder")) / "flow-normal.bin.xz"
    if not path.exists():
        pytest.skip("ATS_FLOW_DATA names no folder with flow-normal.bin.xz of the matching-engine-benchmark")

    result = flow(path, "--json")

    figures = json.loads(result.stdout)
    assert "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e" == figures["sha256"]
    assert (1_996_097, 62_474) == (figures["messages"], figures["trades"])
