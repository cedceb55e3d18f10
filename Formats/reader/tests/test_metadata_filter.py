"""Filters of metadata: paths, forms of values, and what a filter must know."""

import json
import unittest

from growthring_reader.encodings import key_filter
from growthring_reader.metadata_filter import (MetadataCheck, Spelled, form, open_hash, path_hash, value_hash, walk)
from . import encoder


def entries(text):
    return list(walk(json.loads(text, parse_int=Spelled, parse_float=Spelled)))


class MetadataFilterTests(unittest.TestCase):
    def test_paths(self):
        self.assertEqual(entries('{"a":{"b":[1.0,{"c":null}]},"e":{},"l":[],"t":["x","*"]}'), [
            ("/a", None), ("/a/b", None), ("/a/b/*", "1.0"), ("/a/b/*", None), ("/a/b/*/c", "null"), ("/e", None),
            ("/l", None), ("/t", None), ("/t/*", "x"), ("/t/*", "*")])
        self.assertEqual(entries('{"*":true,"a/b~":"q\\"","\\n":false}'),
                         [("/~2", "true"), ("/a~1b~0", 'q\\"'), ("/\\n", "false")])

    def test_forms(self):
        for same in (("1", "1.0", "1e0", "10e-1", "0.1E+1", "100e-2"), ("0", "-0", "0.000", "0e7"), ("-12.50", "-1.25e1"),
                     ("1e1000000000000000", "1e99999999999999999999")):
            self.assertEqual(len({form(text) for text in same}), 1, same)
        distinct = ["1", "-1", "10", "0.1", "0", "12", "1.2", "01", "+1", "1.", ".1", "1e", "", "one", "0x1", "1e-1x"]
        self.assertEqual(len({form(text) for text in distinct} - {form("0.1")}), len(distinct) - 1)
        self.assertEqual(form("-0.0250"), b"#\1" + (-1).to_bytes(8, "little", signed=True) + b"25")
        self.assertEqual(form("01"), b"01")

    def test_check(self):
        hashes = [path_hash("/a"), value_hash("/a", "x"), path_hash("/n"), open_hash("/n")]
        check = MetadataCheck(key_filter(encoder.key_filter(hashes), 0, None))
        for text, missing in ((b"", None), (b"{}", None), (b'{"a":"x"}', None), (b'{"a":"y"}', "/a"), (b'{"n":17}', None),
                              (b'{"n":{"m":1}}', "/n/m"), (b'{"b":{}}', "/b")):
            self.assertEqual(check.missing(text), missing, text)


if __name__ == "__main__":
    unittest.main()
