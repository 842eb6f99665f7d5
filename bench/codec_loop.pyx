"""The codec as the gateway runs it: requests of one read in, reports of one write out, no Python object between them."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from engine.matching.types cimport EXEC_NEW, Command, Event
from engine.protocol.codec cimport DECODE_OK, MAX_REPORT, decode_command, encode_report
from engine.venue.state cimport Detail


def decode_all(bytes stream not None) -> int:
    """Decode every frame of a stream and return how many held a hot request."""
    cdef const unsigned char* at = stream
    cdef const unsigned char* end = at + len(stream)
    cdef Command command
    cdef uint8_t flags
    cdef uint64_t taken = 0
    with nogil:
        while at < end:
            taken += decode_command(at + 4, length(at), &command, &flags) == DECODE_OK
            at += 4 + length(at)
    return taken


def accept_all(bytes stream not None, int64_t ts_ns, bytearray reports not None) -> int:
    """Decode every NewOrder of a stream, write the report that accepts it to `reports` and return the bytes written.

    `reports` has MAX_REPORT bytes for each frame.
    """
    cdef const unsigned char* at = stream
    cdef const unsigned char* end = at + len(stream)
    cdef unsigned char* out = reports
    cdef unsigned char* start = out
    cdef Command command
    cdef Event event
    cdef Detail detail
    cdef uint8_t flags
    cdef uint64_t seq = 0
    memset(&event, 0, sizeof(Event))
    memset(&detail, 0, sizeof(Detail))
    with nogil:
        while at < end:
            if decode_command(at + 4, length(at), &command, &flags) == DECODE_OK:
                seq += 1
                accept(&command, seq, &event)
                out += encode_report(&event, &detail, seq, ts_ns, 0, out)
            at += 4 + length(at)
    return out - start


def room_for(uint64_t frames) -> bytearray:
    """Return a buffer for the reports of so many frames."""
    return bytearray(frames * MAX_REPORT)


cdef inline void accept(const Command* command, uint64_t seq, Event* event) noexcept nogil:
    event.exec_id = seq
    event.order_id = (seq << 24) | 1
    event.cl_ord_id = command.cl_ord_id
    event.price = command.price
    event.order_qty = command.qty
    event.leaves_qty = command.qty
    event.account = command.account
    event.instrument = command.instrument
    event.exec_type = EXEC_NEW
    event.side = command.side


cdef inline uint32_t length(const unsigned char* frame) noexcept nogil:
    return frame[0] | <uint32_t>frame[1] << 8 | <uint32_t>frame[2] << 16 | <uint32_t>frame[3] << 24
