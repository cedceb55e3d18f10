"""The write-ahead log (log.md)."""

from collections import namedtuple
from struct import Struct

from .conventions import (HEADER_LENGTH, MAGIC_LOG, MAX_RAW, TEXT_COLUMNS, BinaryFile, ByteReader, Event,
                          check_texts, check_times, decompress)
from .encodings import dictionary_page, event_id_page, integer_page
from .errors import FormatError
from .xxh3 import M64, xxh3_64

FRAME_MAGIC = 0x4D465247
_MAGIC_BYTES = FRAME_MAGIC.to_bytes(4, "little")
_FRAME = Struct("<IIQqII")
_SECTION = Struct("<6IQ")
GROWTH_EVENTS = 1
MAX_SECTION_EVENTS = 1 << 22  # of this reader, so that a hostile section cannot exhaust the memory

Section = namedtuple("Section", "partition events stored raw codec kind checksum offset")
Frame = namedtuple("Frame", "offset length sequence committed_at events sections")


class LogFile:
    """The frames of a log file. Where a frame does not pass, `torn` is its offset: the log ends there, and if the
    file is not the last with frames, it is corrupt (the caller knows)."""

    def __init__(self, data, file, first_sequence=None):
        self.first_sequence = first_sequence
        self.file = file
        self.binary = None
        self.frames = []
        self.torn = None
        if len(data) < HEADER_LENGTH and MAGIC_LOG.startswith(bytes(data[:8])):
            self.torn = 0  # its creation was cut short
            return
        self.binary = BinaryFile(data, file, MAGIC_LOG)
        at = HEADER_LENGTH
        expected = first_sequence
        while at < len(data):
            frame = self._frame(at)
            if frame is None:
                self.torn = at
                self._refuse_frames_behind(at, expected)
                break
            if expected is not None and frame.sequence != expected:
                raise FormatError(file, at + 8, "sequence number %d expected, %d found" % (expected, frame.sequence))
            self.frames.append(frame)
            expected = frame.sequence + 1
            at += frame.length

    def _header(self, at):
        """Number of sections and length of a frame whose header passes, or None."""
        data = self.binary.data
        if at + 40 > len(data):
            return None
        magic, count = Struct("<II").unpack_from(data, at)
        table_end = at + 32 + 32 * count
        if magic != FRAME_MAGIC or table_end + 8 > len(data):
            return None
        checksum = int.from_bytes(data[table_end:table_end + 8], "little")
        if xxh3_64(data[at:table_end], (self.binary.file_id + at) & M64) != checksum:
            return None
        return count

    def _frame(self, at):
        count = self._header(at)
        if count is None:
            return None
        data, file = self.binary.data, self.file
        _, _, sequence, committed_at, events, length = _FRAME.unpack_from(data, at)
        if count == 0:
            raise FormatError(file, at + 4, "a frame without sections")
        offset = at + 40 + 32 * count
        sections, last = [], {}
        for i in range(count):
            entry = at + 32 + 32 * i
            section = Section(*_SECTION.unpack_from(data, entry), offset=offset)
            if section.kind != GROWTH_EVENTS:
                raise FormatError(file, entry + 20, "sections of kind %d are not known" % section.kind)
            if section.codec > 2:
                raise FormatError(file, entry + 16, "codec %d is not known" % section.codec)
            if section.raw > MAX_RAW or section.codec == 0 and section.raw != section.stored:
                raise FormatError(file, entry + 12, "the raw length of a section cannot be")
            if section.partition <= last.get(section.kind, -1):
                raise FormatError(file, entry, "the partitions of a frame do not ascend")
            last[section.kind] = section.partition
            sections.append(section)
            offset += section.stored
        if offset - at != length:
            raise FormatError(file, at + 28, "a frame's length is not that of its sections")
        if sum(s.events for s in sections) != events:
            raise FormatError(file, at + 24, "a frame's number of events is not that of its sections")
        if offset > len(data):
            return None
        for s in sections:
            if xxh3_64(data[s.offset:s.offset + s.stored], (self.binary.file_id + s.offset) & M64) != s.checksum:
                return None
        return Frame(at, length, sequence, committed_at, events, sections)

    def _refuse_frames_behind(self, torn, expected):
        data = self.binary.data
        at = data.find(_MAGIC_BYTES, torn + 1)
        while at >= 0:
            try:
                frame = self._frame(at)
            except FormatError:
                frame = None
            if frame is not None and (expected is None or frame.sequence >= expected):
                raise FormatError(self.file, torn, "a frame does not pass, but frame %d at byte %d behind it does"
                                  % (frame.sequence, at))
            at = data.find(_MAGIC_BYTES, at + 1)

    def events(self, section):
        """The events of a section in the order of arrival."""
        raw = decompress(self.binary.data[section.offset:section.offset + section.stored], section.codec,
                         section.raw, self.file, section.offset)
        return section_events(ByteReader(raw, self.file, section.offset, inside=section.codec != 0), section.events)


def section_events(reader, expected):
    n = reader.varint()
    if n != expected:
        raise reader.error("%d events in the section, %d in the frame's table" % (n, expected), 0)
    if n > MAX_SECTION_EVENTS:
        raise reader.error("%d events are more than this reader takes" % n, 0)
    dictionaries = []
    for column in range(7):
        strings = dictionary_page(reader)
        check_texts(column, strings, reader)
        dictionaries.append(strings)
    columns = []
    for column, strings in enumerate(dictionaries):
        start = reader.position
        codes = integer_page(reader, n)
        if n and (min(codes) < 0 or max(codes) >= len(strings)):
            raise reader.error("a code of %s is not in its dictionary" % TEXT_COLUMNS[column], start)
        columns.append([strings[c] for c in codes])
    times = integer_page(reader, n)
    check_times(times, reader)
    ids = event_id_page(reader, times)
    deltas = integer_page(reader, n)
    reader.finish("the section")
    users, entities, types, dimensions, sources, scopes, metadata = columns
    return list(map(Event._make, zip(users, entities, types, dimensions, times, ids, deltas, sources, scopes,
                                     metadata)))
