"""The executions that the sessions of a load were told of, each side by itself."""

from typing import final

@final
class Executions:
    """What all sessions of a load were told of executions."""

    def __len__(self) -> int: ...
    def matched(self, *, alone: bool) -> tuple[int, int, tuple[int, int, str] | None]:
        """Put the sides together and return (matches, of these with somebody else, a fault or None).

        With `alone` there is nobody else, and each match must have both its sides.  A fault is (session, report, what is wrong).
        """
