"""Run the conformance checks on Ravine and on the libraries that are installed; write what they gave.

    python -m benchmarks.conformance            # writes docs/conformance.json and, from it, docs/conformance.md
    python -m benchmarks.conformance --render   # writes docs/conformance.md from docs/conformance.json as it is

None of the libraries is needed by Ravine: install them into an environment of their own, see benchmarks/README.md.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.conformance.peers import installed, not_adapted
from experiments.conformance import versions
from landscapes.networks.conformance import CHECKS, Ours, run_checks

DOCS = Path(__file__).parents[2] / "docs"
RAW, PAGE = DOCS / "conformance.json", DOCS / "conformance.md"
MARKS = {True: "✓", False: "✗", None: "–"}


def gathered() -> dict[str, Any]:
    """What every check gave on every library, as plain data."""
    torch.set_num_threads(1)
    found = [{"name": Ours.name, "version": Ours.version, "outcomes": [asdict(o) for o in run_checks(Ours())]}]
    for library, version in installed():
        runs = not version.startswith("not run")
        outcomes = [asdict(outcome) for outcome in run_checks(library())] if runs else []
        found.append({"name": library.name, "version": version, "outcomes": outcomes})
        print(f"{library.name} {version}: {sum(o['passed'] is True for o in outcomes)} passed", file=sys.stderr)
    found += [{"name": name, "version": reason, "outcomes": []} for name, reason in not_adapted()]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions(),
        "checks": [{"key": key, "title": check.title, "why": check.why} for key, check in CHECKS.items()],
        "libraries": found,
    }


def page(data: dict[str, Any]) -> str:
    """The page, every number of which is in the data."""
    libraries, checks = data["libraries"], data["checks"]
    with_versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    titles = {check["key"]: check["title"] for check in checks}
    ran = [library for library in libraries if library["outcomes"]]
    lines = [
        "# Conformance of loss-landscape plots",
        "",
        f"Written by `python -m benchmarks.conformance` on {data['date']} with {with_versions}; raw output in",
        "`conformance.json`. Every check draws a plot whose truth is known and measures a number: ✓ passed, ✗ failed, – not",
        "offered by the library. Anyone can run the same checks on Ravine's own slices: a page of the app does.",
        "",
        "| check | " + " | ".join(f"{library['name']} {library['version']}".strip() for library in ran) + " |",
        "| --- |" + " --- |" * len(ran),
    ]
    for i, check in enumerate(checks):
        cells = [_cell(library["outcomes"][i], check["key"]) for library in ran]
        lines.append(f"| {check['title']} | " + " | ".join(cells) + " |")
    totals = [f"{sum(o['passed'] is True for o in lib['outcomes'])} of {_offered(lib)}" for lib in ran]
    lines += ["| **passed, of what is offered** | " + " | ".join(totals) + " |", "", "## What each number is", ""]
    for check, ours in zip(checks, ran[0]["outcomes"]):
        what = ours["sentence"].partition(":")[0]
        lines.append(f"- **{check['title']}**: {check['why']}. Measured: {what}, {ours['expected']}.")
    failures = [(lib, o) for lib in ran for o in lib["outcomes"] if o["passed"] is False]
    if failures:
        lines += ["", "## What failed", ""]
        lines += [f"- {lib['name']}, “{titles[o['check']]}”: {o['sentence']}" for lib, o in failures]
    missing = [library for library in libraries if not library["outcomes"]]
    if missing:
        lines += ["", "## What did not run", ""]
        lines += [f"- {library['name']}: {library['version']}" for library in missing]
    return "\n".join(lines) + "\n"


def _offered(library: dict[str, Any]) -> int:
    return sum(outcome["passed"] is not None for outcome in library["outcomes"])


def _cell(outcome: dict[str, Any], key: str) -> str:
    if outcome["check"] != key:
        raise ValueError(f"the raw output is of other checks: it has {outcome['check']!r} where {key!r} belongs")
    number = "" if outcome["measured"] is None else f" {outcome['measured']:.2g}"
    return MARKS[outcome["passed"]] + number


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--render"]):
        raise SystemExit("usage: python -m benchmarks.conformance [--render]")
    if not arguments:
        RAW.write_text(json.dumps(gathered(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(json.loads(RAW.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
