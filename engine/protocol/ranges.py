"""What the elements of a message may be: every integer has a range, every text a length."""

from typing import Annotated

from msgspec import Meta

MAX_INT = 2**63 - 1
MAX_PRICE = 2**53 - 1
MAX_QTY = 2**53 - 1

U8 = Annotated[int, Meta(ge=0, le=2**8 - 1)]
U16 = Annotated[int, Meta(ge=0, le=2**16 - 1)]
U32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
U63 = Annotated[int, Meta(ge=0, le=MAX_INT)]
I32 = Annotated[int, Meta(ge=-(2**31 - 1), le=2**31 - 1)]
I64 = Annotated[int, Meta(ge=-MAX_INT, le=MAX_INT)]
Price = Annotated[int, Meta(ge=0, le=MAX_PRICE)]
Qty = Annotated[int, Meta(ge=0, le=MAX_QTY)]
Name = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._:-]+\Z")]
Word = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=256)]
