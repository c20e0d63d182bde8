"""The checkpoint that a training writes, and the one before it, in case the newest turns out to be broken."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open


@dataclass(frozen=True)
class Checkpoints:
    """A folder where a training replaces `training.safetensors` again and again. Copies are links: they cost nothing."""

    folder: Path

    @property
    def newest(self) -> Path:
        return self.folder / "training.safetensors"

    @property
    def _seen(self) -> Path:
        return self.folder / "seen.safetensors"

    @property
    def _previous(self) -> Path:
        return self.folder / "previous.safetensors"

    def keep(self) -> None:
        """Notice a new checkpoint and keep the one before it. Call it now and then; it costs two looks at the disk."""
        try:
            number = self.newest.stat().st_ino
        except FileNotFoundError:
            return
        if not self._seen.exists():
            os.link(self.newest, self._seen)
        elif self._seen.stat().st_ino != number:
            self._seen.replace(self._previous)
            self._seen.unlink(missing_ok=True)  # renaming between two links of one file leaves both
            os.link(self.newest, self._seen)

    def mend(self) -> str:
        """Make the newest checkpoint one that can be read; a sentence if the one there could not.

        A broken file is set aside under another name, not deleted.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not any(path.exists() for path in (self.newest, self._seen, self._previous)) or _readable(self.newest):
            return ""
        for path in (self.newest, self._seen, self._previous):
            if _readable(path):
                os.link(path, self.newest)
                return "The newest checkpoint could not be read; it went on from the one before."
            if path.exists():
                path.replace(path.with_name(f"broken-{time.time_ns()}-{path.name}"))
        return "The checkpoint could not be read; it began anew. The broken file is kept in the folder."


def _readable(path: Path) -> bool:
    """Whether the file is a whole safetensors file: the header tells its length."""
    try:
        with safe_open(path, framework="np") as file:
            return bool(file.keys())
    except (SafetensorError, OSError, ValueError):
        return False
