"""An independent reader of GrowthRing's file formats, written from the documents in Formats/ alone."""

from .errors import FormatError, MissingModule

__all__ = ["FormatError", "MissingModule"]
