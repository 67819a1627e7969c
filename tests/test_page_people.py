"""Several people: what each role finds here, how alike they answer, and the last word of the owner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from asknext.studio.people import People
from page_people import shared
from page_server import Served, current, press, project, saved, visit

pytestmark = pytest.mark.browser


def onlooker(chromium: Any, served: Served) -> Any:
    """The page of one who may look on."""
    return visit(chromium, served.link("vic", "viewer"), at=".overview")


def buttons(page: Any) -> str:
    """All that can be pressed now, and the keys in the list of keys."""
    press(page, "h")
    told = page.locator("dialog").inner_text()
    press(page, "Escape")
    return f"{told}\n{page.locator('#app').inner_text()}"


ABSENT = {
    "owner": [],
    "annotator": ["Review", "Disagreements", "Export", "Edit classes", "Learn now", "Agreement"],
    "viewer": ["Undo", "Redo", "New class", "Similar", "Edit classes", "Learn now", "Disagreements",
               "Comment"],
}  # fmt: skip
PRESENT = {
    "owner": ["Review", "Disagreements", "Export", "Edit classes", "Agreement"],
    "annotator": ["Unsure", "Undo", "New class", "Similar", "Map"],
    "viewer": ["Review", "Export", "Map", "Agreement", "Advice"],
}


@pytest.mark.parametrize("role", ["owner", "annotator", "viewer"])
def test_a_role_finds_what_it_may_use_and_nothing_else(role: str, chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served:
        link = served.link("ann", role)
        with visit(chromium, link, at=".overview" if role == "viewer" else "[data-item]") as page:
            look_around(page, role)


def look_around(page: Any, role: str) -> None:
    """What is on the page, and what keys do, in a role."""
    page.get_by_text("Model ready").wait_for()
    assert page.locator(".who").inner_text().split() == ["ann", role]
    text = buttons(page)
    assert [word for word in ABSENT[role] if word in text] == []
    assert [word for word in PRESENT[role] if word not in text] == []
    if role != "owner":
        press(page, "e", "Shift+r")
        assert page.locator("dialog").count() == 0
        assert page.locator(".view-disagreements").count() == 0


def test_a_viewer_answers_nothing_and_takes_no_item(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, onlooker(chromium, served) as page:
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.url) if "/next" in r.url or r.method == "POST" else None)
        page.reload()
        page.wait_for_selector(".overview")
        press(page, "1", "u", "o", "s", "z", "v")
        page.get_by_role("heading", name="Map").wait_for()
        press(page, "Escape", "r")
        page.locator(".view-review").wait_for()
        page.wait_for_timeout(300)
        assert asked == []
        assert served.call("/api/status")["answered"] == 0


def test_a_viewer_goes_through_doubtful_answers_by_key(chromium: Any, tmp_path: Path) -> None:
    found = {"suspects": [{"item": item, "answer": {"class": "first"}, "model": "second", "p": 0.1}
                          for item in (3, 4, 5)], "duplicates": []}  # fmt: skip
    with project("text", tmp_path) as served, onlooker(chromium, served) as page:
        page.route("**/api/review", lambda route: route.fulfill(json=found))
        press(page, "r")
        for item in (3, 4, 5):
            page.wait_for_selector(f"[data-item='{item}']")
            page.get_by_role("button", name="Next").wait_for()
            press(page, "ArrowRight")
        page.get_by_text("Nothing to review").wait_for()


def test_how_alike_people_answer(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        shared(page, served)
        page.reload()
        section = page.locator(".agreement")
        section.get_by_text("0.71 (0.52 to 0.86)").wait_for()
        assert "People agree fairly" in section.inner_text()
        assert "<i>chloé</i>" in section.inner_text()
        button = section.get_by_role("button", name="ann and ben: kappa 0.74, 40 items")
        button.focus()
        press(page, "Enter")
        table = section.get_by_role("region", name="ann and ben compared").locator("tbody tr")
        assert table.first.inner_text().split() == ["first", "15", "3", "0"]
        press(page, "Enter")
        assert table.count() == 0


def test_the_owner_has_the_last_word_by_keys(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        words = shared(page, served)
        page.reload()
        page.wait_for_selector("[data-item]")
        press(page, "r", "Shift+r")
        page.wait_for_selector("[data-item='30']")
        first = page.locator(".choice").first.inner_text()
        assert all(word in first for word in ("first", "ann, <i>chloé</i>", "majority", "Dawid–Skene 93.0"))
        press(page, "2")
        assert current(page) == 31
        press(page, "9", "u")  # there is no ninth answer, and "unsure" is no last word
        assert current(page) == 31
        press(page, "o")
        assert current(page) == 32
        press(page, "z")
        assert current(page) == 31
        press(page, "/")
        page.keyboard.type("first")
        press(page, "Enter")
        press(page, "s")
        page.get_by_text("No disagreements").wait_for()
        saved(page)
        told = [(word["items"], *word.get("answer", {"": "withdrawn"}).values()) for word in words]
        assert told == [([30], "second"), ([31], "out-of-scope"), ([31], "withdrawn"), ([31], "first")]
        assert len({word["id"] for word in words}) == 4
        assert served.call("/api/status")["answered"] == 0


def test_a_second_opinion_looks_like_any_item(chromium: Any, tmp_path: Path) -> None:
    """One line tells that somebody else answered; nothing tells what."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:

        def second(route: Any) -> None:
            reply = route.fetch().json()
            reply["items"] = [one | {"slot": "second opinion"} for one in reply["items"]]
            route.fulfill(json=reply)

        page.route("**/api/next*", second)
        shared(page, served, "annotator")
        page.reload()
        page.wait_for_selector("[data-item]")
        press(page, "1")
        page.get_by_text("someone else answered this too").wait_for()
        assert page.locator(".class[aria-pressed=true]").count() == 0
        assert "your answer" not in page.locator(".meta").inner_text()


def test_who_is_shut_out_is_told_so_and_loses_nothing(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.link("ben", "annotator")) as page:
        item = current(page)
        People(served.project).remove("ben")
        press(page, "1")
        page.get_by_role("heading", name="This page is closed to you").wait_for()
        assert "1 answer not yet sent waits in this browser" in page.locator(".shut").inner_text()
        again = page.context.new_page()
        again.goto(served.link("ben", "annotator"))
        page.wait_for_selector("[data-item]")
        saved(page)
        assert served.answer(item) == "first"


def test_who_is_shut_out_while_idle_is_told_so(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.link("ben", "annotator")) as page:
        People(served.project).remove("ben")
        page.get_by_role("heading", name="This page is closed to you").wait_for()


def test_a_link_that_lets_nobody_in_leads_to_a_plain_page(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        out = {"status": 401, "json": {"error": "open the address that asknext label printed."}}
        page.route("**/api/project", lambda route: route.fulfill(**out))
        page.reload()
        page.get_by_role("heading", name="This page is closed to you").wait_for()
        assert "Open the address that asknext label printed." in page.locator("main").inner_text()


def test_another_person_in_the_same_browser(chromium: Any, tmp_path: Path) -> None:
    """The tab of the first stops, so that nothing is said in the name of the other."""
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        other = page.context.new_page()
        other.goto(served.link("ben", "annotator"))
        other.wait_for_selector("[data-item]")
        page.get_by_text("ben has come in with this browser").wait_for()
        press(page, "1")
        press(other, "2")
        saved(other)
        assert {event.actor for event in served.events() if event.type == "answered"} == {"ben"}
        third = page.context.new_page()
        third.goto(served.url)
        page.wait_for_selector("[data-item]")
        other.get_by_role("heading", name="This page is closed to you").wait_for()


def test_what_a_role_may_not_is_a_refusal_and_holds_up_nothing(chromium: Any, tmp_path: Path) -> None:
    with project("text", tmp_path) as served, visit(chromium, served.url) as page:
        out = {"status": 403, "json": {"error": "you are annotator here, and this is for owner."}}
        page.route("**/api/classes/rename", lambda route: route.fulfill(**out))
        press(page, "e")
        page.get_by_label("New name").fill("other")
        press(page, "Enter")
        page.get_by_text("this is for owner").wait_for()
        item = current(page)
        press(page, "2")
        saved(page)
        assert served.answer(item) == "second"
