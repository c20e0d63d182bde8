"""A Plotly figure that stays the same chart while it changes: camera, zoom and hidden lines outlive every rerun.

`st.plotly_chart` makes a new chart whenever the figure differs, and what the visitor did to the old one is lost. Here the
figure is changed in place. Its JavaScript and style sheet are files under `static/plotly_view/`, and a browser fetches them and
plotly.js when the first view is shown, not before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

STATIC = Path(__file__).parents[2] / "static"


def plotly_view(
    figure: go.Figure, *, key: str, height: int, revision: str, text: str = "", config: Mapping[str, Any] | None = None
) -> None:
    """Show the figure, `height` pixels high and as wide as there is room.

    While `revision` is the same the visitor's camera, zoom and hidden lines stay; another one starts afresh. `text` says what
    is shown to those who do not see it; `config` is Plotly's. Scenes in 3-D get buttons and keys for their cameras.
    """
    try:
        script = vendored(STATIC / "vendor")
    except OSError as error:
        st.warning(f"This view needs plotly.js in {STATIC / 'vendor'}, which could not be written: {error.strerror}.")
        return
    sent = {"id": key, "revision": revision, "height": height, "script": script, "text": text, "config": dict(config or {})}
    _component(_version(STATIC / "plotly_view"), height)(key=key, data=sent | {"figure": figure.to_json()})


def vendored(folder: Path) -> str:
    """The name of plotly.js in `folder`, where the installed plotly package's copy is put at first use, whole or not at all.

    Raises OSError where the folder cannot be written.
    """
    name = f"plotly-{version('plotly')}.min.js"
    if not (folder / name).exists():
        from plotly.offline import get_plotlyjs

        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{name}.{os.getpid()}"
        part.write_text(get_plotlyjs(), encoding="utf-8")
        part.replace(folder / name)
    return name


@cache
def _version(folder: Path) -> str:
    """A hash of the files, so that a browser never runs an old one after an upgrade."""
    digest = sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


# Streamlit may stand behind any base path; its own bundle is the one script whose address is always right.
_LOADER = """
let view
export default (component) => {
  const bundle = document.querySelector('script[src*="static/js/"]')?.src ?? document.baseURI
  const file = new URL("app/static/plotly_view/plotly_view.js?v=VERSION", bundle.replace(/static\\/js\\/.*$/, ""))
  const place = component.parentElement.querySelector(".plotly_view")
  view ??= import(file.href)
  const shown = view.then((module) => module.show(component), () => {
    view = undefined
    place.textContent = `This view could not be loaded from ${file.pathname}. Reload the page; if that does not help, ` +
      "the server does not serve the app's static folder (server.enableStaticServing)."
  })
  return () => { shown.then((dispose) => dispose?.()) }
}
"""


@cache
def _component(version: str, height: int) -> Callable[..., Any]:
    return st.components.v2.component(
        "ravine_plotly_view",
        html=f'<div class="plotly_view" style="min-height: {height}px">Loading ...</div>',
        js=_LOADER.replace("VERSION", version),
        isolate_styles=False,  # Plotly writes its style sheet into the page
    )
