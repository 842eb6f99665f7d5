"""A client for the length of one command, with errors that say what to do about them."""

from collections.abc import Iterator
from contextlib import contextmanager

from engine.cli.access import Access
from engine.cli.output import wrong
from engine.client import Client, ClientError, LogonRefused, NotLoggedOn


@contextmanager
def connected(access: Access) -> Iterator[Client]:
    """Give a client that is logged on; ends the program with exit code 2 where that, or a value given to it, is wrong."""
    try:
        with Client(access.address, **access.options()) as client:
            yield client
    except LogonRefused as error:
        wrong(f"{access.address}: {error}.  Is {access.name} a subscriber there with the key {access.key}, and not logged on elsewhere?")
    except NotLoggedOn as error:
        wrong(f"{error}.  Is a venue running there?  `ats serve` starts one")
    except TimeoutError:
        wrong(f"{access.address}: no answer in time")
    except (ClientError, OSError, ValueError, TypeError) as error:
        wrong(str(error))
