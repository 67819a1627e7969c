"""Two hundred real pictures, texts and rows, all answered by keyboard alone, exported and imported again."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from asknext.cli import export, import_  # noqa: F401  (they register)
from asknext.log import fold
from asknext.log.reader import read_events
from asknext.studio.project import Project
from command_line import run
from page_server import Served, current, exported, press, saved, visit

pytestmark = pytest.mark.browser

N = 200
NOVEL, FOREIGN, UNSURE, LATER = 11, 17, 29, 31
"""Every so many items there is one of a class that nobody named, of no class, in doubt, put off at first."""


def pictures(folder: Path) -> Path:
    """Tiles of two photographs."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    where = folder / "tiles"
    where.mkdir()
    photographs = load_sample_images().images
    for i in range(N):
        row, column = divmod(i // 2, 12)
        tile = photographs[i % 2][48 * row : 48 * row + 48, 52 * column : 52 * column + 52]
        Image.fromarray(tile).save(where / f"tile{i:03}.png")
    return where


def texts(folder: Path) -> Path:
    """Paragraphs of Python's own manual and of scikit-learn's descriptions of data sets, in turn."""
    from pydoc_data.topics import topics

    from sklearn import datasets

    names = ("load_iris", "load_wine", "load_digits", "load_diabetes", "load_breast_cancer")
    described = [getattr(datasets, name)().DESCR for name in names]
    described += [getattr(datasets, name).__doc__ or "" for name in datasets.__all__]
    sources = [list(topics.values()), described]
    kinds = [[p for text in source for p in text.split("\n\n") if len(p.split()) > 12] for source in sources]
    lines = [" ".join(kinds[i % 2][i // 2].split()) for i in range(N)]
    (folder / "paragraphs.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines))
    return folder / "paragraphs.jsonl"


def rows(folder: Path) -> Path:
    """Breast tumours, benign and malignant in turn."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer(as_frame=True)
    kinds = [data.data[data.target == y].head(N // 2) for y in (0, 1)]
    frame = kinds[0].iloc[:0].copy()
    for i in range(N):
        frame.loc[i] = kinds[i % 2].iloc[i // 2]
    frame.to_csv(folder / "tumours.csv", index=False)
    return folder / "tumours.csv"


@pytest.mark.parametrize("write", [pictures, texts, rows])
def test_everything_is_answered_by_keyboard(write: Any, chromium: Any, tmp_path: Path) -> None:
    items = write(tmp_path)
    served = Served(tmp_path / "project", items)
    try:
        with visit(chromium, served.url) as page:
            expected = answer_all(page, served)
            saved(page)
            assert served.call("/api/status")["left"] == 0
            assert look_over(page, served, expected) or write is texts
            assert exported(page) == expected
    finally:
        served.kill()
    same_state_again(served.project, items, tmp_path)


def truth(item: int) -> str:
    """What the annotator thinks of an item."""
    for every, answer in ((NOVEL, "novel"), (FOREIGN, "out-of-scope"), (UNSURE, "unsure")):
        if item % every == every - 1:
            return answer
    return ("first", "second")[item % 2]


def answer_all(page: Any, served: Served) -> dict[int, str]:
    """Every item by its key; the first novel one makes a class; some by groups; a few are taken back."""
    keys = {"first": "1", "second": "2", "out-of-scope": "o", "unsure": "u"}
    put_off: set[int] = set()
    expected: dict[int, str] = {}
    while len(expected) < N:
        page.wait_for_selector("[data-item]")
        item, answer = current(page), truth(current(page))
        if item % LATER == LATER - 1 and item not in put_off:
            put_off.add(item)
            press(page, "s")
            continue
        if answer == "novel" and answer not in keys:
            press(page, "n")
            page.keyboard.type("novel")
            press(page, "Enter")
            keys["novel"] = "3"
        else:
            press(page, keys[answer])
        expected[item] = answer
        if len(expected) % 50 == 0:
            press(page, "z")
            assert current(page) == item
            press(page, "Shift+z")
        if len(expected) == N // 2:
            expected |= group(page, keys)
        if len(expected) == N // 4:
            learnt(served)
    assert put_off
    return expected


def learnt(served: Served) -> None:
    """Wait for a round with a model, as happens at a person's pace."""
    for _ in range(300):
        if served.call("/api/status")["round"] >= 2:
            return
        time.sleep(0.2)
    pytest.fail("no round was worked out within a minute")


def group(page: Any, keys: dict[str, str]) -> dict[int, str]:
    """Of items alike, those of the kind of the first, at one stroke."""
    press(page, "b")
    page.wait_for_selector("[data-cell]")
    cells = [int(cell.get_attribute("data-cell")) for cell in page.locator("[data-cell]").all()][:8]
    wanted = truth(cells[0])
    for cell in cells:
        if truth(cell) == wanted:
            press(page, "Space")
        press(page, "ArrowRight")
    press(page, keys[wanted])
    saved(page)
    press(page, "Escape")
    page.wait_for_selector("[data-item]")
    return {cell: wanted for cell in cells if truth(cell) == wanted}


def look_over(page: Any, served: Served, expected: dict[int, str]) -> int:
    """Labels that the model doubts, kept by key; how many there were."""
    served.call("/api/retrain", {})
    page.get_by_text("ranking", exact=False).first.wait_for()
    found = served.call("/api/review")["suspects"]
    press(page, "r")
    for _ in found[:3]:
        press(page, "k")
    saved(page)
    press(page, "Escape")
    assert {item: served.answer(item) for item in list(expected)[:20]} == dict(list(expected.items())[:20])
    return len(found)


def same_state_again(project: Path, items: Path, folder: Path) -> None:
    """The log, exported and imported into a new project of the same items, adds up to the same state."""
    exported = run("export", project, "--format", "events", "--out", folder / "log.jsonl")
    assert exported.exit_code == 0, exported.stderr
    Project.create(folder / "again", items).close()
    imported = run("import", folder / "again", folder / "log.jsonl")
    assert imported.exit_code == 0, imported.stderr
    before, after = fold(read_events(project)), fold(read_events(folder / "again"))
    assert (after.digest, after.labels, after.round) == (before.digest, before.labels, before.round)
