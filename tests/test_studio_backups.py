"""Copies of the log: when one is made, how many are kept, and that a project is made again from one."""

from __future__ import annotations

from pathlib import Path

from asknext.cli import label  # noqa: F401  (it registers)
from asknext.log import fold, read_events
from asknext.studio.backups import KEPT, back_up
from asknext.studio.log_in import read_log, take_log
from asknext.studio.project import Project
from command_line import refused
from studio_project import project
from tampering import behind


def test_a_project_is_made_again_from_a_copy(tmp_path: Path) -> None:
    with project(tmp_path, classes=()) as made:
        with made.campaign() as campaign:
            campaign.tell([1, 2, 5], ["green", "blue", "green"], actor="ann")
            campaign.retract([2], actor="ann")
        events = read_events(made.path)
        copy = back_up(made, events)
        assert copy is not None
        assert copy.parent == made.path / "backups"
        again = Project.create(tmp_path / "again", tmp_path / "points.csv",
                               batch=10, retrain_every=10, audit=0.2)  # fmt: skip
        with again, again.campaign() as campaign:
            take_log(campaign, read_log(copy))
            assert campaign.state.digest == fold(events).digest


def test_a_copy_is_made_once_and_the_newest_are_kept(tmp_path: Path) -> None:
    with project(tmp_path) as made, made.campaign() as campaign:
        for item in range(KEPT + 3):
            campaign.tell([item], ["red"])
            assert back_up(made, list(campaign.log)) is not None
            assert back_up(made, list(campaign.log)) is None
        kept = sorted((made.path / "backups").iterdir())
        assert len(kept) == KEPT
        assert read_log(kept[-1]) == list(campaign.log)


def test_where_nothing_can_be_written_labelling_goes_on(tmp_path: Path) -> None:
    with project(tmp_path) as made, made.campaign() as campaign:
        (made.path / "backups").write_text("a file in the place of the folder")
        assert back_up(made, list(campaign.log)) is None


def test_a_damaged_log_is_told_with_its_copy(tmp_path: Path) -> None:
    with project(tmp_path) as made:
        path = made.path
        copy = back_up(made, read_events(path))
    with behind(path) as raw:
        raw.exec_driver_sql("UPDATE events SET body = '{'")
    told = refused("label", path, "--no-browser")
    assert f"Its newest copy is {copy}" in told
