"""The content of a file as JSON values."""

from .archive import ArchivedSegment
from .archived_units import ArchivedUnits
from .conventions import (MAGIC_ARCHIVE, MAGIC_KEYS, MAGIC_LOG, MAGIC_MANIFEST, MAGIC_RUN, MAGIC_SEGMENT, MAGIC_UNIT_ARCHIVE,
                          MAGIC_UNITS, decimal, id_text, uuid_text)
from .errors import FormatError
from .expired_keys import ExpiredKeys
from .log import UNITS, LogFile, first_sequence
from .manifest import Manifest
from .run import DAILY_GROWTH, ENTITY_GROWTH, ROLLUPS, SCOPE_GROWTH, Run
from .segment import Segment
from .store import StoreInfo
from .units import UnitSegment


def event_values(e):
    return {
        "event_id": uuid_text(e.event_id), "user_id": id_text(e.user), "entity_id": id_text(e.entity),
        "entity_type": e.entity_type.decode("utf-8"), "dim_key": e.dimension.decode("utf-8"),
        "delta": decimal(e.delta), "source": e.source.decode("utf-8"), "scope": e.scope.decode("utf-8"),
        "created_at": e.created_at, "metadata": e.metadata.decode("utf-8"),
    }


def unit_values(u):
    return {
        "user_id": id_text(u.user), "muid": id_text(u.muid), "updated_at": u.updated_at, "created_at": u.created_at,
        "source_type": u.source_type.decode("utf-8"), "content_type": u.content_type.decode("utf-8"),
        "status": u.status.decode("utf-8"), "title": u.title.decode("utf-8"), "metadata": u.metadata.decode("utf-8"),
        "content": u.content.decode("utf-8"),
        "importance_score": None if u.importance is None else decimal(u.importance), "is_deleted": u.deleted,
    }


def dump(data, file):
    magic = bytes(data[:8])
    if magic == MAGIC_LOG:
        return _log(LogFile(data, file, first_sequence(file)))
    if magic == MAGIC_SEGMENT:
        return _segment(Segment(data, file))
    if magic == MAGIC_RUN:
        return _run(Run(data, file))
    if magic == MAGIC_KEYS:
        return _keys(ExpiredKeys(data, file))
    if magic == MAGIC_MANIFEST:
        return _manifest(Manifest(data, file))
    if magic == MAGIC_UNITS:
        return _units(UnitSegment(data, file))
    if magic == MAGIC_ARCHIVE:
        return _archived(ArchivedSegment(data, file))
    if magic == MAGIC_UNIT_ARCHIVE:
        return _archived_units(ArchivedUnits(data, file))
    if data[:1] == b"{":
        return dict(StoreInfo(data, file).content)
    raise FormatError(file, 0, "not a file of a store: it begins with %r" % magic)


def _hex(file_id):
    return "%016x" % file_id


def _log(log):
    return {
        "kind": "log", "file_id": _hex(log.binary.file_id) if log.binary else None, "torn_at": log.torn,
        "frames": [{
            "offset": f.offset, "length": f.length, "sequence": f.sequence, "committed_at": f.committed_at,
            "durable_sequence": f.durable,
            "sections": [{
                "partition": s.partition, "kind": s.kind, "codec": s.codec, "stored": s.stored, "raw": s.raw,
                **({"units": [unit_values(u) for u in log.units(f, s)]} if s.kind == UNITS else
                   {"events": [event_values(e) for e in log.events(s)]}),
            } for s in f.sections],
        } for f in log.frames],
    }


def _segment(segment):
    groups = []
    last = None
    for number, g in enumerate(segment.groups):
        events = segment.group_events(number)
        if last is not None and last[:6] >= events[0][:6]:
            raise segment.error(g.header.offset, "row groups are not sorted")
        last = events[-1]
        groups.append({
            "rows": g.rows, "first_user": id_text(g.first_user), "first_entity": id_text(g.first_entity),
            "last_user": id_text(g.last_user), "last_entity": id_text(g.last_entity),
            "smallest_created_at": g.smallest_created_at, "largest_created_at": g.largest_created_at,
            "events": [event_values(e) for e in events],
        })
    segment.check_coverage()
    return {
        "kind": "segment", "file_id": _hex(segment.file_id), "rows": segment.rows,
        "smallest_created_at": segment.smallest_created_at, "largest_created_at": segment.largest_created_at,
        "filter": segment.filter.description(), "event_id_day_flag": segment.day_flag,
        "event_id_days": segment.days, "column_sizes": dict(segment.sizes), "row_groups": groups,
    }


def _archived(index):
    index.check_coverage()
    return {
        "kind": "index of an archived file", "file_id": _hex(index.file_id), "path": index.path, "length": index.length,
        "rows": index.rows, "filter": index.filter.description(), "event_id_day_flag": index.day_flag,
        "event_id_days": index.days,
        "slices": [dict(s._asdict(), digest=_hex(s.digest), first_user=id_text(s.first_user),
                        first_entity=id_text(s.first_entity), last_user=id_text(s.last_user),
                        last_entity=id_text(s.last_entity)) for s in index.groups],
    }


def _run(run):
    sections = []
    for rollup, section in run.sections.items():
        rows = []
        for e in section.entries:
            group, item, a, b = section.key(e)
            row = {}
            if rollup == SCOPE_GROWTH:
                row["scope"] = group.decode("utf-8")
            else:
                row["user_id"] = id_text(group)
            if rollup == ENTITY_GROWTH:
                row["entity_id"] = id_text(item)
                row["entity_type"] = a.decode("utf-8")
                row["dim_key"] = b.decode("utf-8")
            else:
                row["dim_key"] = a.decode("utf-8")
            if rollup in (DAILY_GROWTH, SCOPE_GROWTH):
                row["day"] = b
            row.update(score=decimal(e.score), event_count=e.count, first_event_at=e.first, last_event_at=e.last,
                       reset=bool(e.reset))
            rows.append(row)
        sections.append({"rollup": rollup, "name": ROLLUPS[rollup], "entries": rows,
                         "dictionary": [s.decode("utf-8") for s in section.dictionary]})
    run.check_coverage()
    return {"kind": "run", "file_id": _hex(run.file_id), "sections": sections, "unknown_sections": run.unknown}


def _keys(k):
    return {
        "kind": "expired keys", "file_id": _hex(k.file_id), "event_id_day_flag": k.day_flag, "event_id_days": k.days,
        "keys": ["%016x %08x" % key for key in k.keys],
    }


def _units(segment):
    units = list(segment.units())
    return {
        "kind": "unit segment", "file_id": _hex(segment.file_id), "rows": segment.rows, **segment.bounds._asdict(),
        "filter": segment.filter.description(), "dictionary_bytes": len(segment.dictionary or b""),
        "sizes": dict(segment.sizes), "units": [dict(unit_values(u), sequence=u.sequence) for u in units],
    }


def _archived_units(index):
    index.check_coverage()
    return {
        "kind": "index of archived memory units", "file_id": _hex(index.file_id), "path": index.path, "length": index.length,
        "rows": index.rows, **index.bounds._asdict(), "filter": index.filter.description(),
        "row_groups": [{
            "rows": g.rows, "first_user": id_text(g.first_user), "first_muid": id_text(g.first_muid),
            "last_user": id_text(g.last_user), "last_muid": id_text(g.last_muid), **g.bounds._asdict(),
            "digest": _hex(d), "hashes_of_contents": [_hex(h) for h in hashes],
        } for g, d, hashes in zip(index.groups, index.digests, index.hashes)],
    }


def _manifest(m):
    return {
        "kind": "manifest", "file_id": _hex(m.file_id), "partition": m.partition, "number": m.number,
        "flushed_sequence": m.flushed_sequence,
        "segments": [dict(s._asdict(), file_id=_hex(s.file_id)) for s in m.segments],
        "runs": [dict(r._asdict(), file_id=_hex(r.file_id)) for r in m.runs],
        "sealed_runs": [dict(r._asdict(), file_id=_hex(r.file_id)) for r in m.sealed_runs],
        "expired_keys": [dict(k._asdict(), file_id=_hex(k.file_id)) for k in m.expired_keys],
        "unit_segments": [dict(u._asdict(), file_id=_hex(u.file_id)) for u in m.units],
        "expired_unit_keys": [dict(k._asdict(), file_id=_hex(k.file_id)) for k in m.expired_unit_keys],
    }
