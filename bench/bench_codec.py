"""Decode an order and encode its report: the compiled codec beside msgspec's Structs, on the same bytes (P4 of the targets: 80 ns).

The compiled side runs in `codec_loop.pyx`, as the gateway does: frames of one read in, reports of one write out.  Every round handles
FRAMES orders of a seeded flow, so that widths of integers vary as on a real wire, and the answer of both sides is compared byte by byte.
Run: python -m bench codec.  Times are of FRAMES orders: divide by 10,000, or read `ns_per_order` with `--benchmark-json=FILE`.
"""

import importlib.util
import sys
from pathlib import Path
from random import Random

import pytest
from Cython.Build import cythonize
from setuptools import Distribution, Extension

from engine.matching.enums import ExecType, OrdStatus, OrdType, Side, TimeInForce
from engine.protocol.framing import MAX_REQUEST, Splitter, frame
from engine.protocol.messages import ExecutionReport, NewOrder, decode_client, encode

ROOT = Path(__file__).parents[1]
FRAMES = 10_000
SEED = 20260101
TS_NS = 1_767_225_600_000_000_000
FLAGS = ["-O3"]
NOTHING_TRADED = (0,) * 12


def main(arguments):
    """Run these benches under pytest-benchmark."""
    return pytest.main([__file__, "-q", "-o", "python_files=bench_*.py", "-o", "python_functions=bench_*", *arguments])


@pytest.fixture(scope="session")
def loop(tmp_path_factory):
    """Return `codec_loop.pyx`, compiled as the package is."""
    target = str(tmp_path_factory.mktemp("codec_loop"))
    module = Extension("codec_loop", [str(Path(__file__).with_name("codec_loop.pyx"))], extra_compile_args=FLAGS)
    directives = {"language_level": 3, "boundscheck": False, "wraparound": False, "cdivision": True, "initializedcheck": False}
    modules = cythonize([module], include_path=[str(ROOT)], build_dir=target, compiler_directives=directives, quiet=True)
    command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = target
    command.ensure_finalized()
    command.run()
    spec = importlib.util.spec_from_file_location("codec_loop", command.get_ext_fullpath("codec_loop"))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="session")
def stream():
    """Return the frames of FRAMES limit orders."""
    random = Random(SEED)
    orders = (
        NewOrder(
            seq,
            TS_NS + seq * 1000,
            0,
            cl_ord_id=1_000_000 + seq,
            account=random.randint(1, 500),
            instrument=random.randint(1, 40),
            side=random.choice(list(Side)),
            ord_type=OrdType.LIMIT,
            tif=random.choice([TimeInForce.DAY, TimeInForce.IOC]),
            price=random.randint(10_00, 5_000_00) * 100,
            order_qty=random.randint(1, 100_000) * 100,
            display_qty=0,
            exec_inst=0,
            expire_ns=0,
            stp_mode=0,
            min_qty=0,
            cash_order_qty=0,
            settle_pref=0,
            stop_px=0,
        )
        for seq in range(1, FRAMES + 1)
    )
    return b"".join(frame(encode(order)) for order in orders)


def bench_decode_and_report_compiled(benchmark, loop, stream):
    """Decode and report in C: a regression here slows every order of every client."""
    reports = loop.room_for(FRAMES)

    size = benchmark(loop.accept_all, stream, TS_NS, reports)

    assert b"".join(map(frame, accept_all(stream))) == reports[:size]
    note(benchmark)


def bench_decode_compiled(benchmark, loop, stream):
    """Decode in C: the difference to the bench above is the price of writing a report."""
    assert benchmark(loop.decode_all, stream) == FRAMES
    note(benchmark)


def bench_decode_and_report_msgspec(benchmark, stream):
    """Decode and report through Structs: what a client in Python, or a cold message, pays."""
    assert len(benchmark(accept_all, stream)) == FRAMES
    note(benchmark)


def accept_all(stream):
    reports = []
    for seq, payload in enumerate(Splitter(MAX_REQUEST).feed(stream), 1):
        order = decode_client(payload)
        rest = [0] * (len(ExecutionReport.__struct_fields__) - 15)  # of fields that an acceptance leaves empty
        report = ExecutionReport(
            seq,
            TS_NS,
            0,
            seq << 24 | 1,
            seq,
            order.cl_ord_id,
            0,
            order.account,
            order.instrument,
            order.side,
            ExecType.NEW,
            OrdStatus.NEW,
            order.price,
            order.order_qty,
            order.order_qty,
            *rest,
        )
        reports.append(encode(report))
    return reports


def note(benchmark):
    benchmark.extra_info.update(ops=FRAMES, seed=SEED, flags=" ".join(FLAGS), python=sys.version.split()[0])
    if benchmark.stats is not None:
        benchmark.extra_info["ns_per_order"] = round(benchmark.stats.stats.median / FRAMES * 1e9, 1)
