"""Several opinions in exports: who said what stands, how far others agree, and what a model makes of it."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE
from asknext.cli import export as _export  # noqa: F401  (it registers)
from asknext.cli import label as _label  # noqa: F401
from asknext.cli import status as _status  # noqa: F401
from asknext.errors import AskNextError
from asknext.log import Event, fold, read_events
from asknext.log.verify import verify_log
from asknext.studio.exporting import written
from asknext.studio.labels_in import read_answers, tell
from asknext.studio.log_in import read_log, take_log
from asknext.studio.parquet import write_parquet
from asknext.studio.project import Project
from asknext.studio.resolving import modelled, resolved
from command_line import refused, run

PEOPLE = ("ann", "bob", "cy")


def fresh(path: Path, n: int = 60, classes: tuple[str, ...] = ("good", "bad")) -> Project:
    path.mkdir(parents=True, exist_ok=True)
    (path / "a.txt").write_text("".join(f"text {i}\n" for i in range(n)))
    return Project.create(path / "p", path / "a.txt", classes=classes, audit=0.0)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Project]:
    """Opinions of every kind on the first items; on the others a careless cy beside two careful people."""
    found = fresh(tmp_path)
    with found.campaign() as campaign:
        campaign.tell(range(8), ["good"] * 8, actor="ann")
        campaign.second([1, 2, 3, 4, 6, 7], ["good", "bad", "bad", UNSURE, SKIPPED, "bad"], actor="bob")
        campaign.second([3], ["bad"], actor="cy")
        campaign.adjudicate([2], [OUT_OF_SCOPE], actor="owner")
        campaign.second([2], ["bad"], actor="=cy")
        campaign.retract([7], actor="ann")
        campaign.tell([8, 9], [SKIPPED, UNSURE], actor="ann")
        for item in range(10, 60):
            true, other = ("good", "bad") if item % 2 else ("bad", "good")
            campaign.tell([item], [other if item % 3 else true], actor="cy")
            campaign.second([item], [true], actor="ann")
            if item < 35:
                campaign.second([item], [true], actor="bob")
    yield found
    found.close()


def out(made: Project, format: str, **how: Any) -> str:
    return "".join(written(made, read_events(made.path), format, **how))


def test_who_said_what_stands_and_how_far_others_agree(made: Project) -> None:
    found = {one.item: one for one in resolved(read_events(made.path))}
    told = {
        i: (one.label or one.answer, one.actor, one.annotators, one.opinions, one.agreement)
        for i, one in found.items()
    }
    assert told[0] == ("good", "ann", ("ann",), 1, 1.0)
    assert told[1] == ("good", "ann", ("ann", "bob"), 2, 1.0)
    assert told[2] == ("out-of-scope", "owner", ("ann", "bob", "=cy"), 3, 0.0)
    assert told[3] == ("bad", "bob", ("ann", "bob", "cy"), 3, pytest.approx(2 / 3))
    assert told[4] == ("good", "ann", ("ann", "bob"), 2, 0.5)
    assert told[6] == ("good", "ann", ("ann",), 1, 1.0)
    assert told[7] == ("bad", "bob", ("bob",), 1, 1.0)
    assert told[8] == ("skipped", "ann", (), 0, None)
    assert told[9] == ("unsure", "ann", ("ann",), 1, 1.0)
    events = {(event.actor, event.type): event for event in read_events(made.path)}
    assert found[2].time == events["owner", "adjudicated"].time


def test_csv_and_jsonl_say_it_in_new_columns(made: Project) -> None:
    rows = {int(row["item"]): row for row in csv.DictReader(io.StringIO(out(made, "csv")))}
    assert (rows[3]["annotators"], rows[3]["opinions"], float(rows[3]["agreement"])) == (
        "ann;bob;cy", "3", pytest.approx(2 / 3),
    )  # fmt: skip
    assert (rows[8]["annotators"], rows[8]["opinions"], rows[8]["agreement"]) == ("", "0", "")
    lines = {one["item"]: one for one in map(json.loads, out(made, "jsonl").splitlines())}
    assert (lines[3]["annotators"], lines[3]["opinions"]) == (["ann", "bob", "cy"], 3)
    assert list(lines[3])[:8] == ["item", "content", "answer", "class", "actor", "time", "round", "slot"]


@pytest.mark.parametrize(("name", "format"), [("x.csv", "csv"), ("x.jsonl", "jsonl")])
def test_labels_come_in_again(made: Project, tmp_path: Path, name: str, format: str) -> None:
    (tmp_path / name).write_text(out(made, format), newline="")
    with fresh(tmp_path / "new") as again, again.campaign() as campaign:
        tell(campaign, read_answers(tmp_path / name, again.items), "me")
        assert campaign.labels == fold(read_events(made.path)).pool.answers


def test_the_log_comes_back_with_all_opinions(made: Project, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(out(made, "events"))
    with fresh(tmp_path / "new", classes=()) as again:
        with again.campaign() as campaign:
            take_log(campaign, read_log(tmp_path / "log.jsonl"))
        for format in ("csv", "jsonl", "opinions", "label-studio"):
            assert out(again, format) == out(made, format)
        assert out(again, "csv", consensus=True) == out(made, "csv", consensus=True)
        one, other = fold(read_events(again.path)), fold(read_events(made.path))
        assert [one.opinions.of(i) for i in range(60)] == [other.opinions.of(i) for i in range(60)]
        assert verify_log(again.path).problems == ()


def test_a_column_for_each_person(made: Project) -> None:
    rows = list(csv.DictReader(io.StringIO(out(made, "opinions"))))
    assert list(rows[0]) == ["item", "ann", "bob", "cy", "'=cy"]
    told = {int(row["item"]): [row[name] for name in ("ann", "bob", "cy", "'=cy")] for row in rows}
    assert told[0] == ["good", "", "", ""]
    assert told[2] == ["good", "bad", "", "bad"]
    assert told[4] == ["good", "", "", ""], "unsure is nothing said"
    assert not {8, 9} & told.keys()
    assert told[7] == ["", "bad", "", ""]


def test_the_consensus_of_a_model_beats_the_first_of_two(made: Project) -> None:
    truth = {item: "good" if item % 2 else "bad" for item in range(10, 60)}
    stands = {one.item: one.label for one in resolved(read_events(made.path))}
    found = {one.one.item: one for one in modelled(read_events(made.path))}
    assert {item: found[item].one.label for item in truth} == truth
    assert sum(stands[item] != right for item, right in truth.items()) > 10
    assert all(0.5 < (found[item].p or 0) <= 1 for item in truth)
    assert (found[2].consensus, found[2].p, found[2].one.answer) == ("last word", None, "out-of-scope")
    assert (found[9].consensus, found[9].one.answer) == ("", "unsure")
    assert found[50].one.agreement == 0.5
    rows = {int(row["item"]): row for row in csv.DictReader(io.StringIO(out(made, "csv", consensus=True)))}
    assert (rows[50]["class"], rows[50]["consensus"]) == ("bad", "dawid-skene")
    assert float(rows[50]["p"]) == found[50].p
    assert list(rows[50])[-2:] == ["consensus", "p"]


def test_without_second_opinions_there_is_no_consensus(tmp_path: Path) -> None:
    with fresh(tmp_path) as made:
        with made.campaign() as campaign:
            campaign.tell([0], ["good"])
        with pytest.raises(AskNextError, match="no item was answered by several people"):
            list(modelled(read_events(made.path)))
        assert out(made, "opinions").splitlines() == ["item,", "0,good"]


def test_parquet_has_the_same_with_types(made: Project, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for consensus in (False, True):
        n = write_parquet(made, read_events(made.path), tmp_path / "a.parquet", consensus)
        table = parquet.read_table(tmp_path / "a.parquet")
        rows = list(csv.DictReader(io.StringIO(out(made, "csv", consensus=consensus))))
        assert (table.num_rows, table.column_names) == (n, list(rows[0]))
        for got, wanted in zip(table.to_pylist(), rows, strict=True):
            got["annotators"] = ";".join(got["annotators"])
            assert {k: "" if v is None else str(v) for k, v in got.items()} == wanted


def test_parquet_needs_pyarrow(made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AskNextError, match=r"parquet needs pyarrow: pip install 'asknext\[parquet\]'"):
        write_parquet(made, [], tmp_path / "a.parquet")


# ---------------------------------------------------------------- commands


def test_the_commands_know_several_people(made: Project, tmp_path: Path) -> None:
    found = json.loads(run("status", made.path, "--json").stdout)["agreement"]
    assert found["items"] == 53
    assert found["low"] <= found["alpha"] <= found["high"]
    assert "Krippendorff's alpha" in " ".join(run("status", made.path).stdout.split())
    by_model = run("export", made.path, "--consensus", "dawid-skene").stdout
    assert by_model == out(made, "csv", consensus=True).replace("\r\n", "\n") or "dawid-skene" in by_model
    for format in ("parquet", "opinions"):
        done = run("export", made.path, "--format", format, "--out", tmp_path / format)
        assert done.exit_code == 0, done.output
        assert (tmp_path / format).stat().st_size > 0
    assert "--out" in refused("export", made.path, "--format", "parquet")
    assert "there is no consensus 'vote'" in refused("export", made.path, "--consensus", "vote")
    wrong = refused("export", made.path, "--consensus", "dawid-skene", "--format", "events")
    assert "written as csv, jsonl or parquet" in wrong


def test_a_project_that_one_person_labelled_has_no_agreement(tmp_path: Path) -> None:
    with fresh(tmp_path) as made:
        with made.campaign() as campaign:
            campaign.tell([0], ["good"])
        assert json.loads(run("status", made.path, "--json").stdout)["agreement"] is None
        assert "alpha" not in run("status", made.path).stdout
        with made.campaign() as campaign:
            campaign.second([0], [UNSURE], actor="bob")
        assert "of no item are several people sure" in " ".join(run("status", made.path).stdout.split())


def test_label_refuses_an_overlap_that_cannot_be(tmp_path: Path) -> None:
    for option, value in (("--overlap", "1.5"), ("--opinions", "1")):
        assert run("label", tmp_path / "p", option, value).exit_code == 2
    with fresh(tmp_path) as made:
        told = refused("label", made.path, "--overlap", "0.2", "--no-browser")
        assert "was made with the overlap 0.0, not 0.2" in told


def test_an_event_of_a_person_who_said_nothing_before_is_no_error() -> None:
    """A log in which a second opinion comes first is refused by the fold, not by the export."""
    created = Event("created", {"n": 3, "data": "", "seed": 0, "audit": [], "audit_share": 0})
    with pytest.raises(AskNextError, match="were not answered yet"):
        resolved([created, Event("seconded", {"ids": [0], "answers": ["unsure"]})])
