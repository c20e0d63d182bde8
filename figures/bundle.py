"""The stage's modules as one script, so that a browser fetches it in one request, or none at all.

The sources under `static/stage/` are standard modules, and nothing else is needed to edit or test them. Here each becomes the
body of a function, in the order of their imports, which runs wherever a script does, also in a file opened from a disk.
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

_IMPORT = re.compile(r'^import (?:\* as )?(\w+|\{[^}]*\}) from "\./(\w+)\.js"$', re.MULTILINE)
_TEXT = re.compile(r'^import (\w+) from "\./([\w.]+)" with \{ type: "text" \}$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*|\bimport\s*[.(]", re.MULTILINE)


@cache
def bundle() -> str:
    """One classic script that defines `ravine`, whose `show` is that of stage.js.

    Raises ValueError for a module with an import or an export in another form than those above.
    """
    written: dict[str, str] = {}

    def read(name: str) -> str:
        return (SOURCES / name).read_text(encoding="utf-8")

    def add(name: str) -> None:
        source = _TEXT.sub(lambda found: f"const {found[1]} = {json.dumps(read(found[2]))}", read(f"{name}.js"))
        for _, needed in _IMPORT.findall(source):
            if needed not in written:
                add(needed)
        exports = ", ".join(_EXPORT.findall(source))
        body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = modules.\2", source))
        if found := _LEFT_OVER.search(body):
            raise ValueError(f"{name}.js: cannot bundle {found[0]!r}")
        written[name] = f"modules.{name} = (() => {{\n{body}return {{ {exports} }}\n}})()\n"

    add("stage")
    head = 'const ravine = (() => {\n"use strict"\nconst modules = {}\n'
    return "".join([head, *written.values(), "return modules.stage\n})()\n"])


@cache
def module() -> str:
    """The bundle as an ES module that exports `show`."""
    return f"{bundle()}export const {{ show }} = ravine\n"


@cache
def version() -> str:
    """A hash of the bundle, so that a browser never runs an old one after an upgrade."""
    return sha256(module().encode()).hexdigest()[:12]


def served(folder: Path = STATIC / "bundle") -> bool:
    """Whether `stage.js` in `folder` is the module: it is written there once, unless the folder is read-only and it is not."""
    file = folder / "stage.js"
    try:
        if not file.exists() or file.read_text(encoding="utf-8") != module():
            folder.mkdir(exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_text(module(), encoding="utf-8")
            fresh.replace(file)  # whole at once, for whoever reads meanwhile
    except OSError:
        return False
    return True


if __name__ == "__main__":
    print(f"{len(module().encode()) // 1000} kB in {STATIC / 'bundle'}" if served() else "the folder cannot be written")
