"""A project: whole or not at all, the same after reopening, and nobody else's folder is touched."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine

from asknext import Campaign
from asknext.errors import AskNextError
from asknext.log import read_events
from asknext.log.place import ADDRESS, named
from asknext.log.sqlite import DATABASE
from asknext.log.verify import verify_log
from asknext.studio.building import building
from asknext.studio.project import DEFAULTS, Project, open_or_create

WINE = load_wine(as_frame=True)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Wine without its labels, but for a few."""
    frame = WINE.data.copy()
    frame["kind"] = [f"kind {y}" if i % 20 == 0 else None for i, y in enumerate(WINE.target)]
    frame.to_csv(tmp_path / "wine.csv", index=False)
    return tmp_path / "wine.csv"


def files(path: Path) -> list[str]:
    return sorted(p.name for p in path.iterdir())


def test_a_project_holds_all_that_was_imported(tmp_path: Path, table: Path) -> None:
    project = Project.create(tmp_path / "p", table, label="kind", classes=["kind 2", "other"], batch=5)
    assert files(tmp_path) == ["p", "wine.csv"]
    kept_in = ADDRESS if named(project.path) else DATABASE
    parts = sorted([".lock", "embedding.npy", "items.db", "project.json", kept_in])
    assert files(project.path) == parts
    kept = json.loads((project.path / "project.json").read_text())
    assert kept == project.settings
    assert {name: kept[name] for name in DEFAULTS} == {**DEFAULTS, "batch": 5}
    assert (kept["kind"], kept["source"], kept["encoder"]) == ("table", str(table), "columns")
    assert kept["encoder_note"].startswith("From 13 columns: ")
    assert project.classes == ("kind 2", "other")
    assert isinstance(project.embedding, np.memmap)
    assert project.embedding.shape == (178, 13)
    assert project.items.content(3)["columns"][0] == ["alcohol", WINE.data["alcohol"][3]]
    project.close()


def test_known_labels_are_answers_and_the_rest_is_to_be_asked(tmp_path: Path, table: Path) -> None:
    with Project.create(tmp_path / "p", table, label="kind", classes=["kind 2"]) as project:
        with project.campaign() as campaign:
            assert campaign.classes == ("kind 2", "kind 0", "kind 1")
            assert campaign.labels == {i: f"kind {WINE.target[i]}" for i in range(0, 178, 20)}
            assert len(campaign.pool.candidates) == 178 - 9
            asked = campaign.ask(10).ids
            assert not set(asked.tolist()) & set(campaign.labels)
        told = [event for event in read_events(project.path) if event.type == "answered"]
        assert [(event.id, event.actor) for event in told] == [("import", "import")]
    assert verify_log(tmp_path / "p").problems == ()


def test_a_campaign_has_the_settings_of_its_project(tmp_path: Path, table: Path) -> None:
    settings = {"strategy": "entropy", "learner": "random-forest", "seed": 7, "audit": 0, "detector": "knn"}
    with Project.create(tmp_path / "p", table, **settings) as project, project.campaign() as campaign:
        assert (campaign.strategy.name, campaign.seed, campaign.detector.name) == ("entropy", 7, "knn")
        assert len(campaign.state.audit.ids) == 0
        campaign.tell(range(178), WINE.target.tolist())
        campaign.record()
        assert (campaign.proba().argmax(axis=1) == WINE.target).mean() > 0.9
    assert list((tmp_path / "p" / "columns").iterdir())


def test_a_campaign_in_memory_goes_on_from_the_log(tmp_path: Path, table: Path) -> None:
    with Project.create(tmp_path / "p", table, label="kind") as project:
        with project.campaign() as campaign:
            before = list(campaign.log)
            copy = project.campaign(path=None, history=before)  # while the project has its writer
            assert copy.ask(6).ids.tolist() == campaign.ask(6).ids.tolist()
            copy.record()
        assert len(read_events(project.path)) == len(before) + 1


def test_it_goes_on_after_reopening(tmp_path: Path, table: Path) -> None:
    with open_or_create(tmp_path / "p", table) as project, project.campaign() as campaign:
        ids = campaign.ask(5).ids
        campaign.tell(ids, ["a"] * 5)
    for source in (None, table):
        with open_or_create(tmp_path / "p", source) as project, project.campaign() as campaign:
            assert set(campaign.labels) == set(ids)
    with pytest.raises(AskNextError, match=r"was made from .*wine\.csv; choose another directory"):
        open_or_create(tmp_path / "p", tmp_path / "other.csv")


def test_progress_is_told(tmp_path: Path, table: Path) -> None:
    told: list[tuple[str, int, int]] = []
    Project.create(tmp_path / "p", table, progress=lambda *step: told.append(step)).close()
    assert told[-1] == ("Encoding", 178, 178)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"strategy": "best"}, "best"),
        ({"learner": "brain"}, "brain"),
        ({"detector": "nose"}, "nose"),
        ({"strategy": 3}, "strategy is 3; give a text"),
        ({"audit": 1}, "audit share is 1"),
        ({"batch": 0}, "batch is 0"),
        ({"retrain_every": 1.5}, "retrain_every is 1.5"),
        ({"seed": -1}, "seed is -1"),
        ({"colour": "red"}, "no setting 'colour'"),
        ({"classes": ["a", " "]}, "no class label"),
        ({"classes": [3]}, "a class is 3; give a text"),
        ({"label": "sort"}, "no column 'sort'"),
    ],
)
def test_what_cannot_be_used_leaves_nothing(tmp_path: Path, table: Path, how: Any, message: str) -> None:
    with pytest.raises(AskNextError, match=message):
        Project.create(tmp_path / "p", table, **how)
    assert files(tmp_path) == ["wine.csv"]


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path, table: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    (tmp_path / "file").write_text("precious")
    Campaign(np.eye(3), None, "random", path=tmp_path / "campaign").close()
    for name, message in (
        ("mine", "holds no labelling project"),
        ("campaign", "holds a campaign without raw items"),
        ("file", "holds no labelling project"),
        ("none", "there is no project .*none yet; say what to label with --items"),
    ):
        with pytest.raises(AskNextError, match=message):
            open_or_create(tmp_path / name)
    for name in ("mine", "campaign", "file"):
        with pytest.raises(AskNextError, match="holds something that is no project; choose another"):
            open_or_create(tmp_path / name, table)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"
    with Project.create(tmp_path / "p", table), pytest.raises(AskNextError, match="holds a project already"):
        Project.create(tmp_path / "p", table)


def test_an_empty_folder_is_used(tmp_path: Path, table: Path) -> None:
    (tmp_path / "p").mkdir()
    with open_or_create(tmp_path / "p", table) as project:
        assert len(project.items) == 178


@pytest.mark.parametrize(
    "part", ["items.db", "embedding.npy", pytest.param("project.db", marks=pytest.mark.sqlite)]
)
def test_a_project_that_lost_a_part(tmp_path: Path, table: Path, part: str) -> None:
    Project.create(tmp_path / "p", table).close()
    (tmp_path / "p" / part).unlink()
    for source in (None, table):
        with pytest.raises(AskNextError, match=f"lacks its {part}; restore it from a copy"):
            open_or_create(tmp_path / "p", source)


@pytest.mark.parametrize(
    ("part", "content", "message"),
    [
        ("embedding.npy", b"garbage", "embedding.npy is damaged"),
        ("items.db", b"garbage", "items.db is damaged"),
        ("project.json", b"{", "project.json is damaged"),
        ("project.json", b"[]", "lacks settings"),
        ("project.json", b'{"kind": "table"}', "lacks settings"),
    ],
)
def test_a_damaged_part(tmp_path: Path, table: Path, part: str, content: bytes, message: str) -> None:
    Project.create(tmp_path / "p", table).close()
    (tmp_path / "p" / part).write_bytes(content)
    with pytest.raises(AskNextError, match=message):
        Project.open(tmp_path / "p")


def test_parts_of_different_projects(tmp_path: Path, table: Path) -> None:
    Project.create(tmp_path / "p", table).close()
    np.save(tmp_path / "p" / "embedding.npy", np.zeros((5, 2), np.float32))
    with pytest.raises(AskNextError, match="178 items and embeddings of 5"):
        Project.open(tmp_path / "p")
    np.save(tmp_path / "p" / "embedding.npy", np.zeros((178, 2), np.float32))
    with Project.open(tmp_path / "p") as project, pytest.raises(AskNextError, match="other data"):
        project.campaign()


# ---------------------------------------------------------------- interrupted


def test_a_creation_that_was_killed_is_done_again(tmp_path: Path, table: Path) -> None:
    code = (
        "import sys, time; from asknext.studio import importing, project\n"
        "def wait(*_):\n    print('busy', flush=True)\n    time.sleep(60)\n"
        "project.Project.create(sys.argv[1], sys.argv[2], progress=wait)"
    )
    path = str(tmp_path / "p")
    process = subprocess.Popen([sys.executable, "-c", code, path, str(table)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"busy\n"
    assert files(tmp_path) == [".p.new", "wine.csv"]
    with pytest.raises(AskNextError, match=r"another process is making .*p right now"):
        Project.create(path, table)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert files(tmp_path) == [".p.new", "wine.csv"]
    with pytest.raises(AskNextError, match=r"there is no project .*p yet"):
        open_or_create(path)
    with open_or_create(path, table) as project:
        assert len(project.items) == 178
    assert files(tmp_path) == ["p", "wine.csv"]


def test_an_error_in_between_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), building(tmp_path / "p") as folder:
        (folder / "half").write_text(f"{1 / 0}")
    assert files(tmp_path) == []
    with building(tmp_path / "deep" / "p") as folder:
        (folder / "whole").write_text("whole")
    assert files(tmp_path / "deep" / "p") == ["whole"]


def test_a_place_that_cannot_be_written(table: Path) -> None:
    with pytest.raises(AskNextError, match="cannot be made: Not a directory; choose another place"):
        Project.create(table / "p", table)


def test_one_writer(tmp_path: Path, table: Path) -> None:
    busy = pytest.raises(AskNextError, match="another process, or something else in this one, is writing")
    with Project.create(tmp_path / "p", table) as project, project.campaign(), busy:
        project.campaign()


def test_a_project_keeps_the_settings_it_was_made_with(tmp_path: Path) -> None:
    source = tmp_path / "texts.txt"
    source.write_text("a red apple\na green pear\na blue plum\n")
    open_or_create(tmp_path / "p", source, strategy="random").close()
    open_or_create(tmp_path / "p", strategy="random").close()
    with pytest.raises(AskNextError, match="was made with the strategy 'random', not 'margin'; leave it out"):
        open_or_create(tmp_path / "p", source, strategy="margin")
