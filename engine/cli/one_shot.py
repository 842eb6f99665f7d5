"""A client for the length of one command, with errors that say what to do about them."""

from collections.abc import Iterator
from contextlib import contextmanager

from engine.cli.access import Access
from engine.cli.output import wrong
from engine.client import Client, ClientError, Events, LogonRefused, NotLoggedOn


@contextmanager
def connected(access: Access) -> Iterator[Client]:
    """Give a client that is logged on; ends the program with exit code 2 where that, or a value given to it, is wrong."""
    with _teaching(access), Client(access.address, **access.options()) as client:
        yield client


@contextmanager
def replayed(access: Access) -> Iterator[Events]:
    """Give the session's events from its first report on; ends the program as `connected` does."""
    with _teaching(access):
        client = Client(access.address, **access.options() | {"resume": "all"})
        events = client.events()
        with client:
            yield events


@contextmanager
def _teaching(access: Access) -> Iterator[None]:
    try:
        yield
    except LogonRefused as error:
        wrong(f"{access.address}: {error}.  Is {access.name} a session there with the key {access.key}, and not logged on elsewhere?")
    except NotLoggedOn as error:
        wrong(f"{error}.  Is a venue running there?  `ats serve` starts one")
    except TimeoutError:
        wrong(f"{access.address}: no answer in time")
    except (ClientError, OSError, ValueError, TypeError) as error:
        wrong(str(error))
