from engine.matching.faults import ImageFault

__all__ = ["ImageFault"]
