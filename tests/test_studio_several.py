"""Several people at one desk: second opinions, whose answer is whose, tabs, and what each of them sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE
from asknext.errors import AskNextError
from asknext.files import read_json, write_json
from asknext.log import events as kinds
from asknext.log.verify import verify_log
from asknext.studio import views
from asknext.studio.comparing import Comparison
from asknext.studio.desk import Desk
from asknext.studio.errors import ConflictError
from asknext.studio.project import Project, open_or_create
from asknext.studio.queue import APART, SECOND
from asknext.studio.roles import Role
from asknext.studio.seconds import Seconds
from studio_project import NAMES, Clock, client, project, round_of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """All items are to be answered by two people."""
    found = Desk(project(tmp_path, overlap=1.0, retrain_every=4), Clock())
    yield found
    found.close()


@pytest.fixture
def page(desk: Desk) -> TestClient:
    return client(desk)


def reopened(desk: Desk) -> Desk:
    desk.close()
    return Desk(Project.open(desk.project.path), Clock())


def said(desk: Desk, item: int) -> dict[str, Any]:
    return {
        who: next(iter((views.as_answer(desk, c) or {}).values()))
        for who, c in desk.campaign.state.opinions.of(item).items()
    }


def types(desk: Desk) -> list[str]:
    return [e.type for e in desk.log if e.type not in (kinds.CREATED, kinds.CLASS_ADDED)]


def waiting(desk: Desk, person: str) -> list[int]:
    return list(desk.seconds.of(person))


# ---------------------------------------------------------------- who gets what


def test_others_are_asked_second_and_nobody_twice(desk: Desk) -> None:
    for number, item in enumerate((7, 3, 5)):
        desk.answer("ann", f"a{number}", [item], "red")
    assert [place[:2] for place in desk.next("bob", 4)][:3] == [(7, SECOND), (3, SECOND), (5, SECOND)]
    assert not {7, 3, 5} & {place.item for place in desk.next("ann", 20)}
    desk.answer("bob", "b", [7, 3], "green")
    assert waiting(desk, "cy") == [5]
    assert waiting(desk, "bob") == [5]
    assert waiting(desk, "ann") == []


def test_an_item_is_lent_to_one_of_the_others_at_a_time(desk: Desk) -> None:
    desk.answer("ann", "a", [7], "red")
    assert desk.next("bob", 1)[0][:2] == (7, SECOND)
    assert desk.next("cy", 1)[0].item != 7


def test_only_drawn_items_get_second_opinions_and_unsure_ones_once(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path, overlap=0.3, opinions=3), Clock())
    drawn = np.flatnonzero(desk.seconds.drawn).tolist()
    other = next(i for i in range(len(desk)) if i not in drawn)
    assert 20 < len(drawn) < 52
    desk.answer("ann", "a", list(range(len(desk))), "red")
    assert sorted(waiting(desk, "bob")) == drawn
    desk.answer("bob", "b", drawn, "red")
    assert sorted(waiting(desk, "cy")) == drawn
    desk.answer("cy", "c", drawn, "red")
    assert waiting(desk, "dan") == []
    desk.answer("ann", "unsure", [other], UNSURE, replace=True)
    assert waiting(desk, "bob") == [other]
    desk.answer("bob", "unsure too", [other], UNSURE)
    assert waiting(desk, "cy") == []
    desk.close()


def test_a_restart_forgets_nothing(desk: Desk) -> None:
    rng = np.random.default_rng(0)
    people = ("ann", "bob", "cy")
    for number in range(150):
        who, item = str(rng.choice(people)), int(rng.integers(40))
        answer = ["red", "green", UNSURE, SKIPPED, OUT_OF_SCOPE][rng.integers(5)]
        try:
            if number % 9 == 8:
                desk.retract(who, f"r{number}", [item])
            elif number % 31 == 30:
                desk.adjudicate("owner", f"d{number}", [item], "blue")
            else:
                desk.answer(who, f"a{number}", [item], answer, replace=bool(rng.integers(2)))
        except ConflictError:
            continue
    before = {who: sorted(waiting(desk, who)) for who in people}
    again = {who: set(desk.queue._again[who]) for who in people}
    assert all(before.values())
    desk = reopened(desk)
    assert {who: sorted(waiting(desk, who)) for who in people} == before
    assert {who: set(desk.queue._again[who]) for who in people} == again
    assert verify_log(desk.project.path).problems == ()
    desk.close()


def test_labels_that_came_with_the_items_wait_for_nobody(tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_text("text,label\na,x\nb,y\nc,\n")
    made = Project.create(tmp_path / "p", tmp_path / "texts.csv", label="label", overlap=1.0)
    desk = Desk(made, Clock())
    assert [place[:2] for place in desk.next("bob", 5)] == [(2, "random")]
    desk.close()


def test_the_draw_is_that_of_the_seed() -> None:
    one, two, other = (Seconds(1000, seed, 0.2, 2).drawn for seed in (1, 1, 2))
    assert one.tolist() == two.tolist() != other.tolist()
    assert 150 < one.sum() < 250
    assert (one <= Seconds(1000, 1, 0.4, 2).drawn).all(), "a greater share draws more, not others"


def test_who_skips_a_second_opinion_gets_it_again_later_and_may_undo_that(desk: Desk) -> None:
    desk.answer("ann", "a", [7], "red")
    assert desk.next("bob", 1)[0].item == 7
    assert desk.answer("bob", "b", [7], SKIPPED)
    assert said(desk, 7) == {"ann": "red"}
    assert desk.campaign.labels == {7: "red"}
    assert desk.next("bob", 1)[0].item != 7
    desk.retract("bob", "undo", [7])
    assert desk.next("bob", 2, tab="")[0][:2] != (7, SECOND)
    assert 7 in [place.item for place in desk.next("bob", 3)]
    assert said(desk, 7) == {"ann": "red"}
    desk.answer("bob", "again", [7], SKIPPED)
    for number in range(APART):
        assert 7 not in [place.item for place in desk.next("bob", 1)]
        desk.answer("bob", f"{number}", [20 + number], "red")
    assert 7 in waiting(desk, "bob")


def test_that_skipping_was_undone_is_not_forgotten(desk: Desk) -> None:
    """One item beside the answer to another, over a restart; a second delivery changes nothing."""
    desk.answer("ann", "a", [7], "red")
    desk.answer("bob", "b", [7, 8], SKIPPED)
    desk.answer("bob", "c", [9], "green")
    desk.retract("bob", "undo", [9, 7])
    desk = reopened(desk)
    order = [place.item for place in desk.next("bob", len(desk))]
    assert (set(order[:2]), order[-1]) == ({7, 9}, 8), "what is put off comes last, what was taken back first"
    assert said(desk, 7) == {"ann": "red"}
    desk.answer("bob", "d", [7], "green")
    desk.retract("bob", "undo", [9, 7])
    assert said(desk, 7) == {"ann": "red", "bob": "green"}
    for who, items in (("bob", [7]), ("bob", [7, 8]), ("ann", [9, 7])):
        with pytest.raises(ConflictError):
            desk.retract(who, "undo", items)
    assert verify_log(desk.project.path).problems == ()
    desk.close()


# ---------------------------------------------------------------- whose answer is whose


def test_what_an_answer_becomes(desk: Desk) -> None:
    assert not desk.answer("ann", "1", [7], "red")
    assert desk.answer("bob", "2", [7], "green")
    assert desk.answer("cy", "3", [7, 8], "green"), "one is a first answer, one a third"
    with pytest.raises(ConflictError, match="item 7 was answered already"):
        desk.answer("bob", "4", [7], "blue")
    assert not desk.answer("bob", "5", [7], "red", replace=True)
    assert said(desk, 7) == {"ann": "red", "bob": "red", "cy": "green"}
    assert desk.answer("dan", "6", [7], "green", replace=True), "there is nothing of dan's to replace"
    assert types(desk) == [
        kinds.ANSWERED, kinds.SECONDED, kinds.SECONDED, kinds.ANSWERED, kinds.CORRECTED, kinds.SECONDED,
    ]  # fmt: skip


def test_the_owner_corrects_others_and_where_several_spoke_has_the_last_word(desk: Desk) -> None:
    desk.answer("ann", "1", [7, 8], "red")
    desk.answer("bob", "2", [8], "red")
    assert desk.answer("owner", "3", [7], "green", over=True), "without replace it is an opinion like others"
    desk.answer("owner", "4", [9], "red")
    desk.answer("owner", "5", [7, 8, 9], "blue", replace=True, over=True)
    assert desk.campaign.labels == {7: "blue", 8: "blue", 9: "blue"}
    assert said(desk, 8) == {"ann": "red", "bob": "red"}
    assert types(desk)[-2:] == [kinds.ADJUDICATED, kinds.CORRECTED]
    desk.answer("ann", "6", [8], "green", replace=True)
    assert desk.campaign.labels[8] == "blue", "the last word stays"
    desk.answer("ann", "7", [10], "red")
    desk.answer("owner", "8", [10], "green", replace=True, over=True)
    assert said(desk, 10) == {"owner": "green"}


def test_only_the_own_answer_is_taken_back(desk: Desk) -> None:
    desk.answer("ann", "1", [7, 8], "red")
    with pytest.raises(ConflictError, match="item 7 was answered by somebody else"):
        desk.retract("bob", "2", [7])
    desk.answer("bob", "3", [7], "green")
    desk.retract("ann", "4", [7])
    assert said(desk, 7) == {"bob": "green"}
    assert waiting(desk, "ann") == [7]
    desk.retract("owner", "5", [8], over=True)
    assert (said(desk, 8), desk.pool.state[8]) == ({}, -2)


@pytest.mark.parametrize("kind", ["first", "second", "replaced", "over", "last", "review", "split"])
def test_a_second_delivery_changes_nothing_and_another_content_is_refused(desk: Desk, kind: str) -> None:
    desk.answer("ann", "0", [7], "red")
    desk.answer("bob", "00", [8], "red")
    desk.answer("ann", "000", [8], "green")
    campaign = desk.campaign

    def deed(item: int, answer: str, who: str = "ann") -> object:
        match kind:
            case "first":
                return desk.answer(who, "d", [item + 3], answer, comment="c")
            case "second":
                return desk.answer("bob" if who == "ann" else who, "d", [item], answer)
            case "replaced":
                return desk.answer(who, "d", [item], answer, replace=True)
            case "over":
                return desk.answer(who, "d", [item + 1], answer, replace=True, over=True)
            case "last":
                return desk.adjudicate(who, "d", [item], answer)
            case "review":
                return desk.review(who, "d", [item if answer == "blue" else item + 1])
        new = "new" if answer == "blue" else "other"
        return desk.reclass(who, "d", lambda **by: campaign.split_class("red", [item], new, **by))

    told = deed(7, "blue")
    before = len(desk.log), desk.campaign.state.digest
    assert deed(7, "blue") == told
    for wrong in ((7, "red"), (8, "blue")) if kind != "review" else ((7, "red"),):
        with pytest.raises(ConflictError):
            deed(*wrong)
    with pytest.raises(ConflictError):
        deed(7, "blue", "eve")
    assert (len(desk.log), desk.campaign.state.digest) == before


def test_second_opinions_are_no_reason_for_another_round(desk: Desk) -> None:
    round_of(desk)
    for item in range(4):
        desk.answer("ann", f"a{item}", [item], "red")
    assert desk.due() == "new answers"
    desk.work()
    for item in range(4):
        desk.answer("bob", f"b{item}", [item], "green")
    assert desk.due() == ""
    desk.adjudicate("owner", "d", [0, 1, 2, 3], "green")
    assert desk.due() == "new answers"
    age = desk.age
    desk = reopened(desk)
    assert desk.age == age
    desk.close()


def test_the_last_word_needs_an_answer_and_ends_the_waiting(desk: Desk) -> None:
    with pytest.raises(ConflictError, match="item 3 was not answered yet"):
        desk.adjudicate("owner", "1", [3], "red")
    desk.answer("ann", "2", [3], "red")
    assert waiting(desk, "bob") == [3]
    desk.adjudicate("owner", "3", [3], UNSURE)
    assert waiting(desk, "bob") == []


def test_the_last_word_can_be_withdrawn(desk: Desk, page: TestClient) -> None:
    desk.answer("bob", "1", [3], "red")
    desk.answer("cy", "2", [3], "green")
    desk.answer("bob", "3", [4], "red")
    desk.adjudicate("ann", "4", [3, 4], "blue")
    desk.work()
    desk.project.settings["retrain_every"] = 2
    assert waiting(desk, "cy") == []
    body = {"id": "5", "items": [3, 4]}
    for _ in range(2):
        assert page.post("/api/reopen", json=body).json()["event"] == "5"
    assert desk.due() == "new answers", "what stands is another answer now"
    assert desk.campaign.labels == {3: "red", 4: "red"}
    assert waiting(desk, "cy") == [4]
    assert [one["item"] for one in page.get("/api/disagreements").json()["items"]] == [3]
    refusal = page.post("/api/reopen", json={"id": "6", "items": [3]})
    assert refusal.status_code == 409
    assert "nobody had the last word on item 3" in refusal.json()["error"]
    assert page.post("/api/reopen", json={**body, "items": [3]}).status_code == 409, "another under its id"
    age = desk.age
    desk = reopened(desk)
    assert (waiting(desk, "cy"), desk.age) == ([4], age)
    assert verify_log(desk.project.path).problems == ()
    desk.close()


def test_an_item_tells_readers_whether_a_correction_is_the_last_word(desk: Desk, page: TestClient) -> None:
    other = client(desk, role=Role.ANNOTATOR)
    name = other.get("/api/project").json()["actor"]

    def told(who: TestClient) -> tuple[bool, bool]:
        shown = who.get("/api/items/3").json()
        return shown["several"], shown["decided"]

    desk.answer("ann", "1", [3], "red")
    assert told(page) == told(other) == (False, False)
    desk.answer(name, "2", [3], "green")
    assert (told(page), told(other)) == ((True, False), (False, False))
    assert page.post("/api/answers", json={"id": "3", "items": [3], "answer": {"class": "blue"},
                                           "replace": True}).status_code == 200  # fmt: skip
    assert (told(page), told(other)) == ((True, True), (False, False)), "others see their own answer only"


# ---------------------------------------------------------------- tabs


def test_two_tabs_of_a_person_get_different_items(desk: Desk) -> None:
    round_of(desk)
    one = [place.item for place in desk.next("ann", 3, tab="1")]
    two = [place.item for place in desk.next("ann", 3, tab="2")]
    assert not set(one) & set(two)
    assert [place.item for place in desk.next("ann", 3, tab="1")] == one
    desk.release("bob", one, "1")
    desk.release("ann", one, "2")
    assert [place.item for place in desk.next("ann", 3, tab="1")] == one, "others cannot give it back"
    with pytest.raises(AskNextError, match="id 120 is no position in the pool of 120 items"):
        desk.release("ann", [*one, len(desk)], "1")
    desk.release("ann", one, "1")
    assert [place.item for place in desk.next("ann", 3, held=two, tab="2")] == one


def test_what_is_taken_back_is_lent_to_the_tab_that_did_it(desk: Desk) -> None:
    desk.answer("ann", "1", [7], "red")
    desk.retract("ann", "2", [7], tab="2")
    assert 7 not in [place.item for place in desk.next("ann", 9, tab="1")]
    assert desk.next("ann", 1, tab="2")[0][:2] == (7, "again")


# ---------------------------------------------------------------- what each sees


def test_nobody_is_shown_what_others_said_of_an_item_that_waits(desk: Desk) -> None:
    round_of(desk)
    asked = desk.pool.pending.tolist()
    for number, item in enumerate(asked):
        desk.answer("ann", f"a{number}", [item], ["red", "green", "blue"][item % 3])
    round_of(desk)
    (place,) = desk.next("bob", 1)
    assert place.slot == SECOND
    shown = views.served(desk, place, "bob")
    assert (shown["answer"], shown["model"]) == (None, None)
    mine = desk.place(place.item, "ann")
    assert mine.slot != SECOND
    assert views.served(desk, mine, "ann")["answer"] is not None
    assert views.why(desk, mine, "ann")["likeliest"]
    seen = views.map_points(desk, "class", "ann", own=True)
    assert seen["answered"][seen["ids"].index(place.item)]
    for own in (False, True):
        seen = views.map_points(desk, "class", "bob", own)
        hidden = {seen["ids"][i]: (seen["value"][i], seen["answered"][i]) for i in range(len(seen["ids"]))}
        assert {hidden[item] for item in asked} == {(None, False)}
        with pytest.raises(views.HiddenError):
            views.why(desk, place, "bob", own)
    desk.answer("bob", "b", [place.item], "blue")
    shown = views.served(desk, desk.place(place.item, "bob"), "bob", own=True)
    assert shown["answer"] == {"class": "blue"}
    assert shown["model"] is not None
    told = views.why(desk, desk.place(place.item, "bob"), "bob", own=True)
    assert told["neighbours"] == [], "bob gave no other answer"
    seen = views.map_points(desk, "class", "bob", own=True)
    assert seen["value"][seen["ids"].index(place.item)] == "blue"


def test_an_annotator_sees_own_answers_only(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path), Clock())
    desk.answer("ann", "1", [7], "red")
    desk.answer("bob", "2", [7], "green")
    desk.answer("ann", "3", [8], SKIPPED)
    answers = {
        (who, item, own): views.served(desk, desk.place(item, who), who, own)["answer"]
        for who in ("ann", "bob", "cy")
        for item in (7, 8)
        for own in (True, False)
    }
    assert (answers["ann", 7, True], answers["bob", 7, True]) == ({"class": "red"}, {"class": "green"})
    assert answers["cy", 7, True] is None
    assert answers["cy", 7, False] == {"class": "red"}
    assert (answers["ann", 8, True], answers["bob", 8, True]) == ({"kind": "skipped"}, None)
    desk.close()


# ---------------------------------------------------------------- routes


def test_agreement_and_disagreements_are_told_and_decided(desk: Desk, page: TestClient) -> None:
    desk.answer("bob", "1", [3, 4, 5, 6], "red")
    desk.answer("ann", "2", [3, 4], "red")
    desk.answer("ann", "3", [5], "green")
    desk.answer("ann", "4", [6], UNSURE)
    told = page.get("/api/agreement").json()
    (pair,) = told.pop("pairs")
    assert (told["items"], told["percent"]) == (3, pytest.approx(2 / 3))
    assert told["low"] <= told["alpha"] <= told["high"]
    assert pair == {
        "a": "bob", "b": "ann", "items": 3, "percent": pytest.approx(2 / 3), "kappa": 0,
        "names": ["red", "green"], "confusion": [[2, 1], [0, 0]],
    }  # fmt: skip
    found = page.get("/api/disagreements").json()
    (one,) = found["items"]
    assert found["left"] == 0
    assert (one["item"], one["answer"], one["majority"]) == (5, {"class": "red"}, {"class": "red"})
    assert one["opinions"] == [
        {"actor": "bob", "answer": {"class": "red"}}, {"actor": "ann", "answer": {"class": "green"}},
    ]  # fmt: skip
    assert one["dawid_skene"]["answer"] in ({"class": "red"}, {"class": "green"})
    body = {"id": "d", "items": [5], "answer": {"class": "green"}}
    for _ in range(2):
        reply = page.post("/api/adjudicate", json=body)
        assert (reply.status_code, reply.json()["event"]) == (200, "d")
    assert desk.campaign.labels[5] == "green"
    assert page.get("/api/disagreements").json() == {"items": [], "left": 0}
    assert page.post("/api/adjudicate", json={**body, "answer": {"class": "red"}}).status_code == 409
    assert page.post("/api/adjudicate", json={**body, "id": "e", "items": [50]}).status_code == 409
    skip = {"id": "f", "items": [5], "answer": {"kind": "skipped"}}
    assert page.post("/api/adjudicate", json=skip).status_code == 400


def test_without_second_opinions_there_is_nothing_to_compare(page: TestClient, desk: Desk) -> None:
    nothing = {"items": 0, "percent": None, "alpha": None, "low": None, "high": None, "pairs": []}
    assert page.get("/api/agreement").json() == nothing
    assert page.get("/api/disagreements").json() == {"items": [], "left": 0}
    desk.answer("ann", "1", [3], UNSURE)
    assert page.get("/api/agreement").json() == nothing


def test_at_most_two_hundred_are_shown(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path, n=300, overlap=1.0), Clock())
    desk.answer("ann", "1", list(range(250)), "red")
    desk.answer("bob", "2", list(range(250)), OUT_OF_SCOPE)
    found = Comparison(desk).disagreements("owner")
    assert ([one["item"] for one in found["items"]], found["left"]) == (list(range(200)), 50)
    assert desk.campaign.state.opinions.disputed() == list(range(250))
    desk.close()


def test_an_answer_says_that_it_is_a_second_one(desk: Desk, page: TestClient) -> None:
    desk.answer("bob", "1", [3], "red")
    body = {"id": "2", "items": [3], "answer": {"class": "green"}}
    for _ in range(2):
        assert page.post("/api/answers", json=body).json()["second"] is True
    assert "second" not in page.post("/api/answers", json={**body, "id": "3", "items": [4]}).json()


def test_an_annotator_and_the_owner_over_http(desk: Desk, page: TestClient) -> None:
    other = client(desk, role=Role.ANNOTATOR)
    name = other.get("/api/project").json()["actor"]
    told = page.post("/api/answers", json={"id": "1", "items": [3, 4], "answer": {"class": "red"}})
    assert told.status_code == 200
    first, second = other.get("/api/next?n=2&tab=t").json()["items"]
    assert (first["item"], first["slot"], first["answer"]) == (3, SECOND, None)
    assert other.get("/api/items/3").json()["answer"] is None
    assert other.get("/api/items/3/why").status_code == 403
    mine = {"id": "2", "items": [3], "answer": {"class": "green"}, "replace": True}
    assert other.post("/api/answers", json=mine).json()["second"] is True
    assert said(desk, 3) == {"ann": "red", name: "green"}
    assert other.get("/api/items/3").json()["answer"] == {"class": "green"}
    assert page.get("/api/items/3").json()["answer"] == {"class": "red"}
    refusal = other.post("/api/retract", json={"id": "3", "items": [4]})
    assert (refusal.status_code, "somebody else" in refusal.json()["error"]) == (409, True)
    assert other.post("/api/answers", json={**mine, "id": "1"}).status_code == 409, "that was ann's"
    over = {"id": "4", "items": [3], "answer": {"class": "blue"}, "replace": True}
    assert page.post("/api/answers", json=over).status_code == 200
    assert desk.campaign.labels[3] == "blue"
    assert said(desk, 3) == {"ann": "red", name: "green"}
    assert second["item"] == 4


def test_a_tab_gives_its_items_back(desk: Desk, page: TestClient) -> None:
    first = [one["item"] for one in page.get("/api/next?n=2&tab=x").json()["items"]]
    assert not set(first) & {one["item"] for one in page.get("/api/next?n=2&tab=y").json()["items"]}
    for unknown in ([*first, len(desk)], first[:1] * 2):
        assert page.post("/api/release", json={"items": unknown, "tab": "x"}).status_code == 400
    assert page.post("/api/release", json={"items": first, "tab": "x"}).json() == {"released": 2}
    assert {lease.tab for lease in desk.queue._leases.values()} == {"y"}


def test_a_label_that_was_looked_over_is_not_shown_while_it_stands(desk: Desk, page: TestClient) -> None:
    for item in range(40):
        desk.answer("ann", f"{item}", [item], NAMES[(item + (item == 5)) % 4])
    desk.project.settings["duplicates"] = [[0, 1]]
    round_of(desk)
    told = page.get("/api/review").json()
    doubted = [one["item"] for one in told["suspects"]]
    assert 5 in doubted
    assert [one["items"] for one in told["duplicates"]] == [[0, 1]]
    keep = {"id": "k", "items": [5, 0, 1], "verdict": "keep"}
    for _ in range(2):
        assert page.post("/api/review", json=keep).status_code == 200
    assert page.post("/api/review", json={**keep, "items": [5]}).status_code == 409
    assert page.post("/api/review", json={**keep, "id": "l", "verdict": "drop"}).status_code == 400
    assert page.post("/api/review", json={**keep, "id": "l", "items": [100]}).status_code == 409
    told = page.get("/api/review").json()
    assert [one["item"] for one in told["suspects"]] == [item for item in doubted if item != 5]
    assert told["duplicates"] == []
    desk = reopened(desk)
    desk.project.settings["duplicates"] = [[0, 1]]
    assert views.review(desk) == told
    desk.answer("ann", "other", [1], "blue", replace=True)
    assert [one["items"] for one in views.review(desk)["duplicates"]] == [[0, 1]]
    desk.close()


def test_classes_are_changed_once_under_one_id(desk: Desk, page: TestClient) -> None:
    desk.answer("ann", "1", [3, 4], "green")
    bodies: dict[str, dict[str, Any]] = {
        "split": {"id": "s", "name": "green", "items": [3], "to": "lime"},
        "rename": {"id": "r", "name": "lime", "to": "lemon"},
        "merge": {"id": "m", "name": "lemon", "into": "red"},
    }
    for path, body in bodies.items():
        assert page.post(f"/api/classes/{path}", json=body).status_code == 200
    before = page.get("/api/status").json()["classes"], len(desk.log)
    for path, body in bodies.items():
        assert page.post(f"/api/classes/{path}", json=body).json() == {"classes": before[0]}
        assert page.post(f"/api/classes/{path}", json={**body, "name": "blue"}).status_code == 409
    assert page.post("/api/classes/merge", json={**bodies["merge"], "id": "r"}).status_code == 409
    assert (page.get("/api/status").json()["classes"], len(desk.log)) == before
    assert page.post("/api/classes/rename", json={"name": "nothing", "to": "x"}).status_code == 400


def test_items_of_a_class_come_page_by_page(desk: Desk, page: TestClient) -> None:
    desk.answer("ann", "1", [9, 2, 5, 7], "green")
    first = page.get("/api/items", params={"class": "green", "n": 3}).json()
    assert ([one["item"] for one in first["items"]], first["left"]) == ([2, 5, 7], 1)
    assert first["items"][0]["answer"] == {"class": "green"}
    rest = page.get("/api/items", params={"class": "green", "n": 3, "after": 7}).json()
    assert ([one["item"] for one in rest["items"]], rest["left"]) == ([9], 0)
    assert page.get("/api/items", params={"class": "mauve"}).status_code == 400
    assert page.get("/api/items").status_code == 400


# ---------------------------------------------------------------- settings


def test_an_older_project_opens_without_overlap(tmp_path: Path) -> None:
    made = project(tmp_path)
    made.close()
    path = made.path / "project.json"
    told = read_json(path)
    assert (told.pop("overlap"), told.pop("opinions")) == (0.0, 2)
    write_json(path, told)
    with Project.open(made.path) as opened:
        assert (opened.settings["overlap"], opened.settings["opinions"]) == (0.0, 2)
        Desk(opened).close()
    open_or_create(made.path, overlap=0.0).close()


@pytest.mark.parametrize("bad", [{"overlap": 1.1}, {"overlap": True}, {"overlap": "x"}, {"opinions": 1}])
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=f"{next(iter(bad))} is"):
        project(tmp_path, **bad)
