"""Records as Arrow tables, the form that column stores take in without parsing text."""
import numpy as np
import pyarrow as pa

from feed import DIMENSIONS, ENTITY_TYPES, SOURCES

HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def table(feed, records, ids="binary"):
    """`ids` are 16 bytes (binary), Arrow's UUIDs (uuid) or their text; delta is in thousandths."""
    records = np.asarray(records)
    texts = pa.array(feed.texts)
    return pa.table({
        "event_id": identifiers(records, "event", ids), "user_id": identifiers(records, "user", ids),
        "entity_id": identifiers(records, "entity", ids), "entity_type": names(ENTITY_TYPES, records["type"]),
        "dimension": names(DIMENSIONS, records["dimension"]), "delta": pa.array(records["delta"]),
        "source": names(SOURCES, records["source"]), "created_at": pa.array(records["time"], pa.timestamp("us")),
        "metadata": texts.take(pa.array(records["line"]))})


def tables(feed, size, ids="binary"):
    """All records, `size` at a time."""
    for lo in range(0, len(feed.records), size):
        yield table(feed, np.array(feed.records[lo:lo + size]), ids)


def identifiers(records, column, form):
    raw = np.ascontiguousarray(records[column])
    if form == "text":
        return text(raw.view(np.uint8).reshape(-1, 16))
    binary = pa.Array.from_buffers(pa.binary(16), len(raw), [None, pa.py_buffer(raw)])
    return pa.ExtensionArray.from_storage(pa.uuid(), binary) if form == "uuid" else binary


def text(identifiers):
    count = len(identifiers)
    digits = np.full((count, 36), ord("-"), np.uint8)
    places = [place for place in range(36) if place not in (8, 13, 18, 23)]
    digits[:, places[0::2]], digits[:, places[1::2]] = HEX[identifiers >> 4], HEX[identifiers & 15]
    offsets = np.arange(count + 1, dtype=np.int32) * 36
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(digits))


def names(vocabulary, codes):
    return pa.array(vocabulary).take(pa.array(codes))
