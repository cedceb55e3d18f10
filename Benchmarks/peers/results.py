"""Collects the lines of all turns; medians, ratios and the Markdown of the report."""
from collections import defaultdict
from statistics import median

from rows import ROWS

OURS = "GrowthRing"


class Results:
    def __init__(self):
        self.values = defaultdict(dict)  # (variant, measure) -> round -> value
        self.units, self.notes, self.versions, self.not_run = {}, {}, {}, {}
        self.pace = defaultdict(list)  # engine -> seconds of the same loop around each of its turns
        self.right = 0
        self.wrong = []

    def add(self, round_, line):
        key = (line["variant"], line["measure"])
        self.values[key][round_] = line["value"]
        self.units[key] = line.get("unit", "")
        if "note" in line:
            self.notes[key] = line["note"]

    def check(self, line, expected):
        if line["values"] == expected:
            self.right += 1
        else:
            self.wrong.append(
                f"{line['variant']}, {line['answer']}: answered {line['values']}, the records say {expected}")

    def json(self):
        return {
            "versions": self.versions, "not_run": self.not_run, "answers_checked": self.right, "wrong_answers": self.wrong,
            "pace": self.pace, "measures": [
                {"variant": variant, "measure": name, "unit": self.units[variant, name], "rounds": rounds,
                 "median": median(rounds.values()), "note": self.notes.get((variant, name))}
                for (variant, name), rounds in self.values.items()]}

    # The report

    def markdown(self):
        parts = ["\n".join(self._summary()), "\n".join(self._table())]
        columns = self._columns()
        if columns:
            parts.append("\n".join(columns))
        parts.append("\n".join(self._pace()))
        if self.not_run:
            parts.append("## Not run\n\n" + "\n".join(f"- {name}: {why}" for name, why in sorted(self.not_run.items())))
        answers = f"{self.right} answers of all engines were compared with those computed from the records with numpy; "
        parts.append("## Answers\n\n" + answers + (
            "all were equal." if not self.wrong else "WRONG:\n\n" + "\n".join(f"- {line}" for line in self.wrong)))
        return "\n\n".join(parts) + "\n"

    def _own(self, row):
        for name in row.own_names:
            if (OURS, name) in self.values:
                return self.values[OURS, name]
        return {}

    def _rivals(self, row):
        return [(variant, rounds) for (variant, name), rounds in self.values.items() if name == row.name and variant != OURS]

    def _summary(self):
        """The goals in absolute numbers."""
        yield "## GrowthRing\n"
        yield "| work | median | spread | goal | |"
        yield "|---|---:|---:|---:|---|"
        for row in ROWS:
            own = self._own(row)
            if not own:
                yield f"| {row.work} | not measured | | {goal(row)} | |"
                continue
            value = median(own.values())
            reached = "" if row.target is None else (
                "reached" if (value >= row.target) == row.more_is_better or value == row.target else "**missed**")
            yield f"| {row.work} | {number(value)} {row.unit} | {spread(own.values())} | {goal(row)} | {reached} |"

    def _table(self):
        """One line for each rival that does the work of a row."""
        yield "## Beside the rivals\n"
        yield ("A ratio above 1 says that GrowthRing is so many times faster, smaller or sparer; it is the median of the "
               "ratios of the rounds, and the spread are their least and greatest.\n")
        yield "| work | rival | rival's median | GrowthRing's | ratio | spread | goal |"
        yield "|---|---|---:|---:|---:|---:|---|"
        for row in ROWS:
            own = self._own(row)
            for variant, rounds in self._rivals(row):
                note = self.notes.get((variant, row.name))
                name = f"{variant} ({note})" if note else variant
                ratios, goal = self._ratios(row, own, rounds), goal_beside(row, variant)
                ratio = f"{median(ratios):.2f}" if ratios else "–"
                mark = "" if goal is None or not ratios else (
                    f"≥ {goal:g}: reached" if median(ratios) >= goal else f"≥ {goal:g}: **missed**")
                yield (f"| {row.work} | {name} | {number(median(rounds.values()))} {row.unit} "
                       f"| {number(median(own.values())) if own else '–'} | {ratio} "
                       f"| {spread(ratios) if ratios else ''} | {mark} |")

    def _pace(self):
        yield "## The host's pace\n"
        yield ("Milliseconds of CPU for one and the same loop, around each engine's turn. A ratio of two turns of another pace "
               "says less than its spread.\n")
        rounds = max(map(len, self.pace.values()))
        yield "| engine | " + " | ".join(f"round {number + 1}" for number in range(rounds)) + " |"
        yield "|---|" + "---:|" * rounds
        for name, seconds in self.pace.items():
            yield f"| {name} | " + " | ".join(f"{one * 1e3:.0f}" for one in seconds) + " |"

    @staticmethod
    def _ratios(row, own, rounds):
        """Round by round; a rival that had fewer rounds is compared with the median of ours."""
        if not own or not rounds:
            return []
        middle = median(own.values())
        pairs = [(own.get(round_, middle), value) for round_, value in rounds.items()]
        return [ours / theirs if row.more_is_better else theirs / ours for ours, theirs in pairs if ours and theirs]

    def _columns(self):
        columns = [(name[5:], variant, rounds) for (variant, name), rounds in self.values.items()
                   if name.startswith("size.") and name != "size.aggregate"]
        if not columns:
            return []
        variants = list(dict.fromkeys(variant for _, variant, _ in columns))
        table = defaultdict(dict)
        for name, variant, rounds in columns:
            table[name][variant] = median(rounds.values())
        lines = ["## Bytes of an event by column\n", "| column | " + " | ".join(variants) + " |",
                 "|---|" + "---:|" * len(variants)]
        for name, sizes in table.items():
            lines.append(f"| {name} | " + " | ".join(
                f"{sizes[variant]:.3f}" if variant in sizes else "" for variant in variants) + " |")
        return lines


def goal(row):
    if row.target is None:
        return ""
    return f"{'≥' if row.more_is_better else '≤'} {number(row.target)} {row.unit}"


def goal_beside(row, variant):
    return next((ratio for name, ratio in row.goals if variant.startswith(name)), None)


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def spread(values):
    values = list(values)
    return f"{number(min(values))}–{number(max(values))}" if len(values) > 1 else "one round"
