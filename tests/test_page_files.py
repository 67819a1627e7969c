"""What the page is made of: vendored files as published, nothing inline or from elsewhere, no markup."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from asknext import studio

STATIC = Path(studio.__file__).parent / "static"
KINDS = {".js", ".css", ".html", ".svg"}
OWN = sorted(p for p in STATIC.rglob("*") if p.suffix in KINDS and "vendor" not in p.parts)
VENDORED = json.loads((STATIC / "vendor" / "VENDOR.json").read_text())


@pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["file"])
def test_vendored_files_are_those_published(entry: dict[str, str]) -> None:
    folder = STATIC / "vendor"
    assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert entry["integrity"].startswith("sha512-")
    assert all((folder / name).stat().st_size > 500 for name in entry["licence_files"])


def test_every_vendored_file_is_accounted_for() -> None:
    named = {name for entry in VENDORED for name in (entry["file"], *entry["licence_files"])}
    assert {p.name for p in (STATIC / "vendor").iterdir()} == named | {"VENDOR.json"}


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(STATIC)))
def test_nothing_from_elsewhere_and_no_markup_from_data(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"(?:https?:)?//[\w-]+\.\w+", text.replace("http://www.w3.org/2000/svg", ""))
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert word not in text


@pytest.mark.parametrize("path", [p for p in OWN if p.suffix == ".js"], ids=lambda path: path.name)
def test_modules_are_small_and_import_what_is_there(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 300
    assert max(map(len, text.splitlines())) <= 120
    for target in re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', text):
        assert (path.parent / target).is_file(), target


def test_the_shell_has_no_inline_script_or_style() -> None:
    found: list[str] = []

    class Look(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names = dict(attrs)
            if (tag == "script" and "src" not in names) or tag == "style":
                found.append(tag)
            found.extend(name for name in names if name == "style" or name.startswith("on"))
            for name in ("src", "href"):
                if name in names:
                    assert (STATIC / str(names[name]).removeprefix("/static/")).is_file()

    Look().feed((STATIC / "index.html").read_text())
    assert not found
