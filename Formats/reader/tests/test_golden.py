"""The reader against files written by the engine: every store under Tests/Golden, and every single file there."""

import io
import os
import unittest

from growthring_reader.__main__ import main
from growthring_reader.dump import dump

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "Tests", "Golden")


class GoldenTests(unittest.TestCase):
    def test_golden(self):
        if not os.path.isdir(GOLDEN):
            self.skipTest("there are no golden files")
        for folder, _, names in os.walk(GOLDEN):
            if "store.json" in names:
                with self.subTest(store=os.path.relpath(folder, GOLDEN)):
                    out = io.StringIO()
                    self.assertEqual(main(["check", folder], out), 0, out.getvalue())
            for name in names:
                if name.endswith((".log", ".seg", ".run", ".manifest")):
                    path = os.path.join(folder, name)
                    with self.subTest(file=os.path.relpath(path, GOLDEN)), open(path, "rb") as f:
                        dump(f.read(), path)


if __name__ == "__main__":
    unittest.main()
