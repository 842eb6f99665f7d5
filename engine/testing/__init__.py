"""What the project tests its own book with, for users to test theirs: an oracle, drawn books, Hypothesis strategies.

- `oracle`: an independent book in plain Python with the face of `OrderBook`: it matches, collects, holds auctions and keeps stops.
- `drawing`: books as text; `play`: scripts of actions with the events that they must produce, between drawings.
- `commands`: commands as tuples, `apply` for any book, `pack` for the records of the log.
- `venue_drawing`: scripts of a whole venue, with its office: orders, acts and what everybody has then.
- `venue_oracle`: an independent venue with the face of `Venue`; `venue_play`: steps, hot and cold, for any venue.
- `strategies`: Hypothesis strategies for instruments, orders and command streams; `venue_strategies`: for whole lives of a venue.

A law of one's own about the book, or a book of one's own against the oracle:

    @given(streams())
    def test_my_book_is_the_venues(stream):
        world, commands = stream
        mine, oracle = world.open(MyBook), world.open(Oracle)
        for command in commands:
            assert apply(oracle, command) == apply(mine, command)

`oracle` needs sortedcontainers, `strategies` needs hypothesis; nothing here imports the compiled core.
"""
