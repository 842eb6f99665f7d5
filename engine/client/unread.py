"""Which reports a reader of events has not done with: it has done with one when it asks for the next event.

Written by the connection's thread and read by the program's: every step is one operation of a deque.
"""

from collections import deque

from engine.client.events import Event


class Unread:
    """The numbers of the reports that wait in a stream or are in the reader's hands, oldest first."""

    def __init__(self) -> None:
        self._numbers: deque[int] = deque()
        self._in_hand = False

    @property
    def first(self) -> int:
        """Number of the oldest of them, 0 where there is none."""
        try:
            return self._numbers[0]
        except IndexError:
            return 0

    def put(self, event: Event) -> None:
        """Note an event that begins to wait."""
        if seq := _number(event):
            self._numbers.append(seq)

    def asked(self) -> None:
        """Note that the reader wants the next event, and so has done with the last."""
        if self._in_hand:
            self._in_hand = False
            self._numbers.popleft()

    def given(self, event: Event) -> None:
        """Note that the reader has an event now."""
        self._in_hand = _number(event) != 0


def _number(event: Event) -> int:
    return getattr(event, "seq", 0)
