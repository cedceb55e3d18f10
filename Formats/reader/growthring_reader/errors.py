"""The errors of the reader."""


class FormatError(Exception):
    """A file violates its format."""

    def __init__(self, file, offset, reason):
        super().__init__("%s: at byte %s: %s" % (file, offset, reason))
        self.file = file
        self.offset = offset
        self.reason = reason


class MissingModule(Exception):
    """A page needs a decompressor that is not installed (see requirements.txt)."""
