"""The group of commands behind `ats`: names, help, exit codes."""

from importlib import import_module

import click

import engine

# In the order of a first day with the program: where a command is, imported when it is called for, and what `ats --help` says of it.
COMMANDS = {
    "demo": ("engine.cli.demo:command", "Show a venue at work, with simulated subscribers."),
    "init": ("engine.cli.init:command", "Write a venue's configuration and keys."),
    "serve": ("engine.cli.serve:command", "Run a venue."),
    "status": ("engine.cli.status:command", "Show a running venue and how its instruments stand."),
    "book": ("engine.cli.queries:book", "Show the book of an instrument."),
    "buy": ("engine.cli.orders:buy", "Buy tokens: ats buy AAPLx 10 @ 167.52"),
    "sell": ("engine.cli.orders:sell", "Sell tokens: ats sell AAPLx 10 @ 167.52"),
    "cancel": ("engine.cli.orders:cancel", "Cancel open orders."),
    "orders": ("engine.cli.queries:orders", "List your open orders."),
    "balances": ("engine.cli.money:balances", "Show what an account has."),
    "fills": ("engine.cli.money:fills", "List your executions, with fees."),
    "admin": ("engine.cli.admin:command", "Act on a venue as one of its operators."),
    "attest": ("engine.cli.attest:command", "Sign an attestation of reserves, far from any venue."),
    "journal": ("engine.cli.journal:command", "Verify, inspect, copy, follow, export and replay a venue's journal."),
    "replay-itch": ("engine.cli.replay_itch:command", "Send real ITCH order flow to a venue over TCP."),
    "load": ("engine.cli.load:command", "Measure a venue under load, and check every report."),
    "flow": ("engine.cli.flow:command", "Run a workload file through the order book."),
}


class Program(click.Group):
    """A group that knows its commands' names and loads each one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command), f"{module} has no command {attribute}"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(engine.__version__, prog_name="ats")
def main() -> None:
    """An alternative trading system for stock tokens: a venue, and the tools to trade on it.

    Start with `ats demo`.  Results go to stdout, everything else to stderr.  Exit code 0: done; 1: done, but the answer is no
    (an order was rejected, a check failed); 2: the call itself was wrong or the venue could not be reached; 70: the journal is corrupt or
    has stopped.
    """
