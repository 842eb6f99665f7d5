"""`ats admin`: every act of an operator, one command each, and what the venue's registers say."""

from collections.abc import Mapping
from typing import Any

import click

from engine.admin.messages import Answer
from engine.cli.access import Access, venue_option
from engine.cli.admin_access import admin_options, operating
from engine.cli.admin_options import built, parameters, told
from engine.cli.admin_show import command as show_command
from engine.cli.output import fail, json_option, show, wrong
from engine.cli.venue_folder import KEYS, make_keys
from engine.venue.acts import ACTS, Approve, BaseAct, Found

PROPOSED = 4
# What is told of an outcome's numbers beside its text.
NUMBERS = ("journal", "canceled")
TOPICS = {
    "market": "engine.venue.market_acts",
    "issuance": "engine.venue.issuance_acts",
    "subscribers": "engine.venue.party_acts",
    "money": "engine.venue.money_acts",
    "persons": "engine.venue.acts",
}
# Acts that say their reason themselves.
OWN_REASONS: dict[type[BaseAct], str] = {Approve: "agreed", Found: "the venue is set up"}


def tag(act: type[BaseAct]) -> str:
    """Return an act's name, which is its command's."""
    return str(act.__struct_config__.tag)


BY_NAME = {tag(act): act for act in ACTS}


class AdminGroup(click.Group):
    """The acts, made into commands when they are called for, beside `show` and `key`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*BY_NAME, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        return act_command(BY_NAME[cmd_name]) if cmd_name in BY_NAME else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names by topic; each command's own help says what it does."""
        with formatter.section("Commands"):
            rows = [
                (topic, ", ".join(name for name, act in BY_NAME.items() if act.__module__ == module)) for topic, module in TOPICS.items()
            ]
            formatter.write_dl([*rows, ("other", ", ".join(super().list_commands(ctx)))])


def act_command(act: type[BaseAct]) -> click.Command:
    """Return the command of an act."""

    @admin_options
    @json_option
    def call(*, reason: str | None, dry_run: bool, access: Access, as_json: bool, **given: Any) -> None:
        asked = built(act, given)
        with operating(access) as client:
            answer = client.act(asked, reason or OWN_REASONS.get(act, ""), dry_run=dry_run)
        _tell(answer, dry_run=dry_run, as_json=as_json)

    own_reason = OWN_REASONS.get(act)
    common = [
        click.Option(
            ["--reason"],
            required=own_reason is None,
            metavar="TEXT",
            help="Why; it goes into the log." if own_reason is None else f"Why; “{own_reason}” without it.",
        ),
        click.Option(["--dry-run"], is_flag=True, help="Say what would become of it, and change nothing."),
    ]
    command = click.command(tag(act), help=told(act))(call)
    command.params = [*parameters(act), *common, *command.params]
    return command


@click.group("admin", cls=AdminGroup)
def command() -> None:
    """Act on a running venue as one of its persons, known by his key.

    For example: ats admin set-status --instrument AAPLx --status halted --cause surveillance --reason "prints far off" --as anna.  Amounts
    and prices are decimals, rates basis points, times ISO 8601.  Exit code 0: done; 1: refused; 2: the call was wrong; 3: the venue could
    not be reached; 4: proposed, and another person must `ats admin approve` it.
    """


command.add_command(show_command)


@command.command("key")
@click.argument("name")
@venue_option
@json_option
def key(name: str, venue: Any, *, as_json: bool) -> None:
    """Make the key of a person or a session, DIR/keys/NAME.pem, and print its public half.

    A key that is there is kept.  Nobody else needs the file: the venue is told the public half.
    """
    try:
        ((_, public),) = make_keys(venue, [name])
    except (OSError, ValueError) as error:
        wrong(str(error))
    show({"name": name, "public_key": public, "file": str(venue / KEYS / f"{name}.pem")}, public, as_json=as_json)


def _tell(answer: Answer, *, dry_run: bool, as_json: bool) -> None:
    outcome: Mapping[str, Any] = {
        "accepted": answer.accepted,
        "code": answer.code,
        "text": answer.text,
        "data": answer.data,
        "proposal": answer.proposal,
    }
    if as_json or answer.accepted:
        show(dict(outcome), _sentence(answer, dry_run=dry_run), as_json=as_json)
    if not answer.accepted:
        if as_json:
            raise SystemExit(1)
        fail(f"refused, {answer.code}: {answer.text}")
    if answer.code == "PROPOSED" and not dry_run:
        raise SystemExit(PROPOSED)


def _sentence(answer: Answer, *, dry_run: bool) -> str:
    said = answer.text.split()
    numbers = ", ".join(f"{name} {answer.data[name]}" for name in NUMBERS if answer.data.get(name) and str(answer.data[name]) not in said)
    if dry_run:
        return f"dry run: {answer.text}"
    if answer.code == "PROPOSED":
        return f"{answer.text}: ats admin approve {answer.proposal}"
    word = {"DONE": "done", "ALREADY": "done before"}.get(answer.code, answer.code)
    return word + (f": {answer.text}" if answer.text else "") + (f" ({numbers})" if numbers else "")
