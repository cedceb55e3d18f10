"""Compares full-text search with code that shares nothing with it: tokens made with Python's unicodedata after the words of
Formats/search.md, sets by looking into every text, and BM25 as the textbook has it.

    python3 Tests/Search/check_search.py [--only NAME] [--queries N]

Texts are those of Tests/Search/samples.json and, where they lie beside the checkout, the sets of ../shared/data. Asks
search-probe of the build, or what SEARCH_PROBE names. One line a set; the exit code is 0 where everything agreed. Needs zstd or
the package zstandard for the sets.
"""

import argparse
import hashlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(os.path.dirname(ROOT), "shared", "data")
SETS = ["notes_til", "rust_blog", "stackexchange_posts", "udhr", "ubuntu_irc_sample"]

LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
ALONE = [(0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x1950, 0x19FF), (0x1A20, 0x1AAF),
         (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035), (0x3038, 0x303C), (0x3041, 0x31BF),
         (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA960, 0xA97F), (0xA9E0, 0xA9FF), (0xAA60, 0xAADF),
         (0xF900, 0xFAFF), (0x1AFF0, 0x1B16F), (0x20000, 0x3FFFF)]
SYMBOLS = [(0x2600, 0x27BF), (0x1F000, 0x1FAFF)]
ACCENTS = [(0, 0x77F), (0x890, 0x8FF), (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
           (0x2CE0, 0x2CFF), (0x2DE0, 0x2DFF), (0xA660, 0xA69F), (0xFB1E, 0xFB1E), (0xFE00, 0xFE2F), (0xE0100, 0xE01EF)]
JAMO = [(0x1160, 0x11FF), (0xD7B0, 0xD7FF)]


def is_in(code, ranges):
    return any(a <= code <= b for a, b in ranges)


KINDS = {}


def kind(char):
    """word, alone, mark, nothing or space."""
    known = KINDS.get(char)
    if known:
        return known
    code, category = ord(char), unicodedata.category(char)
    if category == "Cf":
        known = "space" if code == 0x200B else "nothing"
    elif code == 0x640 or 0x1F3FB <= code <= 0x1F3FF or (category in ("Mn", "Me") and is_in(code, ACCENTS)):
        known = "nothing"
    elif category[0] == "M" or is_in(code, JAMO):
        known = "mark"
    elif category == "So" and is_in(code, SYMBOLS):
        known = "alone"
    elif category[0] in "LN":
        known = "alone" if is_in(code, ALONE) else "word"
    elif category in ("Cn", "Co"):
        known = "alone" if 0x20000 <= code < 0x40000 else "word"
    else:
        known = "space"
    KINDS[char] = known
    return known


def tokens(text):
    """The tokens of a text."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    result, current, current_kind = [], "", "word"

    def end():
        nonlocal current, current_kind
        if current:
            result.append(current)
        current, current_kind = "", "word"

    for original in text:
        digit = unicodedata.decimal(original, None)
        for char in LETTERS.get(original, original if digit is None else str(digit)):
            this = kind(char)
            if this == "nothing":
                continue
            if this == "space":
                end()
            elif this == "alone":
                end()
                current, current_kind = char, "alone"
            elif this == "word":
                if current_kind != "word" or len(current) == 64:
                    end()
                current += char
            else:
                if len(current) == 64:
                    end()
                current += char
    end()
    return result


class Texts:
    """All units of a set with the places of their tokens."""

    def __init__(self, units):
        self.units = units
        self.places = [{}, {}]
        self.sizes = []
        for number, unit in enumerate(units):
            size = 0
            for field, name in enumerate(("title", "content")):
                own = tokens(unit[name])
                size += len(own)
                for position, token in enumerate(own):
                    self.places[field].setdefault(token, {}).setdefault(number, []).append(position)
            self.sizes.append(size)
        self.average = sum(self.sizes) / max(1, len(units))
        self.vocabulary = sorted(set(self.places[0]) | set(self.places[1]))

    def find(self, leaf):
        """{unit: [count in title, count in content]} of a leaf (text, is a prefix, field or None)."""
        text, is_prefix, only = leaf
        wanted = tokens(text)
        found = {}
        for field in (0, 1):
            if only is not None and only != field:
                continue
            lists = []
            for index, token in enumerate(wanted):
                if is_prefix and index == len(wanted) - 1:
                    merged = {}
                    for word in self.vocabulary:
                        if word.startswith(token):
                            for unit, places in self.places[field].get(word, {}).items():
                                merged.setdefault(unit, []).extend(places)
                    lists.append(merged)
                else:
                    lists.append(self.places[field].get(token, {}))
            for unit, places in lists[0].items():
                others = [set(own.get(unit, ())) for own in lists[1:]]
                count = sum(all(p + i + 1 in own for i, own in enumerate(others)) for p in places)
                if count:
                    found.setdefault(unit, [0, 0])[field] = count
        return found

    def evaluate(self, query):
        """The units that a query finds, and the leaves that rank them."""
        operation = query[0]
        if operation == "leaf":
            found = self.find(query[1:])
            return set(found), [(len(found), found)]
        parts = [self.evaluate(q) for q in query[1:]]
        sets = [p[0] for p in parts]
        if operation == "or":
            return set.union(*sets), sum((p[1] for p in parts), [])
        # A part that does not hold of a unit does not rank it.
        holds = set.intersection(*sets) if operation == "and" else sets[0] - sets[1]
        ranked = parts[0][1] if operation == "not" else sum((p[1] for p in parts), [])
        return holds, [(frequency, {u: c for u, c in found.items() if u in holds}) for frequency, found in ranked]

    def score(self, unit, ranked, title_weight):
        total = 0
        for frequency, found in ranked:
            idf = math.log(1 + (len(self.units) - frequency + 0.5) / (frequency + 0.5))
            title, content = found.get(unit, (0, 0))
            weight = title_weight * title + content
            total += idf * weight * 2.2 / (weight + 1.2 * (0.25 + 0.75 * self.sizes[unit] / self.average))
        return total


def render(query):
    if query[0] == "leaf":
        text, is_prefix, field = query[1:]
        is_word = text.isalnum() and text not in ("AND", "OR", "NOT")
        word = (text if is_word else '"' + text + '"') + ("*" if is_prefix else "")
        return ("", "title:", "content:")[0 if field is None else field + 1] + word
    if query[0] == "not":
        return f"({render(query[1])}) NOT ({render(query[2])})"
    return "(" + f" {query[0].upper()} ".join(render(q) for q in query[1:]) + ")"


def leaf_of(texts, dice):
    """A word, a phrase or a prefix from somewhere in the texts."""
    while True:
        unit = dice.choice(texts.units)
        text = unit["title"] if dice.random() < 0.2 else unit["content"]
        if not text:
            continue
        field = dice.choice([None, None, None, 0, 1])
        start = dice.randrange(len(text))
        shape = dice.random()
        if shape < 0.4:
            part = text[start:start + dice.randint(1, 40)].replace('"', " ")
            part = " ".join(part.split()[1:-1]) or " ".join(part.split())
            # A part of a text may begin or end within what belongs together.
            if not tokens(part) or unicodedata.category(part[0])[0] == "M" or kind(part[0]) == "mark":
                continue
            return ("leaf", part, False, field)
        own = tokens(text[start:start + 200])[1:-1]
        if not own:
            continue
        word = dice.choice(own)
        if word in ("or", "and", "not") or kind(word[0]) == "mark":
            continue
        if shape < 0.75:
            return ("leaf", word, False, field)
        cut = word[:dice.randint(1, len(word))]
        if tokens(cut) != [cut]:
            continue
        return ("leaf", cut, True, field)


def query_of(texts, dice):
    shape = dice.random()
    if shape < 0.5:
        return leaf_of(texts, dice)
    if shape < 0.7:
        return ("and", leaf_of(texts, dice), leaf_of(texts, dice))
    if shape < 0.8:
        return ("or", leaf_of(texts, dice), leaf_of(texts, dice), leaf_of(texts, dice))
    if shape < 0.9:
        return ("or", ("and", leaf_of(texts, dice), leaf_of(texts, dice)),
                ("not", leaf_of(texts, dice), leaf_of(texts, dice)))
    return ("not", ("or", leaf_of(texts, dice), leaf_of(texts, dice)), leaf_of(texts, dice))


def spearman(a, b):
    """The correlation of two orders of the same things, ties sharing their rank."""
    def ranks(values):
        order = sorted(range(len(values)), key=lambda i: values[i])
        result, i = [0] * len(values), 0
        while i < len(order):
            j = i
            while j + 1 < len(order) and abs(values[order[j + 1]] - values[order[i]]) < 1e-9:
                j += 1
            for k in range(i, j + 1):
                result[order[k]] = (i + j) / 2
            i = j + 1
        return result

    x, y = ranks(a), ranks(b)
    mean = (len(x) - 1) / 2
    over = sum((p - mean) * (q - mean) for p, q in zip(x, y))
    under = math.sqrt(sum((p - mean) ** 2 for p in x) * sum((q - mean) ** 2 for q in y))
    return over / under if under else 1.0


def load(name):
    path = os.path.join(DATA, name, "memory_units.ndjson.zst")
    if not os.path.exists(path):
        return None
    if shutil.which("zstd"):
        data = subprocess.run(["zstd", "-dc", path], stdout=subprocess.PIPE, check=True).stdout
    else:
        import zstandard
        with open(path, "rb") as file:
            data = zstandard.ZstdDecompressor().stream_reader(file).read()
    return [json.loads(line) for line in data.split(b"\n") if line]


def probe_path():
    return os.environ.get("SEARCH_PROBE") or os.path.join(ROOT, ".build", "debug", "search-probe")


def ask(units, queries):
    """The answers of the program: of all stages, and the closing line."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "units.ndjson"), "w", encoding="utf-8") as out:
            for unit in units:
                out.write(json.dumps(unit) + "\n")
        with open(os.path.join(folder, "queries.json"), "w", encoding="utf-8") as out:
            json.dump(queries, out)
        run = subprocess.run(
            [probe_path(), folder + "/store", folder + "/units.ndjson", folder + "/queries.json"],
            stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in run.stdout.split(b"\n") if line]
    return lines[:-1], lines[-1]


def check(name, units, given, count):
    """Problems of one set, and a line about it."""
    problems = []
    begin = time.monotonic()
    texts = Texts(units)
    dice = random.Random("search " + name)
    asked, expected = [], []
    for query in given:
        asked.append({"text": query["query"], "user": query.get("user")})
        expected.append((sorted(query["muids"]), None))
    for _ in range(count):
        query = query_of(texts, dice)
        user = dice.choice(units)["user_id"] if dice.random() < 0.3 else None
        found, ranked = texts.evaluate(query)
        numbers = sorted(n for n in found if user is None or units[n]["user_id"] == user)
        asked.append({"text": render(query), "user": user})
        # Statistics of a user's search are those of the user's partition, so only searches of all have scores to compare.
        expected.append((sorted(units[n]["muid"] for n in numbers), None if user else (ranked, numbers)))
    oracle = os.path.join(DATA, name, "oracle_search.json")
    substrings = json.load(open(oracle, encoding="utf-8")) if os.path.exists(oracle) else {}
    for text in substrings:
        asked.append({"text": text, "user": None, "substring": True})
        expected.append((None, None))
    made = time.monotonic() - begin
    answers, closing = ask(units, asked)
    correlations, times, found_any = [], [], 0
    for answer in answers:
        number = answer["query"]
        label = f"{name}, {answer['stage']}: {asked[number]}"
        wanted, ranking = expected[number]
        muids = answer["muids"]
        if wanted is None:
            digest = hashlib.sha256("\n".join(sorted(muids)).encode()).hexdigest()
            if digest != substrings[asked[number]["text"]]["sha256_sorted_muids"]:
                problems.append(f"{label}: {len(muids)} hits are not those of the oracle")
            continue
        times.append(answer["microseconds"])
        found_any += bool(wanted)
        if sorted(muids) != wanted or answer["matched"] != len(wanted):
            missing, surplus = set(wanted) - set(muids), set(muids) - set(wanted)
            problems.append(f"{label}: {len(muids)} instead of {len(wanted)}; missing {list(missing)[:3]}, "
                            f"too many {list(surplus)[:3]}")
        if answer["first"] != muids[:10]:
            problems.append(f"{label}: the first ten are others than the first ten of all")
        if ranking:
            ranked, numbers = ranking
            score = {units[n]["muid"]: texts.score(n, ranked, 2.0) for n in numbers}
            plain = {units[n]["muid"]: texts.score(n, ranked, 1.0) for n in numbers}
            worst = max((abs(score.get(m, 0) - s) for m, s in zip(muids, answer["scores"])), default=0)
            if worst > 1e-6:
                problems.append(f"{label}: a score is off by {worst}")
            if len(muids) >= 10:
                correlations.append(spearman([plain.get(m, 0) for m in muids], answer["scores"]))
    if closing["problems"] or closing["verified"] != len(units):
        problems.append(f"{name}: verify: {closing['verified']} of {len(units)} units, {closing['problems'][:3]}")
    times.sort()
    line = (f"{name}: {len(units)} units, {len(answers)} answers ({found_any} not empty), {len(problems)} wrong; "
            f"indexed {len(units) / closing['index'] * 1e6:,.0f} units/s, "
            f"search p50 {times[len(times) // 2] / 1000:.2f} ms, p99 {times[len(times) * 99 // 100] / 1000:.2f} ms, "
            f"{closing['bytes'] / len(units):,.0f} bytes a unit of index for "
            f"{sum(len(u['title'].encode()) + len(u['content'].encode()) for u in units) / len(units):,.0f} of text")
    if correlations:
        line += (f"; correlation with plain BM25: least {min(correlations):.3f}, mean "
                 f"{sum(correlations) / len(correlations):.4f}")
        if sum(correlations) / len(correlations) < 0.9:
            problems.append(f"{name}: ranking does not correlate with BM25")
    print(line + f" ({made:.0f} s here, {time.monotonic() - begin - made:.0f} s there)", flush=True)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="only this set; samples are one too")
    parser.add_argument("--queries", type=int, default=200, help="random queries a set")
    arguments = parser.parse_args()
    problems = []
    with open(os.path.join(HERE, "samples.json"), encoding="utf-8") as file:
        samples = json.load(file)
    if not arguments.only or "samples" in arguments.only:
        units = [{"user_id": "ada", "created_at": "2024-01-01T00:00:00Z", "source_type": "note", **u}
                 for u in samples["units"]]
        problems += check("samples", units, samples["queries"], arguments.queries)
    for name in SETS:
        if arguments.only and name not in arguments.only:
            continue
        units = load(name)
        if units is None:
            print(f"{name}: skipped, there is no {os.path.join('..', 'shared', 'data', name)}")
            continue
        problems += check(name, units, [], arguments.queries)
    for problem in problems[:40]:
        print("WRONG", problem)
    if len(problems) > 40:
        print(f"WRONG and {len(problems) - 40} more")
    sys.exit(1 if problems else 0)


main()
