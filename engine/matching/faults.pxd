"""What is wrong with an image, and the first look at a section of one."""

cdef bytes section_of(dict sections, str name, size_t record)
cdef object fault(str section, object number, str rule)
