"""Who is who: a line and a marker for every run, its name, what it was run with and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from figures.print.letters import STRONG, cut, width, wrapped
from figures.print.look import Look
from figures.print.numbers import short
from figures.print.plate import Map, Path
from figures.print.sheet import DASHES, EVEN, MARKERS, Box, Sheet
from figures.theme import Style

HANDLE = 2.9  # ems that a line with its marker takes
ROW = 1.5


class Entry(NamedTuple):
    """A run in words: its name, what it was run with, and what became of it."""

    label: str
    detail: str
    outcome: str

    def wide(self, size: float, *, detail: bool = True) -> float:
        rest = self.said(detail=detail)
        return width(self.label, size, STRONG) + (width("  " + rest, size) if rest else 0)

    def said(self, *, detail: bool = True, outcome: bool = True) -> str:
        return " · ".join(part for part in (self.detail * detail, self.outcome * outcome) if part)


def entries(paths: Sequence[Path], ground: Map) -> list[Entry]:
    return [Entry(path.label, path.detail, outcome(path, ground)) for path in paths]


def outcome(path: Path, ground: Map) -> str:
    """What became of a run: where it left the map, when it diverged, else the loss at its last step."""
    if path.last < 0:
        return "cannot run here" if path.reason else "not finite from the start"
    fate = path.fate(ground.window)
    loss, told = short(float(path.loss[path.last])), fate.words(steps=path.steps)
    return told if fate.diverged is not None else f"{told}, ended at loss {loss}" if told else f"loss {loss}"


def briefly(path: Path, ground: Map) -> list[str]:
    """The same in few words, and in fewer."""
    if path.last < 0:
        return ["cannot run here", "none"] if path.reason else ["not finite", "none"]
    fate = path.fate(ground.window)
    if fate.diverged is not None:
        return [f"diverged, step {path.step(fate.diverged)}", "diverged", "div."]
    loss = short(float(path.loss[path.last]))
    if fate.left is None:
        return [f"loss {loss}", loss]
    left = f"left, step {path.step(fate.left)}"
    return [f"{left}, loss {loss}", left, "left"]


def columns(listed: Sequence[Entry], size: float, room: float) -> int:
    """How many columns of whole entries fit abreast; at least one."""
    for count in range(min(len(listed), 4), 1, -1):
        if all(entry.wide(size) + (HANDLE + 1.2) * size <= room / count for entry in listed):
            return -(-len(listed) // -(-len(listed) // count))
    return 1


def strip_height(listed: Sequence[Entry], look: Look, room: float) -> float:
    """The height of a legend under the figure."""
    return -(-len(listed) // columns(listed, look.font, room)) * ROW * look.font


def draw_strip(sheet: Sheet, box: Box, listed: Sequence[Entry], style: Mapping[str, Style], *, outcome: bool = True) -> None:
    """The legend under the figure, column by column; `outcome`: whether it says what became of the runs."""
    em, count = sheet.em, columns(listed, sheet.em, box.width)
    rows = -(-len(listed) // count)
    for i, entry in enumerate(listed):
        x, y = box.left + (i // rows) * box.width / count, box.top + (i % rows + 0.5) * ROW * em
        _handle(sheet, x, y, style[entry.label], run=entry.outcome != "cannot run here")
        x += HANDLE * em
        room = box.width / count - (HANDLE + 0.4) * em
        label = cut(entry.label, em, room, STRONG)
        sheet.text(x, y, label, em, STRONG)
        taken = width(label + "  ", em, STRONG)
        for said in (entry.said(outcome=outcome), entry.said(detail=not outcome, outcome=outcome)):
            if width(said, em) + taken <= room:
                sheet.text(x + taken, y, said, em, alpha=0.85)
                break


def _lines(entry: Entry, look: Look, room: float, outcome: bool = True) -> list[str]:
    """What stands under a name in a legend beside the figure."""
    return wrapped(entry.said(outcome=outcome), look.small, room)


def column_width(listed: Sequence[Entry], look: Look) -> float:
    """The width of a legend beside the figure: of the names, and of most of what is said of them in one line."""
    said = [width(entry.said(), look.small) for entry in listed]
    widest = max([7 * look.font, *(width(entry.label, look.font, STRONG) for entry in listed)])
    return HANDLE * look.font + max(widest, *(min(wide, 12 * look.font) for wide in said)) + 0.3 * look.font


def column_height(listed: Sequence[Entry], look: Look, room: float) -> float:
    """Its height, with names and what became of the runs under them."""
    lines = sum(len(_lines(entry, look, room - HANDLE * look.font)) for entry in listed)
    return (1.9 * len(listed) + 1.15 * lines) * look.font


def draw_column(sheet: Sheet, box: Box, listed: Sequence[Entry], style: Mapping[str, Style], *, outcome: bool = True) -> None:
    """The legend beside the figure: the name, and under it in small letters the rest."""
    em, small, y = sheet.em, sheet.look.small, box.top
    x, room = box.left + HANDLE * em, box.width - HANDLE * em
    for entry in listed:
        _handle(sheet, box.left, y + 0.7 * em, style[entry.label], run=entry.outcome != "cannot run here")
        sheet.text(x, y + 0.7 * em, cut(entry.label, em, room, STRONG), em, STRONG)
        for i, line in enumerate(_lines(entry, sheet.look, room, outcome)):
            sheet.text(x, y + (1.9 + 1.15 * i) * em, line, small, alpha=0.85)
        y += (1.9 + 1.15 * len(_lines(entry, sheet.look, room))) * em


def _handle(sheet: Sheet, x: float, y: float, style: Style, *, run: bool) -> None:
    em, colour = sheet.em, style.colour(sheet.look.mode)
    alpha = 1.0 if run else 0.4
    sheet.line([x, x + 2.2 * em], [y, y], color=colour, linewidth=0.165 * em, linestyle=DASHES[style.dash], alpha=alpha)
    sheet.line(
        [x + 1.1 * em], [y], marker=MARKERS[style.marker], markersize=0.72 * em * EVEN[style.marker], color=colour,
        markeredgecolor=sheet.ground.halo, markeredgewidth=0.1 * em, alpha=alpha,
    )  # fmt: skip
