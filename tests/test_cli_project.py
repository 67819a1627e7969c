"""A project from the command line: next, tell, status, advise, export, import; one line for errors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_wine

from asknext.cli import advise, export, import_, next_, replay, status, tell, verify  # noqa: F401  (they register)
from asknext.log import read_events
from asknext.studio.project import Project
from command_line import refused, run

WINE = load_wine(as_frame=True)


def said(*arguments: str | Path) -> Any:
    """What a command prints as JSON."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on wine of three rounds, all of it from the command line."""
    path = tmp_path_factory.mktemp("projects")
    WINE.data.to_csv(path / "wine.csv", index=False)
    Project.create(path / "wine", path / "wine.csv", classes=["0", "1", "2"]).close()
    for _ in range(3):
        items = [one["item"] for one in said("next", path / "wine", "-n", "12")]
        answers = [f"{item}={WINE.target[item]}" for item in items]
        assert said("tell", path / "wine", *answers, "--actor", "ann")["answers"] == 12
    run("next", path / "wine")
    return path / "wine"


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_next_names_what_waits_and_the_content(project: Path) -> None:
    first = said("next", project, "-n", "3")
    assert first == said("next", project, "-n", "3")
    assert first[0]["content"]["columns"][0] == ["alcohol", WINE.data["alcohol"][first[0]["item"]]]
    plain = run("next", project, "-n", "2").stdout.splitlines()
    assert [int(line.split()[0]) for line in plain] == [one["item"] for one in first[:2]]
    assert plain[0].split(maxsplit=1)[1].startswith("alcohol=")
    assert len(said("next", project, "-n", "1000")) == 178 - 36


def test_status(project: Path) -> None:
    run("tell", project, "0:unsure", "1:out-of-scope", "--replace")
    found = said("status", project)
    assert found["labelled"] + found["out_of_scope"] + found["unsure"] == found["answered"]
    assert (found["unsure"], found["out_of_scope"], found["kind"], found["n"]) == (1, 1, "table", 178)
    assert found["left"] == 178 - found["answered"]
    assert [one["name"] for one in found["classes"]] == ["0", "1", "2"]
    assert (found["round"], found["strategy"]) == (4, "auto")
    plain = run("status", project).stdout
    assert "178 (table, columns)" in plain
    assert "out of scope 1" in " ".join(plain.split())


def test_status_knows_the_accuracy_where_the_model_was_kept(made: Path) -> None:
    accuracy = said("status", made)["accuracy"]
    assert 0 <= accuracy["low"] <= accuracy["value"] <= accuracy["high"] <= 1
    assert accuracy["n"] >= 1
    assert "audit items" in run("status", made).stdout


def test_advice_needs_no_data(made: Path, project: Path) -> None:
    told = said("advise", made)
    figures = {one["figure"]: one["value"] for one in told["evidence"]}
    assert figures["accord"] is not None
    assert told["labelled"] <= 36
    answers = [f"{one['item']}={WINE.target[one['item']]}" for one in said("next", project, "-n", "10")]
    run("tell", project, *answers)
    assert said("advise", project)["labelled"] > told["labelled"], "although no model of now is kept"
    gaps = said("replay", made, "--metric", "exploration-gap", "--subset", "pool")
    assert len(gaps) >= 2


def test_a_log_goes_from_project_to_project(made: Path, tmp_path: Path) -> None:
    assert run("export", made, "--format", "events", "--out", tmp_path / "log.jsonl").exit_code == 0
    Project.create(tmp_path / "new", made.parent / "wine.csv").close()
    taken = said("import", tmp_path / "new", tmp_path / "log.jsonl")
    assert taken == {"events": len(read_events(made)) - 1}
    one, other = said("status", made), said("status", tmp_path / "new")
    assert {**other, "name": "", "accuracy": None} == {**one, "name": "", "accuracy": None}
    assert run("export", made).stdout == run("export", tmp_path / "new").stdout
    assert "Events taken in: 0" in run("import", tmp_path / "new", tmp_path / "log.jsonl").stdout


@pytest.mark.parametrize(
    ("format", "name"), [("csv", "x.csv"), ("jsonl", "x.jsonl"), ("label-studio", "x.json")]
)
def test_labels_go_from_project_to_project(made: Path, tmp_path: Path, format: str, name: str) -> None:
    written = said("export", made, "--format", format, "--out", tmp_path / name)
    assert written == {"path": str(tmp_path / name), "format": format}
    Project.create(tmp_path / "new", made.parent / "wine.csv", classes=["0", "1", "2"]).close()
    assert said("import", tmp_path / "new", tmp_path / name) == {"answers": 36}
    assert said("status", tmp_path / "new")["classes"] == said("status", made)["classes"]
    assert "Answers taken in: 0" in run("import", tmp_path / "new", tmp_path / name).stdout


def test_reading_works_beside_the_page_and_writing_is_refused(project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened, opened.campaign():
        for command in ("status", "advise", "export", "verify"):
            assert run(command, project).exit_code == 0, command
        (tmp_path / "a.jsonl").write_text('{"item": 1, "class": "0"}\n')
        for command in (("next",), ("tell", "1=0"), ("import", tmp_path / "a.jsonl")):
            line = refused(command[0], project, *command[1:])
            assert "is being written elsewhere, such as by its labelling page; use the page" in line


def test_what_cannot_be_is_one_line(project: Path, tmp_path: Path) -> None:
    for command in ("next", "status", "export"):
        assert "there is no project" in refused(command, tmp_path / "none")
        assert "holds no labelling project" in refused(command, tmp_path)
    assert "give answers such as 12=cat" in refused("tell", project)
    assert "give answers such as 12=cat" in refused("tell", project, "1=0", "--file", "x.csv")
    assert "'cat' is no answer" in refused("tell", project, "cat")
    assert "id 500 is no position" in refused("tell", project, "500=0")
    answered = said("export", project, "--format", "jsonl", "--out", tmp_path / "x.jsonl") and json.loads(
        (tmp_path / "x.jsonl").read_text().splitlines()[0]
    )
    assert "give --replace" in refused("tell", project, f"{answered['item']}=other")
    assert "no format 'xml'" in refused("export", project, "--format", "xml")
    assert "name the place" in refused("export", project, "--format", "images")
    assert "are no pictures" in refused("export", project, "--format", "images", "--out", tmp_path / "out")
    assert "is a folder; name a file" in refused("export", project, "--out", tmp_path)
    assert "-n is 0" in refused("next", project, "-n", "0")
    assert "cannot be read" in refused("import", project, tmp_path / "none.csv")
    assert "other items" in refused("advise", project, "--data", "digits")
