"""The errors of the client: the few things that are not values.

A venue's refusal of an order is a value on the order.  What is raised is a mistake that can be seen before anything is sent (`ValueError`,
`TypeError`), a connection that cannot be had, or an answer that did not come.
"""


class ClientError(Exception):
    """Anything that this client raises beside ValueError, TypeError and TimeoutError."""


class NotLoggedOn(ClientError, ConnectionError):
    """The request was not sent, because the session has no connection just now; it is not kept for later."""


class LogonRefused(ClientError, ConnectionError):
    """The venue refused the logon and another try would be refused too; `code` is its LogoutCode."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"logon refused ({code}): {text}")
        self.code = code


class SessionBroken(ClientError, ConnectionError):
    """The two sides' sequence numbers cannot be brought together, or the venue broke the protocol: nothing more is sent."""


class RequestLost(ClientError):
    """Another connection of the same session used this request's number: whether the venue took it is not known."""


class RequestRefused(ClientError):
    """The venue cannot answer a question (an instrument, book or position that it does not have, or that is not yours)."""


class TooManyInFlight(ClientError):
    """As many requests as allowed wait for their answer; `drain()` waits until there is room."""


class EventsLost(ClientError):
    """A reader of `events()` fell so far behind that its queue was full; the stream ended there."""
