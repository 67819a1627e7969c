"""Many items, page by page: a class that is split, items drawn around on the map, and labels kept in review."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from page_server import N, Served, browser, press, project, saved, visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


def lasso(page: Any) -> None:
    """Draw around all that is on the map."""
    press(page, "v")
    page.get_by_text(f"{N} of {N} items").wait_for()
    box = page.locator(".map canvas").bounding_box()
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in [(right, top), (right, bottom), (left, bottom), (left, top + 2)]:
        page.mouse.move(x, y, steps=3)
    page.mouse.up()
    page.wait_for_selector("[data-cell]")


def cells(page: Any) -> list[int]:
    return [int(cell.get_attribute("data-cell")) for cell in page.locator("[data-cell]").all()]


def test_what_is_drawn_around_comes_page_by_page(chromium: Any, tmp_path: Path) -> None:
    with project("table", tmp_path) as served, visit(chromium, served.url) as page:
        lasso(page)
        first = cells(page)
        assert len(first) == 48
        page.get_by_role("button", name="More").click()
        page.get_by_text("12 of 12 selected").wait_for()
        second = cells(page)
        assert sorted(first + second) == list(range(N))
        press(page, "2")
        page.get_by_text("of 48 selected").wait_for()
        press(page, "1")
        saved(page)
        assert [served.answer(item) for item in second] == ["second"] * 12
        assert [served.answer(item) for item in first] == ["first"] * 48
        press(page, "z")
        page.get_by_text("48 of 48 selected").wait_for()
        assert cells(page) == first
        saved(page)
        assert served.call("/api/status")["answered"] == 12


def test_a_class_of_many_items_is_split_page_by_page(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served:
        import page_server

        items = list(range(page_server.N))
        served.call("/api/answers", {"id": "all", "items": items, "answer": {"class": "first"}})
        split(chromium, served)


def split(chromium: Any, served: Served) -> None:
    """The dialog shows all members; marks are kept from page to page."""
    with visit(chromium, served.url, empty=True) as page:
        press(page, "e")
        page.get_by_role("button", name="Show the items of “first”").click()
        grid = page.locator("dialog .grid button")
        grid.first.wait_for()
        grid.first.click()
        assert parse_qs(urlparse(page.url).query) == {}
        page.get_by_label("They become").fill("third")
        page.get_by_role("button", name="Split off 1").click()
        saved(page)
        assert served.answer(0) == "third"
