"""The hot messages between their bytes and the records of the core: no Python object, no copy, no allocation.

The bytes are those of the Structs in `messages.py`: what msgspec encodes this decodes, and the other way round; a property test holds the
two equal.  Whatever is not one of the four hot requests, or breaks their rules, is left to msgspec, which says why.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.matching.types cimport Command, Event
from engine.venue.state cimport Detail

cdef enum:
    DECODE_OK = 0
    DECODE_NOT_HOT = 1      # another type, known or not
    DECODE_BAD = 2          # not a message, or a hot one that breaks a rule of its Struct

    MAX_REPORT = 256        # room that `encode_report` needs at `out`; the longest frame has 169 bytes

    FLAG_POSS_DUP = 1       # of a message: sent before under the same number

# Fill `command` and `flags` from a payload (a frame without its length).  On DECODE_OK every field is set, session, ts_ns and stp_group
# to 0: they are for the gateway and the sequencer to say.  INST_CASH is set where the order is for an amount of cash, which `qty` then is,
# and nowhere else.  On anything but DECODE_OK the contents are undefined.
cdef int decode_command(const unsigned char* payload, uint32_t length, Command* command, uint8_t* flags) noexcept nogil

# Write the frame (length prefix included) that reports `event` and its `detail` and return its size: a CancelReject, MassCancelReport or
# ExecutionReport as exec_type says.  `flags` < 128; no number but the fee is negative.  Bytes behind the frame, up to MAX_REPORT, may be
# overwritten.
cdef uint32_t encode_report(const Event* event, const Detail* detail, uint64_t seq, int64_t ts_ns, uint8_t flags,
                            unsigned char* out) noexcept nogil

# Set POSS_DUP in a frame that `encode_report` wrote.
cdef void mark_poss_dup(unsigned char* frame) noexcept nogil

# Read type and seq of a payload whatever comes after them; return how many could be read: 0, 1 (the type) or 2.
cdef int peek(const unsigned char* payload, uint32_t length, uint64_t* type, uint64_t* seq) noexcept nogil
