class ImageFault(ValueError):
    """An image that no venue can have made; `section` names the part and the text the rule that it breaks."""

    section: str
    def __init__(self, section: str, rule: str) -> None: ...
