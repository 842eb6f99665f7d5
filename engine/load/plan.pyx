"""What a session of a load will ask: requests drawn from a mix, and their frames.

A request costs eight random bytes, which are given, so a plan is a function of its arguments; from them come, by integer arithmetic, what
it is, for which side, how far from the market, how much, and of which order.  A plan cannot know what will have traded when a request
arrives: it takes an order for open until it cancels it, and never has more than MOST_OPEN of these, so neither has the venue.

Worst case: 24 bytes a request, 8 for its place, and its frame of up to MOST_BYTES.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from engine.matching.types cimport CMD_CANCEL, CMD_ENTER, CMD_REPLACE, ORD_LIMIT, SIDE_BUY, SIDE_SELL, TIF_GTC, TIF_IOC

from typing import NamedTuple

cdef enum:
    MIX_REST = 0
    MIX_TRADE = 1
    MIX_MARKET = 2
    MIX_REPLACE = 3

    MOST_OPEN = 200             # orders of a session, in its plan
    AWAY = 10                   # ticks from the middle that an order keeps which is not to trade,
    LEVELS = 50                 # and over how many it may be spread
    NEAR = 20                   # ticks from the middle within which a market's orders are
    MOST_STEPS = 10             # quantity of an order, in steps

    WORD = 8                    # random bytes of a request
    MOST_BYTES = 96             # longest frame, and what put_uint may overwrite behind it

MIXES = {"rest": MIX_REST, "trade": MIX_TRADE, "market": MIX_MARKET, "replace": MIX_REPLACE}
RANDOM_BYTES = WORD
OPEN_MAX = MOST_OPEN
STEPS_MAX = MOST_STEPS
REACH_TICKS = AWAY + LEVELS


class PlannedRequest(NamedTuple):
    """One request: prices in 1e-4 of the quote unit, quantities in 1e-6 of a token; `names` is an index in the plan, -1 of a new order."""

    kind: int
    side: int
    tif: int
    price: int
    qty: int
    names: int


cdef struct Draw:               # the state of a drawing
    Request* requests
    uint32_t at                 # the request to draw next
    uint64_t word               # its random bits
    int64_t middle
    int64_t tick
    int64_t step
    uint8_t side                # of a mix that has one side
    uint32_t open_count
    uint32_t[MOST_OPEN] open    # requests whose ids the open orders have


@cython.final
cdef class Plan:
    """The requests of one session, one for every RANDOM_BYTES of `randomness`, and once `encode` was called their frames.

    `mix` is one of MIXES, `side` that of a `trade`; prices are multiples of `tick` around `middle`, which must be REACH_TICKS above 0, and
    quantities multiples of `step`.  ValueError for what makes no plan.
    """

    def __cinit__(self, str mix not None, const unsigned char[::1] randomness not None, *, uint8_t side, int64_t middle, int64_t tick,
                  int64_t step):
        cdef Draw draw
        cdef int number = MIXES.get(mix, -1)
        cdef uint32_t i
        if number < 0:
            raise ValueError(f"mix {mix!r} is none of {', '.join(MIXES)}")
        if tick <= 0 or step <= 0 or middle % tick != 0 or middle // tick <= AWAY + LEVELS:
            raise ValueError(f"prices around {middle} by {tick}, quantities by {step}: there must be room for {AWAY + LEVELS} ticks below")
        if side != SIDE_BUY and side != SIDE_SELL:
            raise ValueError(f"side {side} is neither a buy nor a sell")
        self.count = <uint32_t> (randomness.shape[0] // WORD)
        self.requests = <Request*> calloc(self.count + 1, sizeof(Request))
        self.ends = <uint64_t*> calloc(self.count + 1, sizeof(uint64_t))
        if self.requests == NULL or self.ends == NULL:
            raise MemoryError("no memory for the requests")
        self.frames = bytearray()
        draw.requests = self.requests
        draw.middle = middle
        draw.tick = tick
        draw.step = step
        draw.side = side
        draw.open_count = 0
        for i in range(self.count):
            draw.at = i
            draw.word = load_64(&randomness[<size_t> i * WORD])
            draw_one(&draw, number)

    def __dealloc__(self):
        free(self.requests)
        free(self.ends)

    def __len__(self):
        return self.count

    def __getitem__(self, uint32_t index):
        if index >= self.count:
            raise IndexError(f"there are {self.count} requests")
        cdef const Request* request = &self.requests[index]
        names = -1 if request.kind == CMD_ENTER else request.names
        return PlannedRequest(request.kind, request.side, request.tif, request.price, request.qty, names)

    def __iter__(self):
        return (self[place] for place in range(self.count))

    def encode(self, *, uint64_t seq, uint64_t cl_ord_id, uint32_t account, uint32_t instrument, int64_t ts_ns):
        """Write the frames: numbers and ids count up from those given, and every request bears the same time."""
        cdef unsigned char* out
        cdef unsigned char* at
        cdef uint32_t i
        self.first_seq = seq
        self.first_cl_ord_id = cl_ord_id
        self.account = account
        self.instrument = instrument
        self.frames = bytearray(self.count * <size_t> MOST_BYTES + MOST_BYTES)
        out = at = self.frames
        for i in range(self.count):
            at = self.put_request(at, i, ts_ns)
            self.ends[i] = at - out
        del self.frames[at - out:]

    cdef unsigned char* put_request(self, unsigned char* at, uint32_t index, int64_t ts_ns) noexcept:
        """Write one frame and return the place behind it."""
        cdef const Request* request = &self.requests[index]
        cdef unsigned char* frame = at
        cdef uint32_t size
        cdef uint32_t i
        if request.kind == CMD_ENTER:
            at[4] = 0xdc                # an array of 20
            at[5] = 0
            at[6] = 20
            at += 7
        else:
            at[4] = 0x90 | (9 if request.kind == CMD_CANCEL else 12)
            at += 5
        at = put_uint(at, request.kind)
        at = put_uint(at, self.first_seq + index)
        at = put_uint(at, ts_ns)
        at = put_uint(at, 0)
        at = put_uint(at, self.first_cl_ord_id + index)
        if request.kind == CMD_ENTER:
            at = put_uint(at, self.account)
            at = put_uint(at, self.instrument)
            at = put_uint(at, request.side)
            at = put_uint(at, ORD_LIMIT)
            at = put_uint(at, request.tif)
            at = put_uint(at, request.price)
            at = put_uint(at, request.qty)
            for i in range(8):          # nothing of what an order can ask for beyond that
                at[i] = 0
            at += 8
        else:
            at = put_uint(at, self.first_cl_ord_id + request.names)
            at = put_uint(at, 0)
            at = put_uint(at, self.instrument)
            at = put_uint(at, request.side)
            if request.kind == CMD_REPLACE:
                at = put_uint(at, request.price)
                at = put_uint(at, request.qty)
                at = put_uint(at, 0)
        size = at - frame - 4
        frame[0] = size & 0xff
        frame[1] = size >> 8
        frame[2] = 0
        frame[3] = 0
        return at

    def end_of(self, uint32_t count):
        """Return where the frames of the first `count` requests end."""
        return self.ends[count - 1] if 0 < count <= self.count else 0

    def requests_in(self, uint64_t size):
        """Return how many requests are whole in the first `size` bytes of the frames."""
        cdef uint32_t low = 0
        cdef uint32_t high = self.count
        cdef uint32_t middle
        while low < high:
            middle = low + (high - low) // 2
            if self.ends[middle] <= size:
                low = middle + 1
            else:
                high = middle
        return low

    def sums(self, *, uint8_t side):
        """Return the quantity that all orders and replaces of a side ask for, and the highest price of one."""
        cdef int64_t qty = 0
        cdef int64_t price = 0
        cdef uint32_t i
        for i in range(self.count):
            if self.requests[i].side == side and self.requests[i].kind != CMD_CANCEL:
                qty += self.requests[i].qty
                price = max(price, self.requests[i].price)
        return qty, price


cdef inline void draw_one(Draw* draw, int mix) noexcept nogil:
    """Draw the request at `draw.at`."""
    cdef uint32_t share = below(draw.word, 100)
    if mix == MIX_REST:
        if draw.open_count == 0:
            enter(draw, SIDE_BUY, away(draw), TIF_GTC)
        else:
            cancel(draw)
    elif mix == MIX_TRADE:
        put(draw, CMD_ENTER, draw.side, TIF_GTC, draw.middle, 0)
    elif mix == MIX_MARKET:
        draw_market(draw, share)
    elif draw.open_count == 0 or (share >= 90 and draw.open_count < LEVELS):
        enter(draw, SIDE_BUY, away(draw), TIF_GTC)
    elif share >= 80:
        cancel(draw)
    else:
        replace(draw, away(draw))


cdef inline void draw_market(Draw* draw, uint32_t share) noexcept nogil:
    """Let one in ten cross, and of the others about every second enter an order near the touch."""
    cdef uint8_t side = SIDE_BUY if draw.word >> 16 & 1 else SIDE_SELL
    cdef int64_t ticks = 1 + below(draw.word >> 17, NEAR)
    cdef int64_t away_from = ticks * draw.tick if side == SIDE_SELL else -ticks * draw.tick
    if share >= 90:
        put(draw, CMD_ENTER, side, TIF_IOC, draw.middle - away_from, 0)
    elif draw.open_count == 0 or (share >= 41 and draw.open_count < MOST_OPEN):
        enter(draw, side, draw.middle + away_from, TIF_GTC)
    else:
        cancel(draw)


cdef inline void enter(Draw* draw, uint8_t side, int64_t price, uint8_t tif) noexcept nogil:
    put(draw, CMD_ENTER, side, tif, price, 0)
    draw.open[draw.open_count] = draw.at
    draw.open_count += 1


cdef inline void cancel(Draw* draw) noexcept nogil:
    cdef uint32_t place = below(draw.word >> 48, draw.open_count)
    cdef uint32_t names = draw.open[place]
    draw.open_count -= 1
    draw.open[place] = draw.open[draw.open_count]
    put(draw, CMD_CANCEL, draw.requests[names].side, 0, 0, names)


cdef inline void replace(Draw* draw, int64_t price) noexcept nogil:
    cdef uint32_t place = below(draw.word >> 48, draw.open_count)
    cdef uint32_t names = draw.open[place]
    put(draw, CMD_REPLACE, draw.requests[names].side, 0, price, names)
    draw.open[place] = draw.at


cdef inline void put(Draw* draw, uint8_t kind, uint8_t side, uint8_t tif, int64_t price, uint32_t names) noexcept nogil:
    cdef Request* request = &draw.requests[draw.at]
    request.kind = kind
    request.side = side
    request.tif = tif
    request.price = price
    request.qty = 0 if kind == CMD_CANCEL else (1 + below(draw.word >> 32, MOST_STEPS)) * draw.step
    request.names = names


cdef inline int64_t away(const Draw* draw) noexcept nogil:
    """Give a buyer's price at which nothing trades."""
    return draw.middle - (AWAY + below(draw.word >> 16, LEVELS)) * draw.tick


cdef inline uint32_t below(uint64_t bits, uint32_t limit) noexcept nogil:
    """Map the lowest 16 bits onto 0 to `limit` - 1."""
    return <uint32_t> ((bits & 0xffff) * limit >> 16)


cdef inline unsigned char* put_uint(unsigned char* at, uint64_t value) noexcept nogil:
    """Write an integer in its fewest bytes and return the place behind it; up to nine bytes are overwritten."""
    cdef uint32_t width
    cdef uint32_t i
    if value < 0x80:
        at[0] = <unsigned char> value
        return at + 1
    width = (value >> 8 != 0) + (value >> 16 != 0) + (value >> 32 != 0)
    at[0] = 0xcc + width
    width = <uint32_t> 1 << width
    value <<= 64 - 8 * width
    for i in range(8):
        at[1 + i] = value >> (56 - 8 * i) & 0xff
    return at + 1 + width


cdef inline uint64_t load_64(const unsigned char* at) noexcept nogil:
    cdef uint64_t value = 0
    cdef uint32_t i
    for i in range(8):
        value |= <uint64_t> at[i] << 8 * i
    return value
