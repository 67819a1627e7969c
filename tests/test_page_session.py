"""A whole session by keyboard alone, on pictures, texts and rows of a table, with the real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from page_server import N, Served, current, exported, press, project, saved, visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kind", ["image", "text", "table"])
def test_a_session_by_keyboard(kind: str, chromium: Any, tmp_path: Path) -> None:
    with project(kind, tmp_path) as served, visit(chromium, served.url) as page:
        told = label_a_few(page)
        saved(page)
        assert {item: served.answer(item) for item in told} == told
        take_back(page, served)
        classes(page, served, told)
        together(page, served)
        review(page, served)
        status = served.call("/api/status")
        assert status["skipped"] == 1
        assert status["unsure"] >= 1
        assert status["out_of_scope"] == 1
        done = {item: answer for item in range(N) if (answer := served.answer(item))}
        assert len(done) == status["answered"] + status["skipped"]
        assert exported(page) == done


def label_a_few(page: Any) -> dict[int, str]:
    """One key an answer; a new class is made and given in one go."""
    told = {}
    keys = {"1": "first", "2": "second", "u": "unsure", "o": "out-of-scope", "s": "skipped"}
    for key, answer in keys.items():
        told[current(page)] = answer
        press(page, key)
    assert len(told) == 5, "every key brings another item"
    told[current(page)] = "novel"
    press(page, "n")
    page.keyboard.type("novel")
    press(page, "Enter")
    assert page.locator(".class", has_text="novel").get_attribute("aria-keyshortcuts") == "3"
    told[current(page)] = "novel"
    press(page, "3")
    return told


def take_back(page: Any, served: Served) -> None:
    item = current(page)
    press(page, "1")
    saved(page)
    assert served.answer(item) == "first"
    press(page, "z")
    assert current(page) == item
    saved(page)
    assert served.answer(item) is None
    press(page, "Shift+z")
    saved(page)
    assert served.answer(item) == "first"
    assert current(page) != item


def classes(page: Any, served: Served, told: dict[int, str]) -> None:
    """Rename a class and merge it away, while the item stays."""
    item = current(page)
    press(page, "e", "Tab")
    page.keyboard.type("novel")
    press(page, "Tab")
    page.keyboard.type("renamed")
    press(page, "Enter")
    saved(page)
    assert [c["name"] for c in served.call("/api/project")["classes"]] == ["first", "second", "renamed"]
    press(page, "e", "Tab")
    page.keyboard.type("renamed")
    press(page, "Tab", "Tab")
    page.keyboard.type("second")
    press(page, "Tab", "Enter")
    saved(page)
    assert {served.answer(i) for i, answer in told.items() if answer == "novel"} == {"second"}
    assert [c["name"] for c in served.call("/api/project")["classes"]] == ["first", "second"]
    assert current(page) == item


def together(page: Any, served: Served) -> None:
    """Similar items, two of them chosen, one key."""
    before = served.call("/api/status")["labelled"]
    press(page, "b")
    page.wait_for_selector("[data-cell]")
    cells = [int(cell.get_attribute("data-cell")) for cell in page.locator("[data-cell]").all()]
    press(page, "Space", "ArrowRight", "Space", "2")
    saved(page)
    assert [served.answer(cell) for cell in cells[:3]] == ["second", "second", None]
    assert served.call("/api/status")["labelled"] == before + 2
    press(page, "z")
    saved(page)
    assert served.answer(cells[0]) is None
    press(page, "2")
    saved(page)
    assert served.answer(cells[1]) == "second"
    press(page, "Escape")
    assert current(page) not in cells[:2]


def review(page: Any, served: Served) -> None:
    """Equal items with different answers come up; one is made equal by one key."""
    served.call("/api/answers", {"id": "a", "items": [0], "answer": {"class": "first"}, "replace": True})
    served.call("/api/answers", {"id": "b", "items": [1], "answer": {"class": "second"}, "replace": True})
    found = served.call("/api/review")
    if not found["duplicates"]:
        pytest.fail("the server tells no equal items with different answers")
    press(page, "r")
    page.get_by_text("Equal items with different answers").wait_for()
    page.wait_for_selector("[data-item='0'] >> nth=0")
    page.wait_for_timeout(300)
    press(page, "2")
    saved(page)
    assert [served.answer(0), served.answer(1)] == ["second", "second"]
    press(page, "Escape")
    page.wait_for_selector("[data-item]")


def test_keys_sleep_in_text_fields_and_do_not_repeat(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        item = current(page)
        press(page, "c")
        page.keyboard.type("1 2 u o s")
        assert current(page) == item
        press(page, "Enter")
        page.keyboard.down("1")
        for _ in range(5):
            page.keyboard.down("1")  # the key is held: the browser repeats it
        page.keyboard.up("1")
        saved(page)
        assert served.call("/api/status")["answered"] == 1
        item = current(page)
        press(page, "Control+1", "Alt+2")
        assert current(page) == item


def test_keys_are_changed_and_switched_off(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        press(page, "h")
        page.get_by_role("button", name="Key of Skip").click()
        press(page, "u")
        assert "has changed its key" in page.locator("dialog").inner_text()
        press(page, "Escape")
        item = current(page)
        press(page, "u")
        saved(page)
        assert served.answer(item) == "skipped"
        page.reload()
        page.wait_for_selector("[data-item]")
        assert page.locator(".others button", has_text="Unsure").get_attribute("aria-keyshortcuts") == "s"
        press(page, "h")
        page.get_by_label("Single keys are on").uncheck()
        press(page, "Escape")
        item = current(page)
        press(page, "1", "2", "u")
        assert current(page) == item
        assert page.locator(".others button", has_text="Unsure").get_attribute("aria-keyshortcuts") is None


def test_a_name_nearly_equal_wants_enter_twice(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        item = current(page)
        press(page, "n")
        page.keyboard.type("Firsts")
        press(page, "Enter")
        assert current(page) == item
        assert "Very like “first”" in page.locator(".picker").inner_text()
        press(page, "ArrowDown", "Enter")
        saved(page)
        assert served.answer(item) == "first"


def test_the_model_is_silent_before_the_answer(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        press(page, "m")
        assert page.locator(".opinion").count() == 0
        for key in "12" * 11:
            press(page, key)
        saved(page)
        page.get_by_text("ranking of round 1").wait_for()
        press(page, "w")
        page.locator(".why dl, .why p").first.wait_for()
        assert "Likeliest" not in page.locator(".why").inner_text()
        press(page, "w", "1")
        saved(page)
        press(page, "m")
        assert "The model says" in page.locator(".opinion").inner_text()


def test_the_numbers_of_a_chart_are_in_a_table(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        chart = page.locator(".chart", has_text="Classes found")
        chart.locator("summary").focus()
        press(page, "Enter")
        assert chart.get_by_role("row").all_inner_texts() == ["labels\tclasses", "0\t2"]


SEAT = """async () => {
  const { seat } = await import("/static/app/classes.js");
  return seat({ a: 0, b: 1, c: 2 }, [{ name: "a" }, { name: "c" }, { name: "d" }]);
}"""
NEAR = """async (name) => {
  const { nearEqual } = await import("/static/app/classes.js");
  return nearEqual(name, [{ name: "Café crème" }, { name: "cat" }]).map((one) => one.name);
}"""


def test_places_and_names_of_classes(chromium: Any, tmp_path: Path) -> None:
    """A class keeps its key when one before it goes; names nearly equal are found."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        assert page.evaluate(SEAT) == {"a": 0, "c": 2, "d": 1}
        assert page.evaluate(NEAR, "cafe-creme") == ["Café crème"]
        assert page.evaluate(NEAR, "Cafe cremo") == ["Café crème"]
        assert page.evaluate(NEAR, "cats") == ["cat"]
        assert page.evaluate(NEAR, "car") == []
