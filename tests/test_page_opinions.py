"""Two people at two pages: a second opinion, how alike they are, the last word; all on the real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from page_server import Served, current, press, project, saved, visit

pytestmark = pytest.mark.browser
ALL = ("--overlap", "1")


def label(page: Any, keys: str) -> list[int]:
    """Answer the items that come; which they were."""
    told = []
    for key in keys:
        told.append(current(page))
        press(page, key)
    saved(page)
    return told


def test_two_people_and_the_last_word_of_one(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path, *ALL) as served:
        ben = served.link("ben", "annotator")
        with visit(chromium, served.url) as page:
            mine = label(page, "121212")
        with visit(chromium, ben) as page:
            assert label(page, "122112") == mine
        with visit(chromium, served.url) as page:
            agreement(page)
            last_word(page, served, mine)


def agreement(page: Any) -> None:
    """Six items, of which two were answered differently."""
    section = page.locator(".agreement")
    section.get_by_text("66.7").first.wait_for()
    assert "Items with several opinions\n6" in section.inner_text()
    section.get_by_role("button", name="6 items").first.click()
    rows = section.get_by_role("region", name="compared").locator("tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [["first", "2", "1"], ["second", "1", "2"]]
    people = section.get_by_role("region", name="People").locator("tbody tr").all_inner_texts()
    assert {row.split()[0]: row.split()[1] for row in people}["ben"] == "6"


def last_word(page: Any, served: Served, mine: list[int]) -> None:
    """Each by its number among the answers given; what was decided can be decided anew."""
    disputed = sorted([mine[2], mine[3]])
    press(page, "Shift+r")
    page.wait_for_selector(f"[data-item='{disputed[0]}']")
    assert page.locator(".choice").count() == 2
    press(page, "o")
    page.wait_for_selector(f"[data-item='{disputed[1]}']")
    press(page, "z")
    page.wait_for_selector(f"[data-item='{disputed[0]}']")
    chosen = page.locator(".choice b").nth(1).inner_text()
    press(page, "2", "n")
    page.keyboard.type("third")
    press(page, "Enter")
    page.get_by_text("No disagreements").wait_for()
    saved(page)
    assert [served.answer(item) for item in disputed] == [chosen, "third"]
    page.get_by_role("button", name="Withdraw the last word").click()
    page.wait_for_selector(f"[data-item='{disputed[1]}']")
    saved(page)
    assert served.answer(disputed[1]) in ("first", "second")
    press(page, "Escape", "Shift+r")
    page.wait_for_selector(f"[data-item='{disputed[1]}']")
    words = [event.type for event in served.events() if event.type in ("adjudicated", "reopened")]
    assert words == ["adjudicated", "reopened", "adjudicated", "adjudicated", "reopened"]


def test_undo_withdraws_the_last_word_that_a_correction_became(chromium: Any, tmp_path: Path) -> None:
    """By key, and by the button on an item; an item of one opinion gets its answer back as ever."""
    with project("text", tmp_path, *ALL) as served:
        with visit(chromium, served.link("ben", "annotator")) as page:
            (item,) = label(page, "1")
        with visit(chromium, served.url) as page:
            assert label(page, "2") == [item]
            again = page.get_by_role("button", name=f"item {item} ")
            again.click()
            page.wait_for_selector(f"[data-item='{item}']")
            press(page, "2")
            saved(page)
            assert served.answer(item) == "second"
            press(page, "z")
            saved(page)
            assert served.answer(item) == "first"
            assert not served.call(f"/api/items/{item}")["decided"]
            press(page, "s")
            saved(page)
            press(page, "z")
            page.wait_for_selector(f"[data-item='{item}']")
            saved(page)
            assert "answer:" not in page.locator(".meta").inner_text()
            press(page, "2", "z")
            page.wait_for_selector(f"[data-item='{item}']")
            press(page, "2")
            saved(page)
            assert page.locator(".notice").count() == 0
            assert served.answer(item) == "first", "ben was first to say something, and that was not replaced"
            again.first.click()
            page.get_by_text("answer: first").wait_for()
            press(page, "2")
            saved(page)
            again.first.click()
            page.get_by_text("the last word", exact=True).wait_for()
            press(page, "Shift+w")
            saved(page)
            assert current(page) != item
            assert served.answer(item) == "first"
        words = [event.type for event in served.events() if event.type in ("adjudicated", "reopened")]
        assert words == ["adjudicated", "reopened"] * 2


def test_a_second_opinion_is_asked_for_blind(chromium: Any, tmp_path: Path) -> None:
    """One line tells that somebody else answered; nothing tells what. Undo takes back the own answer only."""
    with project("text", tmp_path, *ALL) as served:
        served.call("/api/answers", {"id": "a", "items": [7], "answer": {"class": "second"}})
        with visit(chromium, served.link("ben", "annotator")) as page:
            assert current(page) == 7
            blind(page)
            press(page, "1")
            saved(page)
            press(page, "z")
            page.wait_for_selector("[data-item='7']")
            saved(page)
            blind(page)
            press(page, "u")
            saved(page)
        told = [event.type for event in served.events() if event.actor == "ben"]
        assert told == ["seconded", "retracted", "seconded"]
        assert served.call("/api/items/7")["answer"] == {"class": "second"}


def blind(page: Any) -> None:
    meta = page.locator(".meta").inner_text()
    assert "someone else answered this too" in meta
    assert "your answer" not in meta
    assert page.locator(".class[aria-pressed=true]").count() == 0


def test_the_owner_is_blind_too(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path, *ALL) as served:
        with visit(chromium, served.link("ben", "annotator")) as page:
            told = label(page, "11")
        with visit(chromium, served.url) as page:
            assert current(page) == told[0]
            blind(page)
            label(page, "12")
            press(page, "Shift+r")
            page.locator(".choice").first.wait_for()
            assert current(page) == told[1]
