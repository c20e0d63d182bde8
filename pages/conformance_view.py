"""The conformance checks as tables for the page: records in, HTML out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from experiments.conformance import Check, Library, Published
from figures import theme
from figures.print.numbers import short
from landscapes.networks.outcome import Outcome

WORDS = {True: "passed", False: "failed", None: "not offered"}
MARKS = {True: "✓", False: "✗", None: "–"}


def style(mode: theme.Mode) -> str:
    """The tables' looks; marks are the theme's green and red, darkened or lightened until they can be read."""
    ground = theme.GROUNDS[mode]
    good, bad = (theme.towards(ground.zones[i], ground.ink, 0.35) for i in (0, 2))
    rule, tint = (theme.towards(ground.paper, ground.ink, share) for share in (0.16, 0.05))
    soft = theme.towards(ground.ink, ground.paper, 0.28)
    return f"""<style>
.conform {{ border-collapse: collapse; width: 100%; font-size: 0.95rem; font-variant-numeric: tabular-nums; }}
.conform th, .conform td {{ padding: 0.5rem 0.75rem; text-align: left; vertical-align: top; border: 0;
  border-bottom: 1px solid {rule}; font-weight: 400; }}
.conform thead th {{ font-weight: 600; vertical-align: bottom; }}
.conform tbody th b {{ font-weight: 600; }}
.conform small {{ display: block; color: {soft}; font-size: 0.85rem; line-height: 1.35; }}
.conform .words {{ color: {soft}; font-size: 0.85rem; }}
.conform .number {{ white-space: nowrap; text-align: right; }}
.conform .good, .conform .bad {{ font-weight: 650; white-space: nowrap; }}
.conform .good {{ color: {good}; }} .conform .bad {{ color: {bad}; }} .conform .none {{ color: {soft}; }}
.conform tfoot th, .conform tfoot td {{ font-weight: 600; border-bottom: 0; }}
.conform .unseen {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
.conform-scroll {{ overflow-x: auto; max-width: 100%; position: relative; }}
.conform-scroll tbody th, .conform-scroll tfoot th, .conform-scroll thead th:first-child
  {{ position: sticky; left: 0; z-index: 1; background: {ground.paper}; min-width: 9rem; }}
.conform-scroll .ours {{ background: {tint}; }}
.conform-scroll td {{ white-space: nowrap; }}
.conform-scroll thead th {{ min-width: 5.5rem; max-width: 9rem; }}
@media (max-width: 640px) {{
  .conform.single, .conform.single tbody {{ display: block; }}
  .conform.single thead {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
  .conform.single tr {{ display: grid; grid-template-columns: 1fr 1fr 1fr; padding: 0.6rem 0; }}
  .conform.single tr {{ border-bottom: 1px solid {rule}; }}
  .conform.single th, .conform.single td {{ border-bottom: 0; padding: 0.1rem 0; }}
  .conform.single th, .conform.single .words {{ grid-column: 1 / -1; }}
  .conform.single .number {{ text-align: left; white-space: normal; }}
  .conform.single .number:nth-of-type(3)::before {{ content: "allowed "; color: {soft}; font-size: 0.85rem; }}
  .conform.single td:last-child {{ text-align: right; }}
  .conform-scroll th, .conform-scroll td {{ padding: 0.45rem 0.5rem; }}
}}
</style>"""


def own_table(checks: Sequence[Check], outcomes: Mapping[str, Outcome], running: bool = False) -> str:
    """A row for each check with what it measures, its number, its tolerance and its verdict; those still to come say so."""
    kinds = (("Check, and why", ""), ("What is measured", ""), ("Measured", "number"), ("Allowed", "number"), ("Verdict", ""))
    heads = "".join(f'<th scope="col" class="{kind}">{name}</th>' for name, kind in kinds)
    rows = [
        f'<tr><th scope="row"><b>{escape(check.title)}</b><small>{_sentence(check.why)}</small></th>'
        + _found(outcomes.get(check.key), "to come" if running else "not run")
        + "</tr>"
        for check in checks
    ]
    return f'<table class="conform single"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _found(outcome: Outcome | None, waiting: str) -> str:
    """The cells beside a check. Where there is no number, the sentence says why."""
    if outcome is None:
        cells = ("", "", "", f'<span class="none">{waiting}</span>')
    else:
        number = "" if outcome.measured is None else short(outcome.measured, 3)
        verdict = _marked(outcome.passed, f"{MARKS[outcome.passed]} {WORDS[outcome.passed]}")
        cells = (_sentence(outcome.what or outcome.sentence), number, escape(outcome.expected.replace("<=", "≤")), verdict)
    classes = ("words", "number", "number", "")
    return "".join(f'<td class="{kind}">{cell}</td>' for kind, cell in zip(classes, cells))


def _marked(passed: bool | None, words: str) -> str:
    return f'<span class="{ {True: "good", False: "bad", None: "none"}[passed] }">{words}</span>'


def published_table(run: Published) -> str:
    """A column for each library that ran, ours first: mark and number for each check, and how many passed."""
    ran = (run.ours, *run.others)
    heads = "".join(
        f'<th scope="col"{_own(run, lib)}>{escape(lib.name)}<small>{escape(lib.version)}</small></th>' for lib in ran
    )
    rows = [
        f'<tr><th scope="row">{escape(check.title)}</th>'
        + "".join(f"<td{_own(run, lib)}>{_cell(lib.outcomes[check.key])}</td>" for lib in ran)
        + "</tr>"
        for check in run.checks
    ]
    totals = "".join(f"<td{_own(run, lib)}>{lib.passed} of {lib.offered}</td>" for lib in ran)
    return (
        '<div class="conform-scroll" tabindex="0" role="region" aria-label="Checks by library, can be scrolled">'
        f'<table class="conform"><thead><tr><th scope="col">Check</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody>'
        f'<tfoot><tr><th scope="row">Passed, of what is offered</th>{totals}</tr></tfoot></table></div>'
    )


def _own(run: Published, library: Library) -> str:
    return ' class="ours"' if library is run.ours else ""


def _cell(outcome: Outcome) -> str:
    number = "" if outcome.measured is None else f" {short(outcome.measured, 2)}"
    unseen = f'<span class="unseen">{WORDS[outcome.passed]}</span>'  # a screen reader's name for the mark
    return _marked(outcome.passed, MARKS[outcome.passed]) + unseen + number


def failures(run: Published) -> str:
    """What failed where, as a list in Markdown."""
    titles = {check.key: check.title for check in run.checks}
    lines = []
    for library in (run.ours, *run.others):
        failed = [outcome for outcome in library.outcomes.values() if outcome.passed is False]
        if failed:
            lines.append(f"- **{library.name}** {library.version}")
            lines += [f"    - {titles[o.check]}: {o.sentence}; allowed {o.expected.replace('<=', '≤')}" for o in failed]
    return "\n".join(lines)


def differences(shipped: Mapping[str, Outcome], found: Mapping[str, Outcome]) -> list[str]:
    """The keys of checks with another verdict than in the shipped run."""
    return [key for key, outcome in found.items() if key not in shipped or shipped[key].passed is not outcome.passed]


def _sentence(words: str) -> str:
    return escape(words[:1].upper() + words[1:])
