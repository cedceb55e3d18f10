"""What the indexes of archived events and memory units have in common, and their files by pyarrow (archive.md, parquet.md)."""

from collections import namedtuple
from contextlib import contextmanager
from datetime import datetime, timedelta

from .conventions import BinaryFile
from .encodings import read_key_filter
from .errors import FormatError, MissingModule
from .segment import check_coverage

# what a table of the archive holds: the columns of its files, and the one whose bounds it tells
TimeColumn = namedtuple("TimeColumn", "columns name")


def has_pyarrow():
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def month_of(micros):
    time = datetime(1970, 1, 1) + timedelta(microseconds=micros)
    return "%04d-%02d" % (time.year, time.month)


class ArchivedFile:
    """The index of an archived file, and once its place is known, the rows.

    Of each kind: the magic of the index and the alignment of its pages, what the rows are and the key that says so in the file,
    the columns of the file, those that may be null, and the types of those that are not just strings: the physical type, and
    what the logical one begins with.
    """

    MAGIC, ALIGNMENT, ROWS, KEY, COLUMNS, NULLABLE, TYPES = None, 8, None, None, (), (), {}
    sizes = ()

    def __init__(self, data, file):
        self.file = file
        self.binary = binary = BinaryFile(data, file, self.MAGIC)
        self.file_id = binary.file_id
        self.parquet = None
        r, footer, self.trailer_offset = binary.trailer()
        self.pages = [(footer.offset, footer.stored, "the footer page")]
        self.path = r.text(4096)
        if any(part in ("", ".", "..") for part in self.path.split("/")) or "\0" in self.path:
            raise r.error("the path of the archived file leaves its folder", 0)
        self.length = r.varint()
        self.filter, _ = read_key_filter(r, self.page)
        start = r.position
        count = r.varint()
        if count < 1:
            raise r.error("an index without rows", start)
        self.groups = []
        self._read_groups(r, count)
        r.finish("the footer")
        self.rows = sum(g.rows for g in self.groups)

    def page(self, reference, what):
        self.pages.append((reference.offset, reference.stored, what))
        return self.binary.page(reference, what)

    def check_coverage(self):
        check_coverage(self.binary, self.pages, self.trailer_offset, self.ALIGNMENT)

    def check_name(self, partition):
        """What the path must be; a ValueError where it is not."""
        month = month_of(self.smallest_time)
        if month != month_of(self.largest_time):
            raise ValueError("%s of several months" % self.ROWS)
        expected = "month=%s/part-%02x-%016x.parquet" % (month, partition, self.file_id)
        if self.path != expected:
            raise ValueError("the path %s, %s expected" % (self.path, expected))

    def error(self, reason):
        return FormatError(self.parquet or self.file, 0, reason)

    @contextmanager
    def opened(self):
        """The file by pyarrow, with its schema checked; whatever that cannot do is an error of the file."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise MissingModule("%s is archived: install pyarrow" % self.parquet) from None
        try:
            with open(self.parquet, "rb") as f, \
                    pyarrow.parquet.ParquetFile(f, page_checksum_verification=True) as opened:
                self._check_schema(opened.metadata)
                yield opened
        except FileNotFoundError:
            raise FormatError(self.parquet, 0, "an archived file that a manifest names does not exist") from None
        except (pyarrow.ArrowException, OSError, ValueError) as e:
            raise self.error("cannot be read: %s" % str(e).strip().split("\n")[0]) from None

    def _check_schema(self, metadata):
        if (metadata.metadata or {}).get(self.KEY.encode()) != b"1":
            raise self.error("the key %s is not 1" % self.KEY)
        schema = metadata.schema
        if tuple(schema.column(i).path for i in range(metadata.num_columns)) != self.COLUMNS:
            raise self.error("the columns are not those of %s" % self.ROWS)
        for i, name in enumerate(self.COLUMNS):
            column = schema.column(i)
            physical, logical = self.TYPES.get(name, ("BYTE_ARRAY", "String"))
            if column.physical_type != physical or not str(column.logical_type).startswith(logical):
                raise self.error("%s is %s, %s" % (name, column.physical_type, column.logical_type))
            if column.max_definition_level != (name in self.NULLABLE) or column.max_repetition_level:
                raise self.error("whether %s may be null is not as it has to be" % name)
