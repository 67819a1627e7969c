"""The desk: answers, undo, deliveries of the same name, rounds, and the same log as a plain campaign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.errors import AskNextError
from asknext.log import ColumnStore, Event, EventLog, read_events
from asknext.log import events as kinds
from asknext.log.verify import verify_log
from asknext.studio import rounds, views
from asknext.studio.desk import PATIENCE, Desk
from asknext.studio.errors import AbsentError, ConflictError
from asknext.studio.project import Project
from asknext.studio.queue import LEASE
from asknext.studio.status import POINTS, status, thinned
from asknext.studio.supervisor import Job
from studio_project import NAMES, TRUTH, Clock, N, client, project, round_of, told


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(project(tmp_path), Clock())
    yield found
    found.close()


def reopened(desk: Desk) -> Desk:
    """The desk after the server was ended and started again."""
    desk.close()
    return Desk(Project.open(desk.project.path), Clock())


def bodies(events: EventLog | list[Event], *types: str) -> list[tuple[str, dict[str, object]]]:
    """What events say, but for times and what only one of the two ways of labelling writes down."""
    extra = {"seconds", "seen"}
    return [
        (e.type, {k: v for k, v in e.body.items() if k not in extra}) for e in events if e.type in types
    ]


SAME = (kinds.CLASS_ADDED, kinds.ASKED, kinds.ANSWERED, kinds.FITTED)


@pytest.mark.parametrize("strategy", ["tcm(switch=2)", "badge", "random"])
def test_the_page_makes_the_log_of_a_plain_campaign(tmp_path: Path, strategy: str) -> None:
    """Item by item, with answers out of scope, classes made on the way, and an audit slice."""
    desk = Desk(project(tmp_path, strategy=strategy))
    browser = client(desk)
    for _ in range(6):
        round_of(desk)
        waiting = len(desk.pool.pending)
        for _ in range(waiting):
            (served,) = browser.get("/api/next", params={"n": 1}).json()["items"]
            assert served["slot"] == "asked"
            assert not desk.due()
            item = served["item"]
            body = {"id": f"answer {item}", "items": [item], "answer": told(item)}
            assert browser.post("/api/answers", json=body).status_code == 200
        assert desk.due() == "new answers"
    path, settings = desk.project.path, desk.project.settings
    with Campaign(
        desk.project.embedding, settings["learner"], strategy, seed=settings["seed"], audit=0.2,
        classes=["red"], path=tmp_path / "plain",
    ) as plain:  # fmt: skip
        for _ in range(6):
            plain.record()
            for item in plain.ask(settings["batch"]).ids:
                plain.tell([item], [NAMES[TRUTH[item]]])
        assert bodies(desk.log, *SAME) == bodies(plain.log, *SAME)
    desk.close()
    assert verify_log(path).problems == ()


def test_answers_are_on_the_disk_when_they_are_acknowledged(desk: Desk) -> None:
    desk.answer("ann", "1", [3, 4], "red", comment="both of them", seconds=2.0)
    found = read_events(desk.project.path)
    assert [e.type for e in found[-2:]] == [kinds.ANSWERED, kinds.COMMENTED]
    assert found[-1].body == {"ids": [3, 4], "text": "both of them"}
    assert {e.actor for e in found[-2:]} == {"ann"}


@pytest.mark.parametrize("answer", ["red", "a class nobody named", OUT_OF_SCOPE, UNSURE, SKIPPED])
def test_a_second_delivery_changes_nothing(desk: Desk, answer: str) -> None:
    desk.answer("ann", "1", [3, 4], answer, comment="hm")
    before = list(desk.log)
    for _ in range(2):
        desk.answer("ann", "1", [4, 3], answer, comment="hm", seconds=9.0)
        desk = reopened(desk)
        assert list(desk.log) == before
    assert desk.age == 2
    desk.close()


def test_a_second_delivery_of_a_replacement_changes_nothing(desk: Desk) -> None:
    desk.answer("ann", "1", [3], "red")
    desk.answer("ann", "2", [3, 4], "green", replace=True)
    before = list(desk.log)
    desk.answer("ann", "2", [3, 4], "green", replace=True)
    assert list(desk.log) == before
    assert desk.campaign.labels == {3: "green", 4: "green"}


def test_a_delivery_of_the_same_name_with_another_content_is_a_conflict(desk: Desk) -> None:
    desk.answer("ann", "1", [3, 4], "red", comment="hm")
    desk.retract("ann", "2", [3])
    desk.comment("ann", "3", [5], "oh")
    before = list(desk.log)
    wrong = [
        lambda: desk.answer("ann", "1", [3], "red", comment="hm"),
        lambda: desk.answer("ann", "1", [3, 4], "green", comment="hm"),
        lambda: desk.answer("ann", "1", [3, 4], "never named", comment="hm"),
        lambda: desk.answer("ann", "1", [3, 4], "red"),
        lambda: desk.answer("ann", "1", [3, 4], "red", comment="other"),
        lambda: desk.answer("ann", "2", [3], "red"),
        lambda: desk.retract("ann", "2", [4]),
        lambda: desk.retract("ann", "1", [3, 4]),
        lambda: desk.comment("ann", "3", [5], "other"),
        lambda: desk.comment("ann", "1", [5], "oh"),
    ]
    for deed in wrong:
        with pytest.raises(ConflictError):
            deed()
    assert list(desk.log) == before
    assert desk.campaign.classes == ("red",)


def test_an_answered_item_is_only_replaced_on_request(desk: Desk) -> None:
    desk.answer("ann", "1", [3], "red")
    with pytest.raises(ConflictError, match="item 3 was answered"):
        desk.answer("ann", "2", [4, 3], "green")
    assert desk.campaign.labels == {3: "red"}
    desk.answer("ann", "2", [4, 3], "green", replace=True)
    assert desk.campaign.labels == {3: "green", 4: "green"}


@pytest.mark.parametrize("first", [SKIPPED, "red", OUT_OF_SCOPE, UNSURE])
def test_taking_back_lets_the_item_wait_again(desk: Desk, first: str) -> None:
    desk.answer("ann", "1", [3], first)
    desk.retract("ann", "2", [3])
    desk.retract("ann", "2", [3])
    assert desk.campaign.labels == {}
    assert desk.next("ann", 1)[0][:2] == (3, "again")
    with pytest.raises(ConflictError, match="no answer"):
        desk.retract("ann", "3", [3])
    desk.answer("ann", "4", [3], "green")
    assert desk.campaign.labels == {3: "green"}


def test_skipped_items_may_be_answered_without_replacing(desk: Desk) -> None:
    desk.answer("ann", "1", [3], SKIPPED)
    assert not desk.settled(3)
    desk.answer("ann", "2", [3], SKIPPED)
    desk.answer("ann", "3", [3], "red")
    assert desk.settled(3)


@pytest.mark.parametrize("bad", [[], [-1], [N], [1, 1], [10**30], [True], [1.5]])
def test_items_that_are_none_are_refused(desk: Desk, bad: list[int]) -> None:
    before = len(desk.log)
    for deed in (
        lambda: desk.answer("ann", "1", bad, "red"),
        lambda: desk.retract("ann", "1", bad),
        lambda: desk.comment("ann", "1", bad, "hm"),
    ):
        with pytest.raises(AskNextError):
            deed()
    assert len(desk.log) == before
    with pytest.raises(AbsentError):
        desk.check(N)


def test_a_bad_answer_makes_no_class_and_no_event(desk: Desk) -> None:
    before = len(desk.log)
    for answer in (" ", float("nan"), "\ud800", None):
        with pytest.raises(AskNextError):
            desk.answer("ann", "1", [3], answer)
    assert len(desk.log) == before


def test_a_late_answer_is_taken_all_the_same(desk: Desk) -> None:
    round_of(desk)
    (mine,) = desk.next("ann", 1)
    desk.queue.clock.now += LEASE + 1
    (his,) = desk.next("bob", 1)
    assert his.item == mine.item
    desk.answer("ann", "1", [mine.item], "red")
    assert desk.answer("bob", "2", [his.item], "green"), "it is a second opinion"
    assert desk.campaign.labels == {mine.item: "red"}


# ---------------------------------------------------------------- rounds


def answer_all(desk: Desk, start: int = 0) -> int:
    """Answer what waits, one item after the other."""
    for item in desk.pool.pending.tolist():
        desk.answer("ann", f"all {start}", [item], NAMES[TRUTH[item]])
        start += 1
    return start


def test_answers_may_come_in_while_a_worker_is_at_work(desk: Desk) -> None:
    round_of(desk)
    answer_all(desk)
    path, seen, target = desk.work()
    with Project.open(path) as opened:
        from asknext.studio.worker import work

        work(opened, seen, target)
    chosen = rounds.read(target).ids
    desk.answer("ann", "meanwhile", chosen[:2], "red")
    other = next(i for i in range(N) if not desk.settled(i) and i not in chosen)
    desk.answer("ann", "elsewhere", [other], "red")
    desk.publish(target)
    assert desk.settled(chosen[0])
    assert [place.item for place in desk.next("ann", len(chosen))][: len(chosen) - 2] == chosen[2:]
    assert desk.age == 3
    desk = reopened(desk)
    assert desk.age == 3
    assert [one.round for one in desk.rounds] == [0, 1]
    path = desk.project.path
    desk.close()
    assert verify_log(path).problems == ()


def test_a_round_is_due_by_answers_or_by_the_clock(desk: Desk) -> None:
    assert desk.due() == "first round"
    round_of(desk)
    assert desk.due() == ""
    items = desk.pool.pending.tolist()
    desk.answer("ann", "some", items[:9], "red")
    assert desk.due() == ""
    desk.queue.clock.now += PATIENCE - 1
    assert desk.due() == ""
    desk.queue.clock.now += 1
    assert desk.due() == "new answers"
    desk.work()  # fails, say: nothing is due until other answers come in
    assert desk.due() == ""
    desk.answer("ann", "ten", [i for i in range(N) if i not in items][:10], "red")
    assert desk.due() == "new answers"


def test_what_a_killed_worker_left_is_removed(desk: Desk) -> None:
    round_of(desk)
    kept = {folder.name for folder in (desk.project.path / "rounds").iterdir()}
    answer_all(desk)
    path, seen, target = desk.work()
    with Project.open(path) as opened:
        from asknext.studio.worker import work

        work(opened, seen, target)  # whole, and never published
    (path / "rounds" / ".tmp-half").mkdir()
    (path / "rounds" / ".tmp-half" / "map.npy").write_bytes(b"\x93NUM")
    (path / "rounds" / "00000099-damaged").mkdir()
    (path / "rounds" / "00000099-damaged" / "round.json").write_text("{")
    desk = reopened(desk)
    assert {folder.name for folder in (path / "rounds").iterdir()} == kept
    assert desk.due() == "new answers"
    round_of(desk)
    desk.close()
    assert verify_log(path).problems == ()


def test_a_round_that_does_not_follow_is_refused_whole(desk: Desk) -> None:
    round_of(desk)
    answer_all(desk)
    _, seen, target = desk.work()
    with Project.open(desk.project.path) as opened:
        from asknext.studio.worker import work

        work(opened, seen, target)
    found = rounds.read(target)
    found.events[-1]["body"]["ids"] = [N + 5]
    rounds.discard(target)
    rounds.write(target, found, None)
    before = list(desk.log)
    with pytest.raises(AskNextError, match="does not fit"):
        desk.publish(target)
    assert list(desk.log) == before
    assert len(desk.rounds) == 1


def test_the_pool_may_be_labelled_to_its_end(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path, batch=50, retrain_every=50))
    start = 0
    for _ in range(4):
        round_of(desk)
        start = answer_all(desk, start)
    assert start == N
    assert desk.next("ann", 5) == []
    told = status(desk, Job())
    assert (told["left"], told["answered"], told["round"]) == (0, N, 3)
    assert told["advice"]["action"] == "stop"
    desk.close()
    assert verify_log(desk.project.path).problems == ()


def test_the_status_counts(desk: Desk) -> None:
    round_of(desk)
    for number, (items, answer) in enumerate(
        [([0, 4], "red"), ([1], "green"), ([3], OUT_OF_SCOPE), ([7], UNSURE), ([8], SKIPPED)]
    ):
        desk.queue.clock.now += 30
        desk.answer("ann", str(number), items, answer, seconds=float(number))
    desk.campaign.provisional_class()
    told = status(desk, Job("failed", "first round", 5.0, "why"))
    expected = {"answered": 5, "labelled": 3, "out_of_scope": 1, "unsure": 1, "skipped": 1, "left": N - 5}
    assert {name: told[name] for name in expected} == expected
    assert [(c["name"], c["count"], c["provisional"]) for c in told["classes"]] == [
        ("red", 2, False), ("green", 1, False), ("unnamed-1", 0, True),
    ]  # fmt: skip
    assert told["pace"] == {"per_minute": pytest.approx(6 / 2), "median_seconds": 2.0}
    assert told["job"] == {"state": "failed", "kind": "first round", "since": 5.0, "error": "why"}
    assert told["ranking"] == {"round": 0, "age": 6}
    assert told["seq"] == len(desk.log)


# ---------------------------------------------------------------- what is shown


def labelled(desk: Desk) -> Desk:
    """Three rounds later."""
    start = 0
    for _ in range(3):
        round_of(desk)
        start = answer_all(desk, start)
    round_of(desk)
    return desk


def test_a_long_series_is_thinned_and_stays_exact_at_its_end(desk: Desk) -> None:
    round_of(desk)
    desk.rounds[:] = [replace(desk.rounds[0], round=number) for number in range(POINTS)]
    assert len(status(desk, Job())["series"]) == POINTS
    shown, left_out = set(range(POINTS)), set[int]()
    for more in range(POINTS, 5 * POINTS):
        desk.rounds.append(replace(desk.rounds[0], round=more))
        told = [one.round for one in thinned(desk.rounds)]
        assert len(told) <= POINTS
        assert told[0] == 0
        assert told[-POINTS // 2 :] == list(range(more + 1 - POINTS // 2, more + 1))
        assert len(set(np.diff(told[: -POINTS // 2]))) <= 1, "the older ones lie evenly"
        left_out |= shown - set(told)
        shown = set(told)
        assert not shown & left_out, "no round comes back"
    assert len(status(desk, Job())["series"]) <= POINTS


def test_the_series_and_the_advice_are_those_of_the_campaign(desk: Desk) -> None:
    labelled(desk)
    told = status(desk, Job())
    assert [point["round"] for point in told["series"]] == [0, 1, 2, 3]
    assert told["series"][-1]["labelled"] == len(desk.campaign.state.visible.labelled)
    assert told["series"][-1]["classes"] == 3
    with Project.open(desk.project.path) as opened, opened.campaign(
        path=None, audit=None, history=list(desk.log)
    ) as same:
        advice = same.advice()
        assert told["advice"]["sentence"] == advice.sentence
        audit = same.audit().accuracy
        assert audit is not None
        assert list(told["accuracy"].values()) == list(audit)


def test_nothing_of_the_model_is_told_before_the_answer(desk: Desk) -> None:
    labelled(desk)
    for place in desk.next("ann", 20):
        assert views.served(desk, place, "ann")["model"] is None
        assert views.served(desk, place, "ann")["answer"] is None
    item = int(desk.pool.labelled[0])
    shown = views.served(desk, desk.place(item, "ann"), "ann")
    found = desk.rounds[-1]
    proba = ColumnStore(desk.project.path / "columns").get(found.column or "")
    assert proba is not None
    names = [desk.campaign.state.labels[c] for c in found.numbers]
    assert shown["model"] == {"name": names[proba[item].argmax()], "p": pytest.approx(proba[item].max())}


def test_why_of_an_audit_item_is_hidden_until_it_is_answered(desk: Desk) -> None:
    labelled(desk)
    audit = set(desk.campaign.state.audit.ids.tolist())
    waiting = [item for item in desk.pool.pending.tolist() if item in audit]
    assert waiting
    with pytest.raises(views.HiddenError):
        views.why(desk, desk.place(waiting[0], "ann"), "ann")
    desk.answer("ann", "skip", waiting[:1], SKIPPED)
    with pytest.raises(views.HiddenError):
        views.why(desk, desk.place(waiting[0], "ann"), "ann")
    desk.answer("ann", "tell", waiting[:1], "red")
    assert views.why(desk, desk.place(waiting[0], "ann"), "ann")["score"] is None


def test_why_tells_rank_score_classes_and_neighbours(desk: Desk) -> None:
    labelled(desk)
    found = desk.rounds[-1]
    audit = set(desk.campaign.state.audit.ids.tolist())
    item = next(i for i in found.ids if i not in audit)
    told = views.why(desk, desk.place(item, "ann"), "ann")
    at = found.ids.index(item)
    assert (told["round"], told["rank"], told["of"]) == (3, at + 1, len(found.ids))
    assert told["score"] == found.scores[at]
    assert sum(one["p"] for one in told["likeliest"]) == pytest.approx(1)
    X, labelled_ = np.asarray(desk.project.embedding), desk.pool.labelled
    nearest = labelled_[np.linalg.norm(X[labelled_] - X[item], axis=1).argsort()[:3]]
    assert [one["item"] for one in told["neighbours"]] == nearest.tolist()
    distance = np.linalg.norm(X[nearest[0]] - X[item])
    assert told["neighbours"][0]["distance"] == pytest.approx(distance, rel=1e-3)


def test_why_tells_in_words_what_a_strategy_has_words_for(tmp_path: Path) -> None:
    desk = Desk(project(tmp_path, strategy="auto"))
    labelled(desk)
    found, audit = desk.rounds[-1], set(desk.campaign.state.audit.ids.tolist())
    at, item = next((i, item) for i, item in enumerate(found.ids) if item not in audit)
    told = views.why(desk, desk.place(item, "ann"), "ann")
    doubt, reach = (found.parts[name][at] for name in ("doubt", "reach"))
    assert told["told"].startswith(f"It stands for about {reach:.0f} item{'s' * (reach != 1)}, covers ")
    assert f"leaves the model in doubt by {100 * doubt:.0f}\u00a0%" in told["told"]
    assert told["parts"] == {}


@pytest.mark.parametrize(("reach", "items"), [(1.0, "1 item"), (11.0, "11 items"), (1001.0, "1,001 items")])
def test_the_words_of_a_strategy_make_a_sentence(desk: Desk, reach: float, items: str) -> None:
    parts: dict[str, list[float | None]] = {
        "reach": [reach], "coverage": [0.031], "doubt": [0.5], "purity": [0.84], "rarity": [0.4],
    }  # fmt: skip
    round_of(desk)
    item = desk.rounds[0].ids[0]
    desk.answer("ann", "1", [item], "red")

    def said(**more: list[float | None]) -> str:
        desk.rounds[0] = replace(
            desk.rounds[0], strategy="auto", ids=[item], scores=[0.1], parts={**parts, **more}
        )
        sentence: str = views.why(desk, desk.place(item, "ann"), "ann")["told"]
        return sentence.replace("\u00a0", " ")

    start = (
        f"It stands for about {items}, covers 3.1 % of what is left to learn, leaves the model in doubt by "
        "50 %, is in scope with a chance of 84 %"
    )
    assert said() == f"{start} and counts 0.4 times as much as others by how rare its class may be."
    assert said(distance=[None]) == said()
    assert said(distance=[123.4]) == (
        f"{start}, counts 0.4 times as much as others by how rare its class may be and lies far (123) from "
        "all that was asked, where further classes may be."
    )


def test_a_part_that_some_picks_do_not_have_is_absent_there(tmp_path: Path) -> None:
    """Classes were added, so some of a batch are asked for their distance, and only they have one."""
    desk = Desk(project(tmp_path, strategy="auto", batch=4, retrain_every=4))
    start = 0
    for _ in range(9):
        round_of(desk)
        start = answer_all(desk, start)
        if "distance" in desk.rounds[-1].parts:
            break
    found, audit = desk.rounds[-1], desk.campaign.state.audit.ids.tolist()
    (folder,) = (desk.project.path / "rounds").glob(f"{found.round:08d}*")
    assert "NaN" not in (folder / "round.json").read_text()
    asked = [event for event in desk.log if event.type == kinds.ASKED][-1]
    distances = dict(zip(found.ids, found.parts["distance"], strict=True))
    assert asked.body["parts"]["distance"].count(None) == list(distances.values()).count(None) > 0
    items = [item for item in found.ids if item not in audit]
    assert {distances[item] is None for item in items} == {True, False}
    told = client(desk)
    for item in items:
        text = told.get(f"/api/items/{item}/why").text
        assert ("lies far (" in text) == (distances[item] is not None)
        assert "nan" not in text.lower()
    desk.close()


def test_merged_classes_speak_with_one_voice(desk: Desk) -> None:
    labelled(desk)
    item = int(desk.pool.labelled[0])
    before = {one["name"]: one["p"] for one in views.likeliest(desk, item, 3)}
    desk.campaign.merge_class("green", into="blue")
    desk.campaign.rename_class("blue", "teal")
    after = {one["name"]: one["p"] for one in views.likeliest(desk, item, 3)}
    assert after == {"red": before["red"], "teal": pytest.approx(before["green"] + before["blue"])}


def test_similar_items_are_open_and_nearest_first(desk: Desk) -> None:
    labelled(desk)
    item = int(desk.pool.labelled[0])
    got = [place.item for place in views.similar(desk, item, 5)]
    X = np.asarray(desk.project.embedding)
    open_ = np.array([i for i in range(N) if not desk.settled(i) and i != item])
    assert got == open_[np.linalg.norm(X[open_] - X[item], axis=1).argsort()[:5]].tolist()


def test_the_map_stays_where_it_is(desk: Desk) -> None:
    round_of(desk)
    first = views.map_points(desk, "class", "ann")
    assert first["ids"] == list(range(N))
    assert set(first["value"]) == {None}
    answer_all(desk)
    round_of(desk)
    later = views.map_points(desk, "class", "ann")
    assert (later["x"], later["y"]) == (first["x"], first["y"])
    waits = set(desk.pool.pending.tolist()) | set(desk.campaign.state.audit.ids.tolist())
    for item in range(N):
        if not desk.settled(item):
            assert (later["value"][item] is None) == (item in waits)
    assert sum(later["answered"]) == len(desk.campaign.labels)
    for item, label in desk.campaign.labels.items():
        if isinstance(label, str):
            assert later["value"][item] == label
    assert max(views.map_points(desk, "uncertainty", "ann")["value"]) > 0
    outside = np.array(views.map_points(desk, "ood", "ann")["value"])
    strange = np.array([not desk.settled(i) and TRUTH[i] == 3 for i in range(N)])
    known = np.array([not desk.settled(i) and TRUTH[i] != 3 for i in range(N)])
    assert np.median(outside[strange]) > np.median(outside[known])
    with pytest.raises(AskNextError, match="colour"):
        views.map_points(desk, "beauty", "ann")


def test_a_map_that_is_there_is_not_laid_out_again(desk: Desk) -> None:
    round_of(desk)
    place = desk.rounds[0].folder / rounds.MAP
    moved = np.load(place)
    moved["x"] += 1
    np.save(place, moved)
    round_of(desk)
    assert views.map_points(desk, "class", "ann")["x"] == moved["x"].tolist()


def test_a_model_that_learns_labels_by_heart_does_not_judge_them(tmp_path: Path) -> None:
    """Each label is doubted by a model that has not seen it."""
    desk = labelled(Desk(project(tmp_path, learner="random-forest", batch=15, strategy="tcm")))
    audit = set(desk.campaign.state.audit.ids.tolist())
    wrong = next(i for i in desk.pool.labelled.tolist() if TRUTH[i] == 0 and i not in audit)
    desk.answer("ann", "wrong", [wrong], "blue", replace=True)
    round_of(desk)
    own = {one["name"]: one["p"] for one in views.likeliest(desk, wrong, 3)}
    assert own["blue"] > 0.5
    assert views.review(desk)["suspects"][0]["item"] == wrong
    desk.close()


def test_wrong_labels_are_suspected_until_they_are_mended(desk: Desk) -> None:
    labelled(desk)
    audit = set(desk.campaign.state.audit.ids.tolist())
    wrong = next(i for i in desk.pool.labelled.tolist() if TRUTH[i] == 0 and i not in audit)
    checked = [i for i in desk.pool.labelled.tolist() if TRUTH[i] == 0 and i in audit][-1]
    desk.answer("ann", "wrong", [wrong, checked], "blue", replace=True)
    round_of(desk)
    suspects = views.review(desk)["suspects"]
    assert suspects[0] == {"item": wrong, "answer": {"class": "blue"}, "model": "red", "p": suspects[0]["p"]}
    assert suspects[0]["p"] < 0.5
    assert checked not in [one["item"] for one in suspects]
    desk.answer("ann", "right", [wrong], "red", replace=True)
    assert wrong not in [one["item"] for one in views.review(desk)["suspects"]]


def test_equal_items_with_different_answers_are_told(desk: Desk) -> None:
    desk.project.settings["duplicates"] = [[3, 4, 5], [6, 7], [8, 9]]
    desk.answer("ann", "1", [3, 6, 7], "red")
    desk.answer("ann", "2", [4], OUT_OF_SCOPE)
    desk.answer("ann", "3", [8], SKIPPED)
    desk.answer("ann", "4", [9], "red")
    found = views.review(desk)["duplicates"]
    assert found == [{"items": [3, 4], "answers": [{"class": "red"}, {"kind": "out-of-scope"}]}]


def test_the_pace_forgets(desk: Desk) -> None:
    clock = desk.queue.clock
    for number in range(5):
        desk.answer("ann", str(number), [number], "red", seconds=4.0)
        clock.now += 60
    assert desk.pace.figures() == {"per_minute": 1.0, "median_seconds": 4.0}
    clock.now += 3600
    assert desk.pace.figures()["per_minute"] is None
