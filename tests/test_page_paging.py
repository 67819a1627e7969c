"""Many items, page by page: a class that is split, items drawn around on the map; labels kept in review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from page_server import N, press, project, saved, visit

pytestmark = pytest.mark.browser


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
    """All members are shown; marks are kept from page to page."""
    with project("text", tmp_path) as served:
        answer = {"id": "all", "items": list(range(55)), "answer": {"class": "first"}}
        served.call("/api/answers", answer)
        with visit(chromium, served.url) as page:
            press(page, "e")
            page.get_by_role("button", name="Show the items of “first”").click()
            grid = page.locator("dialog .grid button")
            page.get_by_text("1 to 48 of 55").wait_for()
            grid.nth(3).click()
            page.get_by_role("button", name="More").click()
            page.get_by_text("49 to 55 of 55").wait_for()
            assert grid.count() == 7
            grid.nth(6).click()
            page.get_by_role("button", name="Before").click()
            page.get_by_text("1 to 48 of 55").wait_for()
            assert grid.nth(3).get_attribute("aria-pressed") == "true"
            page.get_by_label("They become").fill("third")
            page.get_by_role("button", name="Split off 2").click()
            saved(page)
        assert [served.answer(i) for i in (3, 4, 54)] == ["third", "first", "third"]


def test_a_doubted_label_that_is_kept_does_not_come_back(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served:
        served.call("/api/answers", {"id": "a", "items": [0], "answer": {"class": "first"}})
        served.call("/api/answers", {"id": "b", "items": [1], "answer": {"class": "second"}})
        with visit(chromium, served.url) as page:
            press(page, "r")
            page.get_by_text("Equal items with different answers").wait_for()
            press(page, "k")
            page.get_by_text("Nothing to review").wait_for()
            saved(page)
        with visit(chromium, served.url) as page:
            press(page, "r")
            page.get_by_text("Nothing to review").wait_for()
