"""A scene as one HTML file that plays in any browser, with no server and no network."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from html import escape

from figures.bundle import bundle
from figures.payload import payload
from figures.scene import Scene
from figures.theme import FONT, GROUNDS, Ground


def standalone(scene: Scene, caption: str = "") -> str:
    """The scene as a page: it plays, steps, zooms and saves pictures; the start and the learning rates stand still.

    `caption` is text below the stage. The file holds the stage's script and the scene's numbers, to the last bit, and forbids
    the browser to fetch anything.
    """
    data = b64encode(payload(replace(scene, live=False), key="standalone", connected=False)).decode()
    code = bundle().replace("</script", "<\\/script")
    return _PAGE.format(
        title=escape(scene.title),
        light=_colours(GROUNDS["light"]),
        dark=_colours(GROUNDS["dark"]),
        font=FONT,
        caption=f"<figcaption>{escape(caption)}</figcaption>" if caption else "",
        data=data,
        code=code,
    )


def _colours(ground: Ground) -> str:
    """The page's colours, as Streamlit names them for its components."""
    named = {
        "background-color": ground.paper,
        "secondary-background-color": ground.outside,
        "text-color": ground.ink,
        "border-color": f"color-mix(in srgb, {ground.ink} 22%, {ground.paper})",
        "primary-color": ground.contour,
    }
    return " ".join(f"--st-{name}: {value};" for name, value in named.items())


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:; media-src blob:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; {light} --st-font: {font}; }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ margin: 0; padding: 1rem clamp(0.6rem, 2vw, 2rem); background: var(--st-background-color); color: var(--st-text-color);
  font-family: var(--st-font); line-height: 1.45; }}
figure {{ margin: 0 auto; max-width: 120rem; }}
figcaption {{ margin-top: 1rem; max-width: 70ch; white-space: pre-line; }}
</style>
</head>
<body>
<main>
<figure><div id="stage"></div>{caption}</figure>
</main>
<script>
{code}
const bytes = Uint8Array.from(atob("{data}"), (c) => c.charCodeAt(0))
const root = document.getElementById("stage").attachShadow({{ mode: "open" }})
root.innerHTML = '<div class="stage"></div>'
const play = () => ravine.show({{ parentElement: root, data: bytes, setStateValue: () => {{}} }})
play()
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", play)
</script>
</body>
</html>
"""
