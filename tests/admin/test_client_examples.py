"""The operator's client against a real venue: acts, registers, and what it raises."""

import shutil
import socket
import subprocess
import threading

import pytest

from engine.admin.client import AdminClient, AnswerLost, CannotConnect
from engine.admin.messages import encode
from engine.admin.rows import REGISTERS, AssetRow, ConservationRow, RoleRow, VenueRow
from engine.admin.views import ENTRIES_MAX
from engine.protocol.framing import frame
from engine.protocol.messages import VERSION, Challenge, Logon
from engine.venue.acts import AddAsset, Approve, Deposit, Onboard, RefuseAccess, RevokeRole
from tests.admin.operated import KEYS, client, config, operated

SEED = """
[[instrument]]
symbol = "AAPLx"
tick = "0.01"
lot = "0.0001"
[[subscriber]]
name = "acme"
accounts = [1]
balances = { USDC = "1000", AAPLx = "5" }
"""


@pytest.fixture(scope="module")
def server():
    with operated(config(seed=SEED)) as server:
        yield server


def test_an_act_that_needs_a_second_person_is_done_by_two(server):
    deposit = Deposit(external_id="w-1", account=1, asset="USDC", amount=7_000_000)
    with client(server, "tess") as tess, client(server, "otto") as otto:
        proposed = tess.act(deposit, "statement")
        again = tess.act(deposit, "statement")
        by_himself = tess.act(Approve(proposal=proposed.proposal), "agreed")
        approved = otto.act(Approve(proposal=proposed.proposal), "agreed")
        (entry,) = otto.show("journal", external_id="w-1")
        (proposal,) = otto.show("proposals", number=str(proposed.proposal))

    assert ("PROPOSED", proposed.proposal) == (again.code, again.proposal)
    assert ("SAME_PERSON", "DONE") == (by_himself.code, approved.code)
    assert [("CUSTODY", -7_000_000), ("1", 7_000_000)] == [(line.account, line.delta) for line in entry.lines]
    assert ("approved", "tess", "otto", deposit) == (proposal.state, proposal.actor, proposal.decided_by, proposal.act)


def test_every_register_has_its_rows(server):
    with client(server, "eve") as eve:
        shown = {what: eve.show(what) for what in REGISTERS}
        empty = eve.show("roles", name="nobody")

    assert isinstance(shown["venue"][0], VenueRow)
    assert ["USDC", "AAPLx"] == [row.asset for row in shown["assets"] if isinstance(row, AssetRow)]
    assert {"ada", "otto", "cora", "tess", "eve"} == {row.name for row in shown["roles"] if isinstance(row, RoleRow)}
    assert {0} == {row.total for row in shown["conservation"] if isinstance(row, ConservationRow)}
    assert [] == empty


def test_a_field_that_rows_do_not_have_is_named(server):
    with client(server, "eve") as eve, pytest.raises(ValueError, match="roles have no field color: there are name, roles"):
        eve.show("roles", color="red")


def test_many_rows_come_in_pages(server):
    with client(server, "cora") as cora:
        before = len(cora.show("decisions"))
        for number in range(ENTRIES_MAX):
            cora.act(RefuseAccess(name=f"applicant {number}", standard_id="FAIR-1"), "many")
        rows = cora.show("decisions")

    assert list(range(1, before + ENTRIES_MAX + 1)) == [row.seq for row in rows]
    assert before


def test_a_refusal_is_an_answer(server):
    with client(server, "eve") as eve:
        answer = eve.act(AddAsset(asset="EURC", kind="cash"), "not his job")

    assert (False, "NOT_PERMITTED") == (answer.accepted, answer.code)


def test_where_nobody_listens_cannot_be_connected_to(server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotConnect, match="Connection refused"):
            AdminClient(address, name="ada", key=KEYS["ada"]).connect()


def test_a_wrong_key_cannot_connect(server):
    host, port = server.admin_address

    with pytest.raises(CannotConnect, match="logon refused"):
        AdminClient(f"{host}:{port}", name="ada", key=KEYS["otto"]).connect()


def test_another_venue_is_not_spoken_to(server):
    with pytest.raises(CannotConnect, match="is venue OPS, not MINE"):
        client(server, "ada", venue="MINE").connect()


def test_the_trading_listener_lets_no_operator_in(server):
    host, port = server.address

    with pytest.raises(CannotConnect):
        AdminClient(f"{host}:{port}", name="ada", key=KEYS["ada"]).connect()


def test_a_connection_that_ends_before_the_answer_says_so():
    def venue(listener):
        peer, _ = listener.accept()
        with peer:
            peer.sendall(frame(encode(Challenge(0, 0, 0, bytes(32), "OPS", VERSION))))
            peer.recv(4096)
            peer.sendall(frame(encode(Logon(0, 0, 0, "OPS", "eve", 0, False, 1, False, False, VERSION, b""))))
            peer.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=venue, args=(listener,))
        thread.start()
        with AdminClient(f"127.0.0.1:{listener.getsockname()[1]}", name="eve", key=KEYS["eve"]) as eve:
            with pytest.raises(AnswerLost, match="the venue closed the connection"):
                eve.show("assets")
            thread.join()


def test_whose_roles_are_taken_hears_it_at_his_next_request():
    with operated(config()) as server, client(server, "ada") as ada, client(server, "eve") as eve:
        assert "DONE" == ada.act(RevokeRole(name="eve"), "left").code

        with pytest.raises(AnswerLost, match="the roles of this person were taken"):
            eve.show("assets")
        with pytest.raises(AnswerLost, match="not connected"):
            eve.show("assets")


def test_a_venue_that_closes_says_so():
    with operated(config()) as server:
        eve = client(server, "eve")
        eve.connect()

    with pytest.raises(AnswerLost, match="the venue is closing"):
        eve.show("assets")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_under_tls_the_logon_is_bound_to_the_certificate(tmp_path):
    cert, key = tmp_path / "venue.crt", tmp_path / "venue.key"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    call = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", *subject]
    subprocess.run([*call, "-keyout", key, "-out", cert], check=True, capture_output=True)
    with operated(config(gateway=f'tls_cert = "{cert}"\ntls_key = "{key}"')) as server:
        with client(server, "ada", tls=cert) as ada:
            assert "DONE" == ada.act(AddAsset(asset="USDC", kind="cash"), "first").code
        with pytest.raises(CannotConnect):
            client(server, "ada", timeout=0.5).connect()


def test_a_person_of_one_role_does_not_do_anothers_work(server):
    onboard = Onboard(
        subscriber="beta", legal_name="Beta", type="retail", kyc_tier=1, kyc_until_ns=2**63 - 1, jurisdictions=("US",), us_person=True,
        standard_id="FAIR-1",
    )  # fmt: skip
    with client(server, "tess") as tess, client(server, "cora") as cora:
        assert ["NOT_PERMITTED", "DONE"] == [tess.act(onboard, "x").code, cora.act(onboard, "x").code]
