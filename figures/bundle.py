"""The modules of a canvas, the stage or the map, as one script: a browser fetches it in one request, or none at all.

The sources under `static/stage/` and `static/map/` are standard modules, and nothing else is needed to edit or test them. Here
each becomes the body of a function, in the order of their imports, which runs wherever a script does, also in a file opened
from a disk.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
SOURCES = STATIC / "stage"

_IMPORT = re.compile(r'^import (?:\* as )?(\w+|\{[^}]*\}) from "(\./|\.\./\w+/)(\w+)\.js"$', re.MULTILINE)
_TEXT = re.compile(r'^import (\w+) from "(\./|\.\./\w+/)([\w.]+)" with \{ type: "text" \}$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*|\bimport\s*[.(]", re.MULTILINE)


@cache
def bundle(entry: str = "stage") -> str:
    """One classic script that defines `ravine`, whose `show` is that of the entry's module: stage.js, or map.js.

    Raises ValueError for a module with an import or an export in another form than those above.
    """
    written: dict[str, str] = {}

    def add(folder: Path, name: str) -> None:
        def text(found: re.Match[str]) -> str:
            return f"const {found[1]} = {json.dumps((folder / found[2] / found[3]).read_text(encoding='utf-8'))}"

        source = _TEXT.sub(text, (folder / f"{name}.js").read_text(encoding="utf-8"))
        for _, place, needed in _IMPORT.findall(source):
            if needed not in written:
                add(folder / place, needed)
        exports = ", ".join(_EXPORT.findall(source))
        body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = modules.\3", source))
        if found := _LEFT_OVER.search(body):
            raise ValueError(f"{name}.js: cannot bundle {found[0]!r}")
        written[name] = f"modules.{name} = (() => {{\n{body}return {{ {exports} }}\n}})()\n"

    add(SOURCES.with_name(entry) if entry != "stage" else SOURCES, entry)
    head = 'const ravine = (() => {\n"use strict"\nconst modules = {}\n'
    return "".join([head, *written.values(), f"return modules.{entry}\n}})()\n"])


@cache
def module(entry: str = "stage") -> str:
    """The bundle as an ES module that exports `show`."""
    return f"{bundle(entry)}export const {{ show }} = ravine\n"


@cache
def version(entry: str = "stage") -> str:
    """A hash of the bundle, so that a browser never runs an old one after an upgrade."""
    return sha256(module(entry).encode()).hexdigest()[:12]


def served(folder: Path = STATIC / "bundle", entry: str = "stage") -> bool:
    """Whether the entry's script in `folder` is the module: it is written there once, unless the folder is read-only."""
    file = folder / f"{entry}.js"
    try:
        if not file.exists() or file.read_text(encoding="utf-8") != module(entry):
            folder.mkdir(exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_text(module(entry), encoding="utf-8")
            fresh.replace(file)  # whole at once, for whoever reads meanwhile
    except OSError:
        return False
    return True


if __name__ == "__main__":
    for name in ("stage", "map"):
        size = len(module(name).encode()) // 1000
        print(f"{name}: {size} kB in {STATIC / 'bundle'}" if served(entry=name) else "the folder cannot be written")
