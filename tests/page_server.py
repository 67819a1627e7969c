"""A labelling project with its real server, and a browser on it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest

from asknext.log.events import Event
from asknext.log.reader import read_events
from asknext.studio.people import People
from asknext.studio.roles import Role

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
ASKNEXT = os.environ.get("ASKNEXT_COMMAND", f"{sys.executable} -m asknext").split()
"""The command that is tested; another one than this environment's where the variable says so."""

N = 60
"""Items of a project here; the first two are equal."""


def write_items(kind: str, folder: Path) -> Path:
    """Items of two kinds that are easily told apart."""
    rng = np.random.default_rng(0)
    if kind == "text":
        words = [["parcel", "late", "broken"], ["thanks", "great", "kind"]]
        lines = [f"{' '.join(rng.choice(words[i % 2], 8))} number {i}" for i in range(N)]
        lines[1] = lines[0]
        (folder / "texts.txt").write_text("\n".join(lines) + "\n")
        return folder / "texts.txt"
    if kind == "table":
        values = rng.normal(size=(N, 3)).round(3) + 4 * (np.arange(N) % 2)[:, None]
        values[1] = values[0]
        rows = [",".join(map(str, row)) for row in values]
        (folder / "rows.csv").write_text("\n".join(["length,width,height", *rows]) + "\n")
        return folder / "rows.csv"
    from PIL import Image

    pictures = folder / "pictures"
    pictures.mkdir()
    for i in range(N):
        pixels = rng.integers(0, 90, size=(24, 32, 3)) + 150 * (i % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(pictures / f"p{i:03}.png")
    shutil.copy(pictures / "p000.png", pictures / "p001.png")
    return pictures


class Served:
    """`asknext label` in a process of its own, which can be killed and started again on the same port.

    Parameters
    ----------
    project : the directory of the project.
    items : what it labels.
    options : further ones of the command.
    """

    def __init__(self, project: Path, items: Path, *options: str) -> None:
        self.project = project
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command = [*ASKNEXT, "label", str(project), "--items", str(items), "--classes", "first,second",
                        "--port", str(self.port), "--no-browser", *options]  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start, and learn the address."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        self.url = next(line.split()[-1] for line in lines if "http://" in line)
        self.token = self.url.partition("token=")[2]

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The reply of a route."""
        headers = {"Authorization": f"Bearer {self.token}", "X-Asknext": "1"}
        headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.port}{path}"
        with urlopen(Request(address, data=data, headers=headers), timeout=20) as reply:
            return json.load(reply)

    def link(self, name: str, role: str) -> str:
        """The link that lets somebody in who did not come before."""
        return f"http://127.0.0.1:{self.port}/?token={People(self.project).add(name, Role(role))}"

    def events(self) -> list[Event]:
        """The whole log."""
        return read_events(self.project)

    def answer(self, item: int) -> str | None:
        """The answer that stands for an item: a class, or the kind of another answer."""
        given = self.call(f"/api/items/{item}")["answer"]
        return None if given is None else given.get("class", given.get("kind"))


@contextmanager
def project(kind: str, folder: Path, *options: str) -> Iterator[Served]:
    """A project at work."""
    served = Served(folder / "project", write_items(kind, folder), *options)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.kill()


@contextmanager
def browser(*flags: str) -> Iterator[Any]:
    """Chromium with further flags, or a skipped test."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *flags])
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def visit(chromium: Any, url: str, at: str = "[data-item]", **settings: Any) -> Iterator[Any]:
    """A page of its own that fails on an error in a script and on a request to anywhere but this machine."""
    context = chromium.new_context(**({"viewport": {"width": 1280, "height": 800}} | settings))
    faults: list[str] = []
    context.on("request", lambda request: faults.append(request.url) if foreign(request.url) else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    try:
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector(at)
        yield page
    finally:
        context.close()
    assert not faults


def foreign(url: str) -> bool:
    """Whether an address is not this machine's."""
    return not url.startswith(("http://127.0.0.1:", "blob:", "data:", "about:"))


def current(page: Any) -> int:
    """The item in front."""
    return int(page.get_attribute("[data-item]", "data-item"))


def press(page: Any, *keys: str) -> None:
    """Keys, one after the other, as a person would."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(30)


def saved(page: Any) -> None:
    """Wait until the page says that all is saved."""
    page.get_by_text("All saved").wait_for()


def exported(page: Any) -> dict[int, str]:
    """What the export holds: the class, or the kind of another answer, of every item that has one."""
    page.locator("summary", has_text="Export").focus()
    with page.expect_download() as download:
        press(page, "Enter", "Tab", "Tab", "Enter")
    lines = map(json.loads, Path(download.value.path()).read_text().splitlines())
    return {one["item"]: one["class"] or one["answer"] for one in lines}
