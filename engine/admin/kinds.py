"""What the values of rows are, so that a terminal can show them as people read them."""

from typing import Annotated

from msgspec import Meta, Struct

Px = Annotated[int, Meta(description="price")]
Units = Annotated[int, Meta(description="amount, signed")]
Time = Annotated[int, Meta(description="time")]


class Row(Struct, frozen=True, kw_only=True):
    """A row."""
