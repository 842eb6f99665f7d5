from engine.matching.image import ImageFault as ImageFault

__all__ = ["SECTIONS", "ImageFault"]

SECTIONS: tuple[str, ...]
"""Names of the sections of an image."""
