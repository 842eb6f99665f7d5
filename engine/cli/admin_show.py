"""`ats admin show`: the venue's registers as tables, or as JSON."""

import json
import re
from typing import Any

import click
from msgspec.structs import fields

from engine.admin.messages import What
from engine.admin.rows import REGISTERS, ROWS
from engine.cli.access import Access
from engine.cli.admin_access import admin_options, operating
from engine.cli.admin_values import KINDS, spoken, to_people, type_of
from engine.cli.output import columns, json_option, show, table, wrong
from engine.config.units import ConfigError

# Tables tell times to the second.
TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z$")
# What a table shows of each register, and on which side a cell stands; --json shows everything.
COLUMNS: dict[What, str] = {
    "calendar": "<ts <what <of <told",
    "changes": ">seq <ts <instrument <before <status <cause <until <then <actor",
    "auctions": ">seq <ts <instrument <outcome >price >qty >imbalance >extensions",
    "claims": "<instrument >account >qty >price <ts >journal <paid",
    "attestors": "<name <public_key",
    "attestations": ">seq <ts <instrument <attestor <custodian >shares >in_transit <as_of <valid_until",
    "reserves": "<instrument <state >issued >attested <as_of <valid_until >authorised <breach <attestors",
    "reserve-changes": ">seq <ts <instrument <state >issued >attested <as_of",
    "mints": "<external_id <instrument >account >qty <state <ts >journal",
    "redeems": "<external_id <instrument >account >qty <state <ts >journal",
    "assets": ">number <asset <kind <name <listed",
    "instruments": "<symbol <status <cause <since <session >reference <quality >low >high >traded_day <killed",
    "subscribers": "<name <type <jurisdictions <kyc_until <sanctioned <killed >open_orders >gross_open >gross_day",
    "accounts": ">number <subscriber >tier <stp_mode <approved <holds <killed",
    "balances": ">account <owner <asset >available >held >frozen >pending_in >pending_out",
    "sessions": ">number <name <subscriber <accounts <open <connected >next_in >next_out",
    "deposits": "<external_id >account <asset >amount <state <ts >journal",
    "withdrawals": "<external_id >account <asset >amount <state <clear <destination <ts >journal",
    "holds": "<hold_id >account <frozen <authority <reference <review <placed <lifted",
    "proposals": ">number <state <what <actor <reason <decided_by <ts",
    "decisions": ">seq <ts <subject <decision <standard_id <reason <actor",
    "trades": ">match_id <ts <instrument >price >qty <maker_side >maker_account >taker_account >maker_fee >taker_fee",
    "journal": ">seq <ts <cause <external_id <lines",
    "roles": "<name <roles >connections <public_key",
    "conservation": (
        "<asset >available >held >frozen >pending_in >pending_out >custody >issuance >fees >rounding >ca_payable >suspense >total"
    ),
}

# The board has more to say than a line has room for: what belongs together stands together.
BOARD = ("<symbol", "<status", "<cause", "<since", "<until", "<then", "<indicative", "<reference", "<reserve")


@click.command("show")
@click.argument("what", type=click.Choice(REGISTERS))
@click.argument("wanted", metavar="[FIELD=VALUE]...", nargs=-1)
@admin_options
@json_option
def command(what: What, wanted: tuple[str, ...], *, access: Access, as_json: bool) -> None:
    """Show a register of the venue: the rows whose FIELDs have these VALUEs, oldest first.

    For example: ats admin show proposals state=open.  Everybody with a role may look.  --json shows every field.
    """
    wishes = dict(_wish(what, text) for text in wanted)
    with operating(access) as client:
        found = client.show(what, **wishes)
    shown = [to_people(row, type(row)) for row in found]
    if what == "venue":
        show(shown[0], table([(name.replace("_", " "), _cell(value)) for name, value in shown[0].items()]), as_json=as_json)
        return
    sides = COLUMNS[what].split() if what != "board" else []
    text = columns(
        tuple(side[0] + side[1:].replace("_", " ") for side in sides) or BOARD,
        [tuple(_cell(row[side[1:]]) for side in sides) or _on_board(row) for row in shown],
    )
    show({what: shown}, text if shown else f"no {what}", as_json=as_json)


def _wish(what: What, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    known = {spoken(field.name): field.name for field in fields(ROWS[what])}
    if not equals or name not in known:
        wrong(f"{text!r} is not FIELD=VALUE: {what} have {', '.join(known)}")
    kind = KINDS.get(type_of(ROWS[what], known[name]))
    try:
        return known[name], value if kind is None else str(kind.parse(name, value))
    except ConfigError as error:
        wrong(str(error))


def _on_board(row: dict[str, Any]) -> tuple[str, ...]:
    """Write a row of the board: an auction as quantity, price and imbalance (below 0: sold more), a reserve as issued of attested."""
    auction = f"{row['indicative_qty']} at {row['indicative_px']}" + (f" ({row['imbalance']})" if row["imbalance"] != "0" else "")
    return (
        *(_cell(row[name]) for name in ("symbol", "status", "cause", "since")),
        _cell(row["until"] if row["until"] != "none" else row["expected_resume"]),
        _cell(row["then"]),
        auction if row["indicative_qty"] != "0" else "-",
        f"{row['reference']} {row['quality']}" if row["quality"] != "none" else "-",
        f"{row['reserve']}, {row['issued']} of {row['attested']}" if row["reserve"] else "-",
    )


def _cell(value: Any) -> str:
    match value:
        case None | "" | [] | "none":
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_cell, value))
        case dict():
            return " ".join(map(_cell, value.values()))
        case str():
            return TIME.sub(r"\1Z", value)
        case _:
            return json.dumps(value)
