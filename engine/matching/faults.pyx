"""What is wrong with an image, and the first look at a section of one."""


class ImageFault(ValueError):
    """An image that no venue can have made; `section` names the part and the text the rule that it breaks."""

    def __init__(self, section, rule):
        super().__init__(f"{section}: {rule}")
        self.section = section


cdef bytes section_of(dict sections, str name, size_t record):
    """Return a section that must be there and whole records long."""
    section = sections.get(name)
    if not isinstance(section, bytes):
        raise fault(name, None, "it is not there")
    if len(section) % record:
        raise fault(name, None, f"{len(section)} bytes are not whole records of {record}")
    return section


cdef object fault(str section, object number, str rule):
    return ImageFault(section, rule if number is None else f"record {number}: {rule}")
