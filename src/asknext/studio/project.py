"""A labelling project: a directory with its settings, its items, their embedding and the log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np

from asknext import __version__, detectors, strategies
from asknext.answers import as_label, as_share, as_text, as_whole
from asknext.campaign import Campaign
from asknext.errors import AskNextError
from asknext.files import occupied, read_json, replacing, write_json
from asknext.learners import as_learner
from asknext.log import ColumnStore
from asknext.log.audit import AuditSlice
from asknext.log.place import address, holds_log, named, settle, unsettle
from asknext.log.sqlite import DATABASE
from asknext.strategies.steps import Steps
from asknext.studio.building import building
from asknext.studio.importing import Source, read_source
from asknext.studio.items import Items
from asknext.studio.seen import check_reads, seen
from asknext.types import Array, Progress

SETTINGS, ITEMS, EMBEDDING = "project.json", "items.db", "embedding.npy"
_SINCE: dict[str, Any] = {"overlap": 0.0, "opinions": 2}
DEFAULTS: dict[str, Any] = {
    "strategy": "auto", "learner": "logistic-regression", "detector": "auto", "seed": 0, "audit": 0.1,
    "batch": 40, "retrain_every": 20, **_SINCE,
}  # fmt: skip
"""Settings that may be given when a project is created; those of `_SINCE` are missing in older ones."""
IMPORTER = "import"
"""Who gave the labels that came with the items."""
_FOUND = ("kind", "source", "encoder", "encoder_note", "classes", "duplicates", "notes")


class Project:
    """An opened project.

    Parameters
    ----------
    path : its directory.
    settings : what `project.json` says.
    items : the raw items.
    embedding : (n, d) float32, memory-mapped.
    """

    def __init__(self, path: Path, settings: dict[str, Any], items: Items, embedding: Array) -> None:
        self.path = path
        self.settings = settings
        self.items = items
        self.embedding = embedding
        self.columns = ColumnStore(path / "columns")

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes given at the start."""
        return tuple(self.settings["classes"])

    @property
    def duplicates(self) -> list[list[int]]:
        """Groups of items that are the same, or nearly."""
        groups: list[list[int]] = self.settings["duplicates"]
        return groups

    @classmethod
    def open(cls, path: str | Path) -> Project:
        """Open a project to read its items; its log has a writer only once `campaign` is called.

        Raises
        ------
        AskNextError : there is no project, or a part of it is missing or damaged.
        """
        path = Path(path)
        if not (path / SETTINGS).is_file():
            what = "a campaign without raw items" if holds_log(path) else "no labelling project"
            raise AskNextError(f"{path} holds {what} (there is no {SETTINGS}).")
        for part in (ITEMS, EMBEDDING, *([DATABASE] if named(path) is None else [])):
            if not (path / part).is_file() or not (path / part).stat().st_size:
                raise AskNextError(f"{path} lacks its {part}; restore it from a copy.")
        settings = read_json(path / SETTINGS)
        settings = _SINCE | settings if isinstance(settings, dict) else {}
        if (DEFAULTS.keys() | set(_FOUND)) - settings.keys():
            raise AskNextError(f"{path / SETTINGS} lacks settings; restore it from a copy.")
        try:
            embedding = np.load(path / EMBEDDING, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise AskNextError(f"{path / EMBEDDING} is damaged ({error}); import the items anew.") from error
        items = Items(path / ITEMS)
        if len(items) != len(embedding):
            items.close()
            raise AskNextError(
                f"{path} holds {len(items)} items and embeddings of {len(embedding)}, parts of different "
                "projects; restore it from a copy, or import the items anew."
            )
        return cls(path, settings, items, embedding)

    @classmethod
    def create(
        cls,
        path: str | Path,
        source: str | Path,
        *,
        text: str | None = None,
        label: str | None = None,
        embedding: str | Path | None = None,
        classes: Iterable[str] = (),
        progress: Progress | None = None,
        db: str | None = None,
        **settings: Any,
    ) -> Project:
        """Import items into a new directory, which appears whole or not at all.

        Parameters
        ----------
        path : the directory; there may be none yet, or an empty one.
        source, text, label, embedding, progress : see `importing.read_source`. Labels that are known are told
            as answers of the actor "import".
        classes : names of classes that are known beforehand.
        db : the database for the log, postgresql://user@host:port/database, without a password; by default
            the log is in the directory.
        settings : any of `DEFAULTS`.

        Raises
        ------
        AskNextError : the directory holds something, the items or the database cannot be used, or a setting
            cannot.
        """
        path, source = Path(path).absolute(), Path(source).absolute()
        chosen = _checked(settings)
        names = list(dict.fromkeys(str(as_label(as_text("a class", name))) for name in classes))
        if occupied(path):
            what = "a project already" if (path / SETTINGS).exists() else "something that is no project"
            raise AskNextError(f"{path} holds {what}; choose another directory.")
        with building(path, unsettle) as folder:
            if db is not None:
                settle(folder, address(db), path.name)
            found = read_source(source, text, label, Path(embedding) if embedding else None, progress)
            check_reads(chosen["learner"], as_learner(chosen["learner"]), found.kind)
            items = Items.create(folder / ITEMS, found.kind, found.rows, found.root)
            with replacing(folder / EMBEDDING, durable=True) as file:
                np.save(file, found.embedding)
            about = _settings(source, found, chosen, names)
            write_json(folder / SETTINGS, about)
            with cls(folder, about, items, found.embedding) as project, project.campaign() as campaign:
                campaign.require()
                for name in sorted({*found.labels.values()}):
                    campaign.add_class(name)
                if found.labels:
                    ids, answers = list(found.labels), list(found.labels.values())
                    campaign.tell(ids, answers, id=IMPORTER, actor=IMPORTER)
        return cls.open(path)

    def campaign(self, **how: Any) -> Campaign:
        """The campaign over the items, with the settings of the project; distances are in the embedding.

        What is to be asked until the next round is chosen first, and what else waits after it.

        Parameters
        ----------
        how : other arguments of `Campaign`; `path=None, history=events` makes one in memory.
        """
        own = {name: self.settings[name] for name in ("learner", "strategy", "detector", "seed", "audit")}
        own |= {"path": self.path, "classes": self.classes, "columns": self.columns}
        if self.settings["batch"] > self.settings["retrain_every"]:
            own["strategy"] = Steps(strategies.get(own["strategy"]), self.settings["retrain_every"])
        given = {**own, "embedding": self.embedding, **how}
        learner = None if given["learner"] is None else as_learner(given["learner"])
        rows = seen(learner, self.items, self.embedding, self.path.name)
        return Campaign(rows, **{**given, "learner": learner})

    def close(self) -> None:
        """Let go of the items."""
        self.items.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_or_create(path: str | Path, source: str | Path | None = None, **how: Any) -> Project:
    """The project in a directory, made from items where there is none yet.

    Parameters
    ----------
    path : the directory.
    source : the items; may be left out where the project is there.
    how : for `Project.create`; a project that is there keeps what it was made with.

    Raises
    ------
    AskNextError : there is no project and no source, or the project was made from another source or with
        another of the settings given.
    """
    path = Path(path)
    if not (path / SETTINGS).is_file() and source is not None:
        return Project.create(path, source, **how)
    if not path.exists():
        raise AskNextError(f"there is no project {path} yet; say what to label with --items PATH.")
    project = Project.open(path)
    made_from = project.settings["source"]
    if source is not None and made_from != str(Path(source).absolute()):
        project.close()
        raise AskNextError(f"{path} was made from {made_from}; choose another directory for other items.")
    _check_database(project, how.get("db"))
    for name in DEFAULTS.keys() & how.keys():
        if how[name] != project.settings[name]:
            project.close()
            raise AskNextError(
                f"{path} was made with the {name} {project.settings[name]!r}, not {how[name]!r}; leave it "
                "out, or choose another directory."
            )
    return project


def _check_database(project: Project, db: str | None) -> None:
    if db is None:
        return
    kept = named(project.path)
    if kept is None or kept.url != address(db):
        where = "in itself" if kept is None else f"in {kept.address}"
        project.close()
        raise AskNextError(
            f"{project.path} has its log {where}; leave the database out, or choose another directory."
        )


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    """All settings; refuses those that no campaign would take, before anything is read."""
    if unknown := settings.keys() - DEFAULTS.keys():
        raise AskNextError(f"there is no setting '{min(unknown)}'; there is: {', '.join(DEFAULTS)}.")
    chosen = DEFAULTS | settings
    for name, check in (("strategy", strategies.get), ("learner", as_learner), ("detector", detectors.get)):
        check(as_text(name, chosen[name]))
    for name, least in (("seed", 0), ("batch", 1), ("retrain_every", 1), ("opinions", 2)):
        chosen[name] = as_whole(name, chosen[name], least)
    chosen["overlap"] = as_share("overlap", chosen["overlap"])
    chosen["audit"] = AuditSlice.draw(1, chosen["audit"], 0).share
    return chosen


def _settings(source: Path, found: Source, chosen: dict[str, Any], classes: list[str]) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "source": str(source),
        "encoder": found.encoder,
        "encoder_note": found.note,
        **chosen,
        "classes": classes,
        "notes": list(found.notes),
        "duplicates": found.duplicates,
        "made_by": __version__,
    }
