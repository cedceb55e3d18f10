"""Files of expired keys (expired-keys.md)."""

from struct import Struct

from .conventions import HEADER_LENGTH, MAGIC_KEYS, BinaryFile, page_reference
from .segment import MAX_DAYS, check_coverage
from .xxh3 import M64, xxh3_64

BLOCK_ENTRIES = 256
_ENTRY = Struct("<QI")
_INDEX_ENTRY = Struct("<QQ")


def user_check(stored, hash_seed):
    return xxh3_64(bytes(stored), hash_seed ^ 0xC2B2AE3D27D4EB4F)


def check_bits(event_id, check_of_user):
    product = ((event_id >> 64) ^ check_of_user) * ((event_id & M64) ^ 0x165667B19E3779F9)
    return ((product & M64) ^ (product >> 64)) >> 32


def unit_key(user, muid, updated_at, hash_seed):
    """The key of a version of a memory unit, ids in stored form."""
    time = updated_at.to_bytes(8, "little", signed=True)
    key_hash = xxh3_64(time, xxh3_64(bytes(muid), xxh3_64(bytes(user), hash_seed)))
    return key_hash, xxh3_64(time, xxh3_64(bytes(muid), user_check(user, hash_seed))) >> 32


class ExpiredKeys:
    """All keys of a file, verified: pairs of key_hash and check, in order."""

    def __init__(self, data, file):
        self.file = file
        self.binary = binary = BinaryFile(data, file, MAGIC_KEYS)
        self.file_id = binary.file_id
        r, footer, trailer = binary.trailer()
        self.count = r.varint()
        index = page_reference(r)
        start = r.position
        self.day_flag, days = r.u8(), r.varint()
        if self.day_flag > 2 or self.day_flag == 2 and days or days > MAX_DAYS:
            raise r.error("the days of event ids cannot be", start)
        self.days = []
        for i in range(days):
            step = r.svarint() if i == 0 else r.varint()
            if i and step == 0:
                raise r.error("the days of event ids do not ascend")
            self.days.append(step if i == 0 else self.days[-1] + step)
        r.finish("the footer")
        blocks = -(-self.count // BLOCK_ENTRIES)
        if self.count < 1 or index.codec != 0 or index.stored != blocks * _INDEX_ENTRY.size:
            raise binary.error(footer.offset, "an index page that is not for %d keys" % self.count)
        pages = [(footer.offset, footer.stored, "the footer page"), (index.offset, index.stored, "the index page")]
        r = binary.page(index, "the index page")
        self.keys = []
        for block in range(blocks):
            first, checksum = _INDEX_ENTRY.unpack(r.take(_INDEX_ENTRY.size))
            entries = min(BLOCK_ENTRIES, self.count - block * BLOCK_ENTRIES)
            offset = HEADER_LENGTH + block * BLOCK_ENTRIES * _ENTRY.size
            stored = binary.verify(offset, entries * _ENTRY.size, checksum, "a block")
            keys = list(_ENTRY.iter_unpack(bytes(stored)))
            if keys[0][0] != first:
                raise binary.error(offset, "a block does not begin as the index says")
            pages.append((offset, entries * _ENTRY.size, "a block"))
            self.keys += keys
        if any(a > b for a, b in zip(self.keys, self.keys[1:])):
            raise binary.error(HEADER_LENGTH, "the keys are not sorted")
        check_coverage(binary, pages, trailer)
