"""The stage as one script, and a scene as one file."""

import re
import subprocess
import sys
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import pytest

from figures import bundle as bundling
from figures.bundle import SOURCES, bundle, module, served, version
from figures.payload import payload
from figures.standalone import standalone
from tests.figures.scenes import a_curve, a_scene
from tests.figures.test_payload import array, unpacked

ROOT = Path(__file__).parents[2]


def test_every_module_is_in_the_bundle_after_what_it_imports() -> None:
    order = re.findall(r"^modules\.(\w+) = ", bundle(), re.MULTILINE)
    assert sorted(order) == sorted(path.stem for path in SOURCES.glob("*.js"))
    for path in SOURCES.glob("*.js"):
        for needed in re.findall(r'from "\./(\w+)\.js"', path.read_text()):
            assert order.index(needed) < order.index(path.stem)
    assert ".ravine" in bundle(), "the style sheet goes along"


@pytest.mark.parametrize("line", ['import "./numbers.js"', "export default 1", 'const m = await import("./numbers.js")'])
def test_another_form_of_import_is_refused(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stage.js").write_text(f"{line}\nexport const show = 1\n")
    monkeypatch.setattr(bundling, "SOURCES", tmp_path)
    with pytest.raises(ValueError, match=r"stage\.js: cannot bundle"):
        bundle.__wrapped__()


def test_the_script_is_written_once_and_again_when_it_changed(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    file = folder / "stage.js"
    assert served(folder) and file.read_text() == module()
    file.write_text("an older one")
    assert served(folder) and file.read_text() == module()
    before = file.stat().st_ino
    assert served(folder) and file.stat().st_ino == before
    assert [path.name for path in folder.iterdir()] == ["stage.js"]
    (tmp_path / "file").touch()
    assert not served(tmp_path / "file" / "bundle"), "no folder can be made there"
    assert re.fullmatch("[0-9a-f]{12}", version())


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_file_of_its_own_asks_for_nothing_and_escapes_its_words() -> None:
    text = standalone(a_scene(title='</title><script>alert("x")</script>'), caption="</figure><img src=x> & more")
    page = Page(text)
    assert [tag for tag, _ in page.tags if tag in ("script", "img", "link", "iframe")] == ["script"]
    assert not [attributes for _, attributes in page.tags if "src" in attributes or "href" in attributes]
    assert "</figure><img src=x> & more" in page.words
    policy = next(attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'") and "http" not in policy


def test_the_numbers_in_the_file_are_the_numbers_of_the_scene() -> None:
    for scene in (a_scene(), a_curve()):
        data = re.search(r'atob\("([^"]+)"\)', standalone(scene))
        assert data is not None
        header, body = unpacked(b64decode(data[1]))
        assert header["live"] is False and header["connected"] is False and header["map"]["length"] == scene.height.values.size
        for runner, sent in zip(scene.runners, header["runners"]):
            assert array(body, sent["path"], "<f8").tobytes() == runner.path.tobytes()
    assert unpacked(payload(scene))[0]["connected"] is True


def test_no_streamlit_is_needed() -> None:
    code = "import sys, figures.standalone, figures.scene\nprint({'streamlit', 'plotly', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
