"""The write-ahead log (log.md)."""

import os
import re
from collections import namedtuple
from struct import Struct

from .conventions import (HEADER_LENGTH, MAGIC_LOG, MAX_RAW, TEXT_COLUMNS, BinaryFile, ByteReader, Event,
                          check_texts, check_times, decompress)
from .encodings import dictionary_page, event_id_page, integer_page
from .errors import FormatError
from .units import section_units
from .xxh3 import M64, xxh3_64

FRAME_MAGIC = 0x4D465247
_MAGIC_BYTES = FRAME_MAGIC.to_bytes(4, "little")
_FRAME = Struct("<IIQqIIQ")
FRAME_HEADER = 40
MAX_FRAME = 1 << 30
_SECTION = Struct("<6IQ")
ONE_PARTITION = 1
ANY_PARTITION = 2
UNITS = 3
MAX_SECTION_EVENTS = 1 << 22  # of this reader, so that a hostile section cannot exhaust the memory

Section = namedtuple("Section", "partition events stored raw codec kind checksum offset")
Frame = namedtuple("Frame", "offset length sequence committed_at events durable sections")


_NAME = re.compile(r"([0-9a-f]{16})\.log\Z")


def first_sequence(path):
    """The number in the name of a log file, or None."""
    match = _NAME.match(os.path.basename(path))
    return int(match.group(1), 16) if match else None


class LogFile:
    """The frames of a log file. Where a frame does not pass, `torn` is its offset: the log ends there. Only the last
    file may be torn."""

    def __init__(self, data, file, first_sequence=None, is_last=True):
        self.first_sequence = first_sequence
        self.file = file
        self.binary = None
        self.frames = []
        self.torn = None
        try:
            self.binary = BinaryFile(data, file, MAGIC_LOG)
        except FormatError as e:
            # its versions are only looked at where the header passes
            if is_last and e.offset not in (8, 10, 12) and (len(data) <= HEADER_LENGTH or not any(data)):
                self.torn = 0  # its creation was cut short
                return
            raise
        at = HEADER_LENGTH
        expected = first_sequence
        while at < len(data):
            try:
                frame = self._frame(at, True)
                if expected is not None and frame.sequence != expected:
                    raise FormatError(file, at + 8, "sequence number %d expected, %d found"
                                      % (expected, frame.sequence))
            except FormatError:
                if not is_last:
                    raise
                self._refuse_damage(at, expected)
                self.torn = at
                break
            self.frames.append(frame)
            expected = frame.sequence + 1
            at += frame.length

    def _frame(self, at, with_sections):
        """The frame at an offset; FormatError where it does not pass."""
        data, file = self.binary.data, self.file
        if at + FRAME_HEADER > len(data):
            raise FormatError(file, at, "the file ends in the header of a frame")
        magic, count, sequence, committed_at, events, length, durable = _FRAME.unpack_from(data, at)
        if magic != FRAME_MAGIC:
            raise FormatError(file, at, "no frame begins here")
        offset = at + FRAME_HEADER + 32 * count + 8
        if count == 0 or length > MAX_FRAME or at + length > len(data) or offset > at + length:
            raise FormatError(file, at, "a frame of %d sections and %d bytes cannot be here" % (count, length))
        if xxh3_64(data[at:offset - 8], (self.binary.file_id + at) & M64) != \
                int.from_bytes(data[offset - 8:offset], "little"):
            raise FormatError(file, at, "the checksum of a frame's header does not match")
        sections, last = [], -1
        for i in range(count):
            entry = at + FRAME_HEADER + 32 * i
            section = Section(*_SECTION.unpack_from(data, entry), offset=offset)
            kinds = (ONE_PARTITION, ANY_PARTITION, UNITS) if self.binary.version >= 3 else (ONE_PARTITION, ANY_PARTITION)
            if section.kind not in kinds:
                raise FormatError(file, entry + 20, "sections of kind %d are not known" % section.kind)
            if section.kind != ONE_PARTITION and (count != 1 or section.partition != 0):
                raise FormatError(file, entry, "a section of any partitions is not alone, or names one")
            if section.codec > 2:
                raise FormatError(file, entry + 16, "codec %d is not known" % section.codec)
            if section.raw > MAX_RAW or section.codec == 0 and section.raw != section.stored:
                raise FormatError(file, entry + 12, "the raw length of a section cannot be")
            if section.partition <= last:
                raise FormatError(file, entry, "the partitions of a frame do not ascend")
            last = section.partition
            sections.append(section)
            offset += section.stored
        if offset - at != length:
            raise FormatError(file, at + 28, "a frame's length is not that of its sections")
        if sum(s.events for s in sections) != events:
            raise FormatError(file, at + 24, "a frame's number of events is not that of its sections")
        if with_sections:
            for s in sections:
                if xxh3_64(data[s.offset:s.offset + s.stored], (self.binary.file_id + s.offset) & M64) != s.checksum:
                    raise FormatError(file, s.offset, "the checksum of a section does not match")
        return Frame(at, length, sequence, committed_at, events, durable, sections)

    def _refuse_damage(self, torn, expected):
        """A frame behind a torn one that says the torn one was synced."""
        if expected is None:
            return
        data = self.binary.data
        at = data.find(_MAGIC_BYTES, torn + 1)
        while at >= 0:
            try:
                frame = self._frame(at, False)
            except FormatError:
                frame = None
            if frame is not None and frame.durable >= expected:
                raise FormatError(self.file, torn, "a frame does not pass, but frame %d at byte %d behind it tells that "
                                  "it was synced" % (frame.sequence, at))
            at = data.find(_MAGIC_BYTES, at + 1)

    def events(self, section):
        """The events of a section in the order of arrival."""
        raw = decompress(self.binary.data[section.offset:section.offset + section.stored], section.codec,
                         section.raw, self.file, section.offset)
        return section_events(ByteReader(raw, self.file, section.offset, inside=section.codec != 0), section.events)

    def units(self, frame, section):
        """The memory units of a section in the order of arrival."""
        raw = decompress(self.binary.data[section.offset:section.offset + section.stored], section.codec,
                         section.raw, self.file, section.offset)
        reader = ByteReader(raw, self.file, section.offset, inside=section.codec != 0)
        return section_units(reader, section.events, frame.sequence)


def section_events(reader, expected):
    n = reader.varint()
    if n < 1:
        raise reader.error("a section without events", 0)
    if n != expected:
        raise reader.error("%d events in the section, %d in the frame's table" % (n, expected), 0)
    if n > MAX_SECTION_EVENTS:
        raise reader.error("%d events are more than this reader takes" % n, 0)
    dictionaries = []
    for column in range(7):
        strings = dictionary_page(reader)
        if len(strings) > n:
            raise reader.error("a dictionary of %d strings for %d events" % (len(strings), n))
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
