"""XXH3 with 64 bits and a seed, in pure Python, from the xxHash specification."""

from struct import Struct, unpack_from

M64 = 0xFFFFFFFFFFFFFFFF
M32 = 0xFFFFFFFF
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1 = 0x9E3779B185EBCA87
P64_2 = 0xC2B2AE3D27D4EB4F
P64_3 = 0x165667B19E3779F9
P64_4 = 0x85EBCA77C2B2AE63
P64_5 = 0x27D4EB2F165667C5
PRIME_MX1 = 0x165667919E3779F9
PRIME_MX2 = 0x9FB21C651E98DF25

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")

_Q8 = Struct("<8Q")
_Q2 = Struct("<2Q")
_U32 = Struct("<I")
_U64 = Struct("<Q")


def _fold(a, b):
    p = a * b
    return (p & M64) ^ (p >> 64)


def _avalanche(h):
    h &= M64
    h ^= h >> 37
    h = (h * PRIME_MX1) & M64
    return h ^ (h >> 32)


def _avalanche64(h):
    h &= M64
    h ^= h >> 33
    h = (h * P64_2) & M64
    h ^= h >> 29
    h = (h * P64_3) & M64
    return h ^ (h >> 32)


def _rotl(v, n):
    return ((v << n) | (v >> (64 - n))) & M64


def _swap64(v):
    return int.from_bytes(v.to_bytes(8, "little"), "big")


def _s64(at):
    return _U64.unpack_from(SECRET, at)[0]


def _short(data, seed):
    n = len(data)
    if n > 8:
        flip1 = ((_s64(24) ^ _s64(32)) + seed) & M64
        flip2 = ((_s64(40) ^ _s64(48)) - seed) & M64
        low = _U64.unpack_from(data, 0)[0] ^ flip1
        high = _U64.unpack_from(data, n - 8)[0] ^ flip2
        return _avalanche(n + _swap64(low) + high + _fold(low, high))
    if n >= 4:
        low32 = seed & M32
        seed ^= int.from_bytes(low32.to_bytes(4, "little"), "big") << 32
        first = _U32.unpack_from(data, 0)[0]
        last = _U32.unpack_from(data, n - 4)[0]
        flip = ((_s64(8) ^ _s64(16)) - seed) & M64
        h = (last + (first << 32)) ^ flip
        h ^= _rotl(h, 49) ^ _rotl(h, 24)
        h = (h * PRIME_MX2) & M64
        h ^= (h >> 35) + n
        h = (h * PRIME_MX2) & M64
        return h ^ (h >> 28)
    if n:
        combined = (data[0] << 16) | (data[n >> 1] << 24) | data[n - 1] | (n << 8)
        flip = (_U32.unpack_from(SECRET, 0)[0] ^ _U32.unpack_from(SECRET, 4)[0]) + seed
        return _avalanche64((combined ^ flip) & M64)
    return _avalanche64(seed ^ _s64(56) ^ _s64(64))


def _mix16(data, at, secret_at, seed):
    low, high = _Q2.unpack_from(data, at)
    s0, s1 = _Q2.unpack_from(SECRET, secret_at)
    return _fold(low ^ ((s0 + seed) & M64), high ^ ((s1 - seed) & M64))


def _middle(data, seed):
    n = len(data)
    acc = n * P64_1
    if n <= 128:
        if n > 32:
            if n > 64:
                if n > 96:
                    acc += _mix16(data, 48, 96, seed) + _mix16(data, n - 64, 112, seed)
                acc += _mix16(data, 32, 64, seed) + _mix16(data, n - 48, 80, seed)
            acc += _mix16(data, 16, 32, seed) + _mix16(data, n - 32, 48, seed)
        acc += _mix16(data, 0, 0, seed) + _mix16(data, n - 16, 16, seed)
        return _avalanche(acc)
    for i in range(8):
        acc += _mix16(data, 16 * i, 16 * i, seed)
    acc = _avalanche(acc)
    for i in range(8, n // 16):
        acc += _mix16(data, 16 * i, 16 * (i - 8) + 3, seed)
    acc += _mix16(data, n - 16, 136 - 17, seed)
    return _avalanche(acc)


def _seeded_secret(seed):
    if seed == 0:
        return SECRET
    words = list(unpack_from("<24Q", SECRET))
    for i in range(0, 24, 2):
        words[i] = (words[i] + seed) & M64
        words[i + 1] = (words[i + 1] - seed) & M64
    return Struct("<24Q").pack(*words)


def _stripes(acc, data, at, keys):
    """Accumulates one stripe of 64 bytes for each key of eight words; the sums are reduced by the caller."""
    a0, a1, a2, a3, a4, a5, a6, a7 = acc
    unpack = _Q8.unpack_from
    m = M32
    for k0, k1, k2, k3, k4, k5, k6, k7 in keys:
        d0, d1, d2, d3, d4, d5, d6, d7 = unpack(data, at)
        at += 64
        k0 ^= d0
        k1 ^= d1
        k2 ^= d2
        k3 ^= d3
        k4 ^= d4
        k5 ^= d5
        k6 ^= d6
        k7 ^= d7
        a0 += d1 + (k0 & m) * (k0 >> 32)
        a1 += d0 + (k1 & m) * (k1 >> 32)
        a2 += d3 + (k2 & m) * (k2 >> 32)
        a3 += d2 + (k3 & m) * (k3 >> 32)
        a4 += d5 + (k4 & m) * (k4 >> 32)
        a5 += d4 + (k5 & m) * (k5 >> 32)
        a6 += d7 + (k6 & m) * (k6 >> 32)
        a7 += d6 + (k7 & m) * (k7 >> 32)
    return [a0, a1, a2, a3, a4, a5, a6, a7]


def _long(data, seed):
    n = len(data)
    secret = _seeded_secret(seed)
    keys = [_Q8.unpack_from(secret, 8 * i) for i in range(16)]
    scramble = _Q8.unpack_from(secret, 128)
    acc = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    blocks = (n - 1) // 1024
    for block in range(blocks):
        acc = _stripes(acc, data, 1024 * block, keys)
        for i in range(8):
            v = acc[i] & M64
            acc[i] = ((v ^ (v >> 47) ^ scramble[i]) * P32_1) & M64
    acc = _stripes(acc, data, 1024 * blocks, keys[:(n - 1 - 1024 * blocks) // 64])
    acc = _stripes(acc, data, n - 64, [_Q8.unpack_from(secret, 121)])
    result = n * P64_1
    merge = _Q8.unpack_from(secret, 11)
    for i in range(0, 8, 2):
        result += _fold((acc[i] & M64) ^ merge[i], (acc[i + 1] & M64) ^ merge[i + 1])
    return _avalanche(result)


def xxh3_64_pure(data, seed=0):
    """XXH3_64bits_withSeed, always in Python."""
    n = len(data)
    seed &= M64
    if n <= 16:
        return _short(data, seed)
    if n <= 240:
        return _middle(data, seed)
    return _long(data, seed)


try:  # optional acceleration
    from xxhash import xxh3_64_intdigest as _native
except ImportError:
    _native = None


def xxh3_64(data, seed=0):
    """XXH3_64bits_withSeed, by the xxhash module where it is installed."""
    if _native is not None:
        return _native(data, seed & M64)
    return xxh3_64_pure(data, seed)
