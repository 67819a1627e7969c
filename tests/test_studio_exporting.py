"""Out and in again: labels, logs, Label Studio and image folders lose nothing, and formulas stay texts."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.errors import AskNextError
from asknext.log import fold, read_events
from asknext.log.verify import verify_log
from asknext.studio.asking import next_items
from asknext.studio.exporting import FORMATS, export, written
from asknext.studio.image_folder import write_images
from asknext.studio.labels_in import Told, read_answers, spelled, tell
from asknext.studio.log_in import is_log, read_log, take_log
from asknext.studio.project import Project
from asknext.studio.resolving import resolved

TEXTS = [
    "a good film", "a bad film", "=SUM(A1:A9) is a film", "+1 for this one", 'a, "quoted"\r\nfilm',
    "@cinema now", "-2 stars of five", "plain text here", "another plain one", "the last of all",
]  # fmt: skip


def project(path: Path, texts: list[str] = TEXTS, **how: Any) -> Project:
    path.mkdir(parents=True, exist_ok=True)
    (path / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return Project.create(path / "p", path / "a.jsonl", text="text", **{"audit": 0.2, "seed": 1, **how})


def worked(path: Path) -> Project:
    """Two rounds, answers of all kinds, a correction, a retraction, a rename, a merge, a split."""
    made = project(path, classes=["good", "bad"])
    with made.campaign() as campaign:
        first = campaign.ask(4).ids.tolist()
        campaign.tell(first, ["good", "bad", "=cmd|' /C calc'!A0", "good"], actor="ann")
        campaign.record()
        campaign.correct(first[:1], ["bad"], actor="bob")
        second = campaign.ask(4).ids.tolist()
        campaign.tell(second, [UNSURE, SKIPPED, OUT_OF_SCOPE, "fine"], actor="ann")
        left = campaign.pool.candidates.tolist()
        campaign.tell(left, ["fine"] * len(left))
        campaign.retract(left[:1])
        campaign.comment(first, "look = again")
        campaign.rename_class("good", "Good")
        campaign.merge_class("fine", into="bad")
        campaign.split_class("bad", first[:1], "worse")
    return made


def out(made: Project, format: str) -> str:
    return "".join(written(made, read_events(made.path), format))


# ---------------------------------------------------------------- labels that stand


def test_the_answers_that_stand(tmp_path: Path) -> None:
    with worked(tmp_path) as made:
        events = read_events(made.path)
        state = fold(events)
        found = {one.item: one for one in resolved(events)}
        asked = [event.body for event in events if event.type == "asked"]
        first, second = asked[0]["ids"], asked[1]["ids"]
        kinds = {item: one.label if one.answer == "class" else one.answer for item, one in found.items()}
        assert {i: k for i, k in kinds.items() if k != "skipped"} == {
            i: a if isinstance(a, str) else a.value for i, a in state.pool.answers.items()
        }
        assert kinds[second[1]] == "skipped"
        assert (found[first[1]].actor, found[first[1]].round) == ("ann", 0)
        assert (found[first[0]].label, found[first[0]].actor) == ("worse", "")
        assert (found[second[0]].answer, found[second[0]].round) == ("unsure", 1)
        for one in found.values():
            in_audit = one.item in state.audit.ids
            was = one.item in first + second
            assert one.slot == ("unasked" if not was else "audit" if in_audit else "asked")
            assert one.time in {event.time for event in events}
        assert {one.slot for one in found.values()} == {"unasked", "audit", "asked"}


def test_what_was_taken_back_or_asked_again_is_no_answer(tmp_path: Path) -> None:
    with project(tmp_path) as made, made.campaign() as campaign:
        campaign.tell([0, 1], ["a", SKIPPED])
        campaign.retract([0])
        assert [one.item for one in resolved(list(campaign.log))] == [1]
        campaign.tell(range(2, 10), ["a"] * 8)
        assert campaign.ask(1).ids.tolist() == [1]  # nothing else is left
        assert 1 not in [one.item for one in resolved(list(campaign.log))]


def test_csv_has_a_line_for_each_answer_and_no_formulas(tmp_path: Path) -> None:
    with worked(tmp_path) as made:
        text = out(made, "csv")
        rows = list(csv.DictReader(io.StringIO(text)))
        answers = resolved(read_events(made.path))
    assert list(rows[0]) == [
        "item", "text", "answer", "class", "actor", "time", "round", "slot",
        "annotators", "opinions", "agreement",
    ]  # fmt: skip
    assert [int(row["item"]) for row in rows] == [one.item for one in answers]
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert sum(cell.startswith("'") for cell in cells) == 5  # four texts and a class
    for row in rows:
        assert row["text"].removeprefix("'") == TEXTS[int(row["item"])]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_dangerous_beginning_is_disarmed_and_comes_back(tmp_path: Path, start: str) -> None:
    name = f"{start}x"
    with project(tmp_path / "a") as made, project(tmp_path / "b") as other:
        with made.campaign() as campaign:
            campaign.tell([3, 4], [name, "'plain"])
        text = out(made, "csv")
        assert f"'{start}x" in text
        (tmp_path / "x.csv").write_text(text, newline="")
        assert read_answers(tmp_path / "x.csv", other.items) == [Told(3, name), Told(4, "'plain")]


def test_columns_of_a_table_that_have_our_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("item,class,=x\n7,a,1\n9,b,2\n3,a,2\n1,b,9\n")
    with Project.create(tmp_path / "p", tmp_path / "a.csv") as made:
        with made.campaign() as campaign:
            campaign.tell([1], ["yes"])
        rows = list(csv.DictReader(io.StringIO(out(made, "csv"))))
    assert rows[0].items() >= {"item": "1", "item_": "9", "class_": "b", "'=x": "2", "class": "yes"}.items()


def test_jsonl_has_the_item_too(tmp_path: Path) -> None:
    with worked(tmp_path) as made:
        lines = [json.loads(line) for line in out(made, "jsonl").splitlines()]
    assert {line["item"]: line["content"]["text"] for line in lines} == {
        line["item"]: TEXTS[line["item"]] for line in lines
    }
    assert {line["answer"] for line in lines} == {"class", "unsure", "skipped", "out-of-scope"}


def test_a_download_has_a_name_and_a_type(tmp_path: Path) -> None:
    with worked(tmp_path) as made:
        names = {"csv": "p.csv", "events": "p-events.jsonl", "label-studio": "p-label-studio.json"}
        for format, ending in names.items():
            content, media, name = export(made, read_events(made.path), format)
            assert content == out(made, format)
            assert name == ending
            assert "/" in media
        with pytest.raises(AskNextError, match="no format 'xml'; give one of csv, jsonl, events, label-stu"):
            export(made, [], "xml")


# ---------------------------------------------------------------- the log


def restored(made: Project, path: Path) -> Project:
    """A new project of the same items into which the log is taken."""
    file = path / "log.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text(out(made, "events"))
    assert is_log(file)
    again = project(path)
    with again.campaign() as campaign:
        take_log(campaign, read_log(file))
    return again


def test_a_log_comes_back_as_it_was(tmp_path: Path) -> None:
    with worked(tmp_path / "a") as made, restored(made, tmp_path / "b") as again:
        assert [replace(e, id="") for e in read_events(again.path)[1:]] == [
            replace(e, id="") for e in read_events(made.path)[1:]
        ]
        for format in ("csv", "jsonl", "label-studio"):
            assert out(again, format) == out(made, format)
        problems = verify_log(again.path).problems
        assert all("column" in problem for problem in problems), "the columns are no part of the log"


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "tell", "tell", "correct", "retract", "comment", "rename", "merge", "split"]),
        st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=4),
        st.sampled_from(["a", "b", "c", "=d", UNSURE, SKIPPED, OUT_OF_SCOPE]),
    ),
    max_size=12,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DEEDS)
def test_whatever_happened_comes_back(tmp_path_factory: pytest.TempPathFactory, deeds: list[Any]) -> None:
    path = tmp_path_factory.mktemp("property")
    with project(path / "a") as made:
        with made.campaign() as campaign:
            for deed in deeds:
                try:
                    do(campaign, *deed)
                except AskNextError:  # not possible in this state
                    continue
        with restored(made, path / "b") as again:
            before, after = fold(read_events(made.path)), fold(read_events(again.path))
            assert (after.digest, after.round, after.labels) == (before.digest, before.round, before.labels)
            stand = resolved(read_events(made.path))
            assert resolved(read_events(again.path)) == stand
            plain = project(path / "c")
            for name, format in (("x.csv", "csv"), ("x.jsonl", "jsonl"), ("x.json", "label-studio")):
                if not stand:
                    break
                (path / name).write_text(out(made, format), newline="")
                with plain.campaign(path=None) as campaign:
                    tell(campaign, read_answers(path / name, plain.items), "me")
                    told = {one.item: (one.answer, one.label) for one in resolved(list(campaign.log))}
                    assert told == {one.item: (one.answer, one.label) for one in stand}
            plain.close()


def do(campaign: Campaign, deed: str, ids: list[int], answer: Any) -> None:
    other = campaign.classes[len(ids) % len(campaign.classes)] if campaign.classes else "x"
    name = answer if isinstance(answer, str) else "new"
    {
        "ask": lambda: campaign.ask(len(ids)),
        "tell": lambda: campaign.tell(ids, [answer] * len(ids), actor="me"),
        "correct": lambda: campaign.correct(ids, [answer] * len(ids)),
        "retract": lambda: campaign.retract(ids),
        "comment": lambda: campaign.comment(ids, "= a note"),
        "rename": lambda: campaign.rename_class(other, name),
        "merge": lambda: campaign.merge_class(other, into=name),
        "split": lambda: campaign.split_class(other, ids, name),
    }[deed]()


def test_a_copy_goes_on_where_the_other_went_on(tmp_path: Path) -> None:
    with worked(tmp_path / "a") as made, restored(made, tmp_path / "b") as copy:
        with copy.campaign() as campaign:
            campaign.tell(campaign.pending[:1], ["more"])
        (tmp_path / "more.jsonl").write_text(out(copy, "events"))
        log = read_log(tmp_path / "more.jsonl")
        with made.campaign() as campaign:
            assert take_log(campaign, log) == 2  # the class and the answer
            assert take_log(campaign, log) == 0
            campaign.tell(campaign.pool.candidates[:0], [])
            campaign.add_class("only here")
            with pytest.raises(AskNextError, match="holds answers or classes that the log lacks"):
                take_log(campaign, log)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"texts": [*TEXTS[:-1], "another end of it"]}, "of other items, or of another seed or audit share"),
        ({"seed": 2}, "of other items, or of another seed"),
        ({"classes": ["x"]}, "holds answers or classes that the log lacks"),
    ],
)
def test_a_log_of_something_else_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with worked(tmp_path / "a") as made:
        (tmp_path / "log.jsonl").write_text(out(made, "events"))
    with project(tmp_path / "b", **change) as other, other.campaign() as campaign:
        before = list(campaign.log)
        with pytest.raises(AskNextError, match=message):
            take_log(campaign, read_log(tmp_path / "log.jsonl"))
        assert list(campaign.log) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2, is not JSON"),
        ("[]", "line 2, is no JSON object"),
        ('{"type": "stopped"}', "line 2, is no event: it lacks 'body'"),
        ('{"type": "x", "body": {}, "id": "1", "actor": "", "time": "2024-01-01"}', "unknown event type 'x'"),
        ('{"type": "stopped", "body": {}, "id": "1", "actor": "", "time": "2024-01-01"}', "must say reason"),
        ('{"type": "stopped", "body": 3, "id": "1", "actor": "", "time": "2024-01-01"}', "no JSON object"),
        (
            '{"type": "stopped", "body": {"reason": "x"}, "id": "1", "actor": "", "time": "noon"}',
            "is no event: Invalid isoformat",
        ),
    ],
)
def test_a_line_that_is_no_event(tmp_path: Path, line: str, message: str) -> None:
    with project(tmp_path) as made:
        first = out(made, "events")
    (tmp_path / "log.jsonl").write_text(f"{first}{line}\n")
    with pytest.raises(AskNextError, match=message):
        read_log(tmp_path / "log.jsonl")


def test_an_event_that_does_not_follow_is_refused_with_all_others(tmp_path: Path) -> None:
    with worked(tmp_path / "a") as made:
        lines = out(made, "events").splitlines()
    (tmp_path / "log.jsonl").write_text("\n".join([*lines[:1], *lines[3:]]))  # two classes are missing
    with project(tmp_path / "b") as other, other.campaign() as campaign:
        with pytest.raises(AskNextError, match="does not fit"):
            take_log(campaign, read_log(tmp_path / "log.jsonl"))
        assert len(campaign.log) == 1


# ---------------------------------------------------------------- answers from files


def test_answers_of_a_file_are_told_once(tmp_path: Path) -> None:
    lines = ['{"item": 3, "class": "a"}', '{"item": 4, "class": 7, "actor": "bob"}']
    (tmp_path / "x.jsonl").write_text("\n".join([*lines, "", '{"item": 5, "answer": "skipped"}']))
    with project(tmp_path) as made, made.campaign() as campaign:
        told = read_answers(tmp_path / "x.jsonl", made.items)
        assert tell(campaign, told, "ann") == 3
        assert campaign.labels == {3: "a", 4: "7"}
        assert [event.actor for event in campaign.log if event.type == "answered"] == ["ann", "bob"]
        assert tell(campaign, told, "ann") == 0
        other = [Told(3, "b"), Told(4, "7"), Told(6, UNSURE)]
        with pytest.raises(AskNextError, match="item 3 is 'a' already; give --replace"):
            tell(campaign, other, "ann")
        assert campaign.labels == {3: "a", 4: "7"}
        assert tell(campaign, other, "ann", replace=True) == 2
        assert tell(campaign, [Told(6, "b")], "ann") == 1
        assert campaign.labels == {3: "b", 4: "7", 6: "b"}
        for bad in ([Told(10, "x")], [Told(7, "x"), Told(7, "y")], [Told(8, "x"), Told(8, "x", "bob")]):
            with pytest.raises(AskNextError):
                tell(campaign, bad, "ann")
        assert set(campaign.labels) == {3, 4, 6}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", '{"item": "3", "class": "a"}', "line 1: the item is '3'; give its number"),
        ("x.jsonl", '{"item": true, "class": "a"}', "the item is True"),
        ("x.jsonl", '{"item": 3}', "the answer is None and the class None; give a class, or an answer"),
        ("x.jsonl", '{"item": 3, "answer": "maybe"}', "the answer is 'maybe'"),
        ("x.jsonl", '{"item": 3, "answer": ["unsure"]}', r"the answer is \['unsure'\]"),
        ("x.jsonl", '{"item": 3, "answer": "unsure", "class": "a"}', "'unsure' and the class 'a'"),
        ("x.jsonl", '{"item": 3, "class": " "}', "line 1: ' ' is no class label"),
        ("x.jsonl", "", "x.jsonl holds no answers"),
        ("x.csv", "item;class\n3;a\n", "line 2, has no number of an item in a column 'item'"),
        ("x.csv", "item,class\n-3,a\n", "line 2, has no number"),
        ("x.csv", "item,class\n3,\n", "line 2: the answer is None"),
        ("x.csv", b"item,class\n3,caf\xe9\n", "is not UTF-8 text"),
        ("x.json", "{}", "is no list of tasks"),
        ("x.json", "[", "is not JSON"),
        ("x.xml", "<a/>", "unknown kind of file; give one of .jsonl, .csv, .json"),
        ("none.csv", None, "cannot be read: No such file"),
    ],
)
def test_files_that_hold_no_answers(tmp_path: Path, name: str, content: Any, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with project(tmp_path) as made, pytest.raises(AskNextError, match=message):
        read_answers(tmp_path / name, made.items)


def test_answers_as_a_command_line_spells_them() -> None:
    assert spelled("12=a=b") == Told(12, "a=b")
    assert spelled("12=unsure") == Told(12, "unsure")
    assert spelled("12:unsure") == Told(12, UNSURE)
    for bad in ("cat", "12", "12=", "x=cat", "-1=cat", "12:", "12:cat", "12= "):
        with pytest.raises(AskNextError):
            spelled(bad)


# ---------------------------------------------------------------- Label Studio


def tasks(*annotated: tuple[Any, list[dict[str, Any]]]) -> str:
    listed = enumerate(annotated, start=100)
    return json.dumps([{"id": i, "data": d, "annotations": a} for i, (d, a) in listed])


def choice(*names: str, **more: Any) -> dict[str, Any]:
    value = {"choices": list(names)}
    result = {"from_name": "sentiment", "to_name": "text", "type": "choices", "value": value}
    return {"result": [result], "completed_by": 3, **more}


def test_tasks_are_found_by_what_they_show(tmp_path: Path) -> None:
    content = tasks(
        ({"text": TEXTS[4]}, [choice("good")]),
        ({"my_text": TEXTS[2]}, [choice("bad"), choice("good")]),
        ({"text": TEXTS[3]}, []),
        ({"text": TEXTS[5]}, [choice("bad"), {**choice(), "was_cancelled": True}]),
        ({"text": TEXTS[6]}, [{"result": [], "was_cancelled": True, "completed_by": {"email": "a@b.c"}}]),
    )
    (tmp_path / "x.json").write_text(content)
    with project(tmp_path) as made:
        assert read_answers(tmp_path / "x.json", made.items) == [
            Told(4, "good", "3"), Told(2, "good", "3"), Told(5, "bad", "3"), Told(6, SKIPPED, "a@b.c"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (({"text": "unknown"}, [choice("a")]), "show no item of the project, the first: x.json, task 100"),
        (("text", [choice("a")]), "show no item"),
        (({"text": TEXTS[0]}, [choice("a", "b")]), "task 100 has 2 choices; an item has a single class"),
        (({"text": TEXTS[0]}, [{"result": []}]), "has 0 choices"),
        (({"text": TEXTS[0]}, []), "holds no answers"),
    ],
)
def test_tasks_that_cannot_be_taken_in(tmp_path: Path, task: Any, message: str) -> None:
    (tmp_path / "x.json").write_text(tasks(task))
    with project(tmp_path) as made, pytest.raises(AskNextError, match=message):
        read_answers(tmp_path / "x.json", made.items)


def test_items_that_show_the_same_keep_their_own_answers(tmp_path: Path) -> None:
    texts = [*TEXTS[:4], TEXTS[0], TEXTS[0]]
    with project(tmp_path, texts) as made:
        with made.campaign() as campaign:
            campaign.tell([4, 5], ["a", "b"])
        (tmp_path / "x.json").write_text(out(made, "label-studio"))
        assert read_answers(tmp_path / "x.json", made.items) == [Told(4, "a"), Told(5, "b")]


# ---------------------------------------------------------------- pictures


def pictures(path: Path) -> Project:
    root = path / "pictures"
    for i, image in enumerate(load_digits().images[:12]):
        folder = root / ("a" if i % 2 else "b")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 15).astype(np.uint8)).save(folder / f"{i // 2}.png")
    return Project.create(path / "p", root)


@pytest.mark.parametrize("address", ["{}", "/data/local-files/?d=some/place/{}", "https://x.org/data/{}"])
def test_pictures_are_found_by_the_end_of_their_address(tmp_path: Path, address: str) -> None:
    with pictures(tmp_path) as made:
        name = made.items.content(9)["image"]
        (tmp_path / "x.json").write_text(tasks(({"image": address.format(name)}, [choice("nine")])))
        assert read_answers(tmp_path / "x.json", made.items) == [Told(9, "nine", "3")]


def test_an_image_folder(tmp_path: Path) -> None:
    with pictures(tmp_path) as made:
        with pytest.raises(AskNextError, match=r"no picture of .* carries a class yet"):
            write_images(made, read_events(made.path), tmp_path / "out")
        given = ["one", "One", "a/b", "..", "a:b", "one", "unsure"]
        with made.campaign() as campaign:
            campaign.tell(range(8), [*given, UNSURE])
        assert write_images(made, read_events(made.path), tmp_path / "out") == 7
        lines = [json.loads(line) for line in (tmp_path / "out" / "metadata.jsonl").read_text().splitlines()]
        assert [line["class"] for line in lines] == given
        for line in lines:
            copy = tmp_path / "out" / line["file_name"]
            assert copy.resolve().is_relative_to((tmp_path / "out").resolve())
            assert copy.read_bytes() == made.items.image_path(line["item"]).read_bytes()
            assert made.items.content(line["item"])["image"] == line["source"]
        assert len({line["file_name"].casefold() for line in lines}) == 7
        folders = {line["class"]: line["file_name"].split("/")[0] for line in lines}
        assert len({folder.casefold() for folder in folders.values()}) == len(folders)
        with pytest.raises(AskNextError, match="out holds something already"):
            write_images(made, read_events(made.path), tmp_path / "out")
    with project(tmp_path / "t") as other, pytest.raises(AskNextError, match="are no pictures"):
        write_images(other, [], tmp_path / "other")


def test_pictures_of_one_name_in_one_class(tmp_path: Path) -> None:
    with pictures(tmp_path) as made:
        with made.campaign() as campaign:
            campaign.tell([0, 6], ["x", "x"])  # a/0.png and b/0.png
        write_images(made, read_events(made.path), tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out" / "x").iterdir()) == ["0-6.png", "0.png"]


# ---------------------------------------------------------------- asking


def test_what_waits_comes_first(tmp_path: Path) -> None:
    with project(tmp_path) as made, made.campaign() as campaign:
        first = next_items(campaign, 3)
        assert next_items(campaign, 3) == first
        assert next_items(campaign, 2) == first[:2]
        campaign.tell(first[:1], ["a"])
        more = next_items(campaign, 4)
        assert more[:2] == first[1:]
        assert len(set(more)) == 4
        unasked = int(campaign.pool.candidates[0])
        campaign.tell([unasked], ["b"])
        campaign.retract([first[0], unasked])
        assert set(next_items(campaign, 6)) >= {first[0], unasked}
        assert len(next_items(campaign, 100)) == 10


def test_formats_are_all_tested_here() -> None:
    assert set(FORMATS) == {"csv", "jsonl", "opinions", "events", "label-studio"}
