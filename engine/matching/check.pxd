"""Every invariant of the core, checked by walking the whole of it."""

from engine.matching.core cimport Core

cdef str violation(const Core* core)
