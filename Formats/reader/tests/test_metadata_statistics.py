"""Statistics of metadata: numbers and times in texts, and what is untrue of them."""

import random
import unittest
from fractions import Fraction
from math import ceil, floor

from growthring_reader.metadata_statistics import (HIGHEST, LOWEST, NOTHING, Statistics, moment, number, of_texts, untrue)


class MetadataStatisticsTests(unittest.TestCase):
    def test_numbers(self):
        for text in ("0", "-0.0", "1", "-1", "12.5", "0.000001", "0.0000001", "-0.0000001", "123456.7890125", "1e-9", "-25e-8",
                     "9223372036854.775806", "-9223372036854.775807", "100e10", "0.00001234567e5", "1." + "0" * 30, "1e-30"):
            exact = Fraction(text) * 10 ** 6
            self.assertEqual(number(text), (floor(exact), ceil(exact)), text)
        self.assertEqual(number("9223372036854.775807"), (HIGHEST - 1, HIGHEST))
        self.assertEqual(number("1e999999999999999999"), (HIGHEST - 1, HIGHEST))
        self.assertEqual(number("-1e20"), (LOWEST, LOWEST + 1))
        rng = random.Random(1)
        for _ in range(2000):
            text = "%s%d.%de%d" % (rng.choice(("", "-")), rng.randrange(10 ** rng.randrange(1, 9)), rng.randrange(10 ** 6),
                                   rng.randrange(-12, 5))
            exact = Fraction(text) * 10 ** 6
            if abs(exact) < HIGHEST - 1:
                self.assertEqual(number(text), (floor(exact), ceil(exact)), text)
        for text in ("", "01", "1.", "+1", "1e", "x", "0x1", "1 "):
            self.assertIsNone(number(text))

    def test_times(self):
        base = 1793491200 * 10 ** 6  # 2026-11-01
        for text, seconds in (("2026-11-01", 0), ("2026-11-01T00:00Z", 0), ("2026-11-01 01:00", 3600),
                              ("2026-11-01t00:00:01,500z", 1.5), ("2026-11-01T00:00:00.000001000+00", 1e-6),
                              ("2026-11-01T02:00+0200", 0), ("2026-10-31T23:30-00:30", 0)):
            self.assertEqual(moment(text), base + round(seconds * 10 ** 6), text)
        for text in ("2026-11-31", "2026-11-01T24:00", "2026-11-01T00:60", "2026-11-01T00:00:60", "2026-11-01T00", "20261101",
                     "2026-11-01T00:00:00.0000001", "2026-11-01T00:00+24", "2026-11-01T00:00+1", "2026-11-01 ", "0000-01-01",
                     "0001-01-01T00:00+01:00", "9999-12-31T23:59-01", "2026-11-01Z"):
            self.assertIsNone(moment(text), text)

    def test_untrue(self):
        texts = [b"", b'{"a":3,"d":"2026-11-01","t":["1e1",2]}', b'{"a":-1.5,"d":"7","x":"1a"}']
        day = moment("2026-11-01")
        paths = {"/a": ((-1500000, 3000000), None), "/d": ((7000000, 7000000), (day, day)), "/t/*": ((2000000, 10000000), None)}
        self.assertEqual(of_texts(texts), paths)
        self.assertIsNone(untrue(None, texts))
        self.assertIsNone(untrue(Statistics(paths, True), texts))
        some = {"/a": paths["/a"]}
        self.assertIsNone(untrue(Statistics(some, False), texts))
        self.assertEqual(untrue(Statistics(some, True), texts), "/d")
        self.assertEqual(untrue(NOTHING, texts), "/a")
        self.assertIsNone(untrue(NOTHING, [b'{"x":"1a"}']))
        self.assertEqual(untrue(Statistics({"/a": ((-1500000, 4000000), None)}, False), texts), "/a")
        self.assertEqual(untrue(Statistics({"/x": ((0, 0), None)}, False), texts), "/x")


if __name__ == "__main__":
    unittest.main()
