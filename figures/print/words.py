"""A figure's own words: title and annotation over it, the note under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from figures.print.exhibit import Exhibit
from figures.print.letters import STRONG, wrapped
from figures.print.look import Look
from figures.print.plate import Multiples, Plate
from figures.print.sheet import Sheet

TITLE = 1.25  # ems of its letters


@dataclass(frozen=True)
class Words:
    """A figure's title, annotation and note in lines, with the height they take over and under the rest, in ems."""

    title: Sequence[str]
    annotation: Sequence[str]
    note: Sequence[str]

    @property
    def head(self) -> float:
        return 1.6 * len(self.title) + 1.35 * len(self.annotation) + (0.4 if self.title or self.annotation else 0)

    @property
    def foot(self) -> float:
        return 1.2 * len(self.note) + (0.5 if self.note else 0)


def words_of(plate: Plate | Multiples | Exhibit, look: Look) -> Words:
    em, room = look.font, look.points(look.width) - 2 * margin(look)
    return Words(
        wrapped(plate.title, TITLE * em, room, STRONG) if look.title else (),
        wrapped(plate.annotation, em, room) if look.annotation else (),
        wrapped(plate.note, look.small, room),
    )


def margin(look: Look) -> float:
    """Paper figures end where their ink ends, nearly; those for a screen keep away from its edge."""
    return (0.5 if look.unit == "mm" else 1.7) * look.font


def draw_words(sheet: Sheet, words: Words, margin: float) -> None:
    """Title and annotation at the top, the note at the foot."""
    em, y = sheet.em, margin
    for line in words.title:
        sheet.text(margin, y + 0.75 * em, line, TITLE * em, STRONG)
        y += 1.6 * em
    for line in words.annotation:
        sheet.text(margin, y + 0.6 * em, line, em, alpha=0.85)
        y += 1.35 * em
    for i, line in enumerate(reversed(words.note)):
        sheet.text(margin, sheet.height - margin - (i + 0.5) * 1.2 * em, line, sheet.look.small, alpha=0.75)
