"""A real server on loopback: logging on, trading, asking, resuming."""

import asyncio

from engine.matching.enums import ExecType, OrdStatus, Reason
from engine.protocol.messages import (
    BookRequest,
    BookSnapshot,
    BusinessReject,
    Cancel,
    ExecutionReport,
    Heartbeat,
    InstrumentList,
    InstrumentListRequest,
    InstrumentStatusRequest,
    Logon,
    Logout,
    LogoutCode,
    MassCancel,
    MassCancelReport,
    MassStatusEnd,
    OrderMassStatusRequest,
    OrderStatusRequest,
    Position,
    PositionReport,
    PositionRequest,
    Reject,
    RejectReason,
    ResendRequest,
    TestRequest,
)
from tests.gateway.funded import CASH
from tests.gateway.raw import Raw, logon_of, run, signed, venue


@run
async def test_two_clients_trade() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        rested = await alice.ask(alice.order(side=2, price=10_100, qty=300))
        bob.say(bob.order(side=1, price=10_200, qty=200))
        taken = await bob.read_many(2)
        made = await alice.read()

        assert (ExecType.NEW, 1, 300) == (rested.exec_type, rested.seq, rested.leaves_qty)
        assert [(ExecType.NEW, 1), (ExecType.TRADE, 2)] == [(report.exec_type, report.seq) for report in taken]
        assert (ExecType.TRADE, 2, 10_100, 200, 100) == (made.exec_type, made.seq, made.last_px, made.last_qty, made.leaves_qty)
        assert made.match_id == taken[1].match_id


@run
async def test_requests_of_one_write_are_all_answered_in_order() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice")
        orders = [alice.order(price=10_000 - 100 * i) for i in range(50)]
        cancel = Cancel(alice.seq, 0, 0, 1000, orders[0].cl_ord_id, 0, 0, 0)
        alice.say(*orders, cancel, TestRequest(alice.seq + 1, 0, 0, "end"))
        reports = await alice.read_many(51)

        assert list(range(1, 52)) == [report.seq for report in reports]
        assert (ExecType.CANCELED, 1000, 1) == (reports[50].exec_type, reports[50].cl_ord_id, reports[50].orig_cl_ord_id)
        assert Heartbeat(52, 0, 0, "end") == _without_time(await alice.read())


@run
async def test_order_for_a_foreign_account_is_rejected() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice")
        report = await alice.ask(alice.order(account=2))

        assert (ExecType.REJECTED, Reason.UNKNOWN_ACCOUNT) == (report.exec_type, report.reason)


@run
async def test_mass_cancel_takes_only_the_sessions_own_orders() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        await bob.ask(bob.order())
        alice.say(alice.order(), alice.order(), MassCancel(3, 0, 0, 3, 0, 0, 0))
        reports = await alice.read_many(5)

        assert [ExecType.CANCELED] * 2 == [report.exec_type for report in reports[2:4]]
        assert isinstance(reports[4], MassCancelReport)
        assert (5, 3, 2) == (reports[4].seq, reports[4].cl_ord_id, reports[4].affected)
        assert 1 == server.gateway.venue.book.open_orders


@run
async def test_questions_are_answered() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice")
        report = await alice.ask(alice.order(price=10_000, qty=300))
        status = await alice.ask(OrderStatusRequest(2, 0, 0, report.order_id, 0))
        unknown = await alice.ask(OrderStatusRequest(2, 0, 0, 0, 77))
        book = await alice.ask(BookRequest(2, 0, 0, 5, 1, 0))
        listed = await alice.ask(InstrumentListRequest(2, 0, 0, 6))
        nothing = await alice.ask(InstrumentStatusRequest(2, 0, 0, 7, 3, 0))
        positions = await alice.ask(PositionRequest(2, 0, 0, 8, 1))
        foreign = await alice.ask(PositionRequest(2, 0, 0, 9, 2))

        assert isinstance(status, ExecutionReport)
        assert (ExecType.STATUS, OrdStatus.NEW, 300) == (status.exec_type, status.ord_status, status.leaves_qty)
        assert isinstance(unknown, BusinessReject)
        assert (77, Reason.UNKNOWN_ORDER) == (unknown.ref_id, unknown.reason)
        assert isinstance(book, BookSnapshot)
        assert [(10_000, 300, 1)] == [(level.price, level.qty, level.orders) for level in book.bids]
        assert isinstance(listed, InstrumentList)
        assert ["AAPLx", "TSLAx"] == [listing.symbol for listing in listed.instruments]
        assert Reason.UNKNOWN_INSTRUMENT == nothing.reason
        assert isinstance(positions, PositionReport)
        assert Position("USDC", CASH - 300, 300, 0, 0, 0) == positions.positions[0]
        assert ["USDC", "AAPLx", "TSLAx"] == [position.asset for position in positions.positions]
        assert Reason.UNKNOWN_ACCOUNT == foreign.reason


@run
async def test_order_of_another_session_is_unknown() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        report = await alice.ask(alice.order())
        refusal = await bob.ask(OrderStatusRequest(1, 0, 0, report.order_id, 0))

        assert isinstance(refusal, BusinessReject)
        assert (report.order_id, Reason.UNKNOWN_ORDER) == (refusal.ref_id, refusal.reason)


@run
async def test_mass_status_gives_every_open_order_and_then_an_end() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice")
        alice.say(*(alice.order(price=100 * (i + 1)) for i in range(600)))
        await alice.read_many(600)
        alice.say(OrderMassStatusRequest(alice.seq, 0, 0, 4))
        answers = await alice.read_many(601)

        assert list(range(1, 601)) == [answer.cl_ord_id for answer in answers[:600]]
        assert MassStatusEnd(601, answers[600].ts_ns, 0, 4, 600) == answers[600]


@run
async def test_resumed_session_gets_what_it_missed_and_resends_nothing() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice"), await Raw.log_on(server, "bob")
        rested = await alice.ask(alice.order(side=2, price=10_000))
        await alice.close()
        bob.say(bob.order(side=1, price=10_000))
        await bob.read_many(2)
        again = await Raw.connect(server)
        answer = await again.ask(signed(logon_of("alice", 2, next_expected_seq=1), again.nonce))
        reports = await again.read_many(2)

        assert isinstance(answer, Logon)
        assert (3, 2) == (answer.seq, answer.next_expected_seq)
        assert [(1, ExecType.NEW, 1), (2, ExecType.TRADE, 1)] == [(r.seq, r.exec_type, r.flags) for r in reports]
        assert rested.exec_id == reports[0].exec_id


@run
async def test_resend_request_gives_the_very_same_reports() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice")
        alice.say(*(alice.order(price=100 * (i + 1)) for i in range(1000)))
        first = await alice.read_many(1000)
        alice.say(ResendRequest(alice.seq, 0, 0, 11, 990), TestRequest(alice.seq, 0, 0, "behind"), alice.order())
        second = await alice.read_many(980)
        heartbeat, report = await alice.read_many(2)

        assert [_marked(report) for report in first[10:990]] == second
        assert {"behind", 1001} == {getattr(heartbeat, "test_id", 1001), getattr(report, "test_id", 1001)}


@run
async def test_cancel_on_disconnect_cancels_and_tells_after_the_reconnect() -> None:
    async with venue() as server:
        alice, bob = await Raw.log_on(server, "alice", cancel_on_disconnect=True), await Raw.log_on(server, "bob")
        await alice.ask(alice.order())
        await bob.ask(bob.order())
        await alice.close()
        again = await Raw.log_on(server, "alice", next_expected_seq=2)
        report = await again.read()

        assert (ExecType.CANCELED, Reason.DISCONNECT, 2) == (report.exec_type, report.reason, report.seq)
        assert 1 == server.gateway.venue.book.open_orders


@run
async def test_logout_is_answered_and_its_cancels_come_first() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice", cancel_on_disconnect=True)
        await alice.ask(alice.order())
        alice.say(Logout(2, 0, 0, 0, "bye"))
        canceled, done, logout = await alice.read_all()

        assert (ExecType.CANCELED, Reason.DISCONNECT) == (canceled.exec_type, canceled.reason)
        assert (MassCancelReport, 1) == (type(done), done.affected)
        assert (LogoutCode.NORMAL, 4) == (logout.code, logout.seq)


@run
async def test_faulty_order_is_rejected_by_name_and_takes_its_number() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice")
        bad = [68, 1, 0, 0, 1, 1, 1, "buy", 2, 1, 10_000, 100, 0, 0, 0, 0, 0, 0, 0, 0]
        reject = await alice.ask(bad)
        alice.seq = 2
        report = await alice.ask(alice.order())

        assert isinstance(reject, Reject)
        assert (1, 68, 7, RejectReason.WRONG_FORMAT) == (reject.ref_seq, reject.ref_type, reject.field, reject.reason)
        assert "NewOrder.side" in reject.text
        assert (ExecType.NEW, 1) == (report.exec_type, report.seq)


@run
async def test_reset_starts_both_numberings_again_and_leaves_orders_open() -> None:
    async with venue() as server:
        alice = await Raw.log_on(server, "alice")
        await alice.ask(alice.order())
        await alice.close()
        again = await Raw.log_on(server, "alice", reset_seq_num=True)
        report = await again.ask(again.order(cl_ord_id=2))

        assert (1, 2, ExecType.NEW) == (report.seq, report.cl_ord_id, report.exec_type)
        assert 2 == server.gateway.venue.book.open_orders


@run
async def test_closing_venue_says_so_to_everybody() -> None:
    async with venue(logout_timeout_ms=100) as server:
        alice, stranger = await Raw.log_on(server, "alice"), await Raw.connect(server)
        server.gateway.shut_down(lambda: None)
        farewell = await alice.read()
        alice.say(Logout(1, 0, 0, 0, ""))

        assert LogoutCode.SHUTDOWN == farewell.code
        assert [] == await alice.read_all()
        assert [LogoutCode.SHUTDOWN] == [message.code for message in await stranger.read_all()]


def test_venue_runs_on_asyncios_own_loop_too() -> None:
    async def trade() -> list[int]:
        async with venue() as server:
            alice = await Raw.log_on(server, "alice")
            alice.say(*(alice.order() for _ in range(3_000)))
            return [(await alice.read()).seq for _ in range(3_000)]

    assert list(range(1, 3_001)) == asyncio.run(trade())


def _without_time(message: object) -> object:
    return type(message)(message.seq, 0, *(getattr(message, name) for name in message.__struct_fields__[2:]))


def _marked(report: object) -> object:
    return type(report)(report.seq, report.ts_ns, 1, *(getattr(report, name) for name in report.__struct_fields__[3:]))
