"""What a client can ask of the venue: each request checked, carried out by the book, settled by the ledger."""

from engine.matching.types cimport Command
from engine.venue.state cimport State

cdef void request(State* state, const Command* command) noexcept nogil
cdef void refuse_request(State* state, const Command* command, unsigned char reason) noexcept nogil
