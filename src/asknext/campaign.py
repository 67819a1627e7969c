"""The campaign: ask, tell, and everything remembered in the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from typing import Any, Self

from asknext import detectors
from asknext.answers import as_answers, as_ids, as_label, as_name, as_text, as_whole
from asknext.choosing import Chooser
from asknext.errors import AskNextError
from asknext.learners.fitting import Fitting, Table
from asknext.log import ColumnStore, Event, Ledger, State, decide, in_turn
from asknext.log import events as kinds
from asknext.log.audit import mixed
from asknext.monitor.advice import Advice, advise
from asknext.monitor.audit import AuditReport, of_state
from asknext.monitor.live import Watch
from asknext.pool import Answer, Pool
from asknext.strategies import Selection, Strategy
from asknext.types import Array, Given, Ids, Label


class Campaign:
    """Ask what to label next, tell the answers, and go on where you stopped.

    Threads may share a campaign and take turns; a process has its own.

    Parameters
    ----------
    X : (n, …) the pool: array, sparse matrix, memory map, tensor, data frame or list; or a `Table` that
        holds rows outside the pool as well.
    learner : a name, a scikit-learn classifier or a learner; None where the strategy needs no model.
    strategy : a name, or an object such as `asknext.strategies.TypiClust(neighbours=20)`.
    detector : what computes the signal `ood` for strategies that need it: a name, an object such as
        `asknext.detectors.Knn(k=5)`, or "auto" for the one that an audit of the labels finds best.
    seed : the only source of randomness; the same seed and answers give the same questions.
    path : directory that keeps the campaign; opened again, it goes on. None keeps it in memory.
    classes : class labels that a new campaign starts with; others are added when they are first told.
    embedding : (n, d) rows for strategies that measure distance; default X where it is numeric.
    signals : further columns (n, …) by name, such as `proba` of your own model.
    audit : share of each batch, at most 200 items in all, that is drawn at random before anything is chosen
        and hidden from strategy and learner, so that `audit()` can say how good the model really is; 0.1 is a
        good share, 0 (the default) has none. A campaign keeps its share.
    columns : where computed columns are kept; default a folder within `path`.
    wait : seconds to wait for another process to let go of the path.
    history : events of another campaign over the same data, to go on from as it was then; for replays.

    Raises
    ------
    AskNextError : the path holds another campaign (other data or another seed), another process writes it,
        or an argument cannot be used; the message says which and what to do.
    """

    def __init__(
        self,
        X: Any,
        learner: Any = "logistic-regression",
        strategy: str | Strategy = "margin",
        *,
        detector: str | detectors.Detector = "auto",
        seed: int = 0,
        path: str | Path | None = None,
        classes: Sequence[Label] = (),
        embedding: Any = None,
        signals: Mapping[str, Any] | None = None,
        audit: float | None = None,
        columns: ColumnStore | None = None,
        wait: float = 0.0,
        history: Iterable[Event] = (),
    ) -> None:
        self.table = X if isinstance(X, Table) else Table(X)
        self.seed = as_whole("seed", seed)
        path = Path(path) if path is not None else None
        self._columns = columns or (ColumnStore(path / "columns") if path else None)
        self._chooser = Chooser(
            self.table, learner, strategy, detector, self.seed, signals, embedding, self._columns
        )
        self.learner, self.strategy = self._chooser.learner, self._chooser.strategy
        self.detector = self._chooser.detector
        self._watch: Watch | None = None
        self._ledger = Ledger(path, wait)
        self.log = self._ledger.log
        try:
            with self.transaction():
                self._ledger.append(*history)
                self._ledger.begin(len(self.table), lambda: self.table.key, self.seed, classes, audit)
        except BaseException:
            self.close()
            raise

    # ---------------------------------------------------------------- what is known

    @property
    def state(self) -> State:
        """The fold of the log: all that is known, read-only by convention."""
        return self._ledger.state

    @property
    @in_turn
    def pool(self) -> Pool:
        """The state of every item now."""
        return self.state.pool

    @property
    def classes(self) -> tuple[Label, ...]:
        """The classes known so far."""
        return self.pool.classes

    @property
    @in_turn
    def provisional(self) -> tuple[Label, ...]:
        """Those of the classes that wait for a name."""
        return tuple(self.state.labels[c] for c in self.state.unnamed)

    @property
    def round(self) -> int:
        """Number of batches asked so far."""
        return self.state.round

    @property
    def pending(self) -> Ids:
        """Items asked and not answered yet, for instance before a crash."""
        return self.pool.pending

    @property
    @in_turn
    def labels(self) -> dict[int, Label | Answer]:
        """Every answer that stands, by item; skipping an item is none."""
        return self.pool.answers

    @property
    @in_turn
    def fitting(self) -> Fitting:
        """The learner at this moment, fitted when first read.

        Raises
        ------
        AskNextError : the campaign has no learner.
        """
        return self._chooser.fitting(self.state)

    @in_turn
    def proba(self) -> Array:
        """Class probabilities (n, k) of all items by the present model, columns in the order of `classes`."""
        return self.fitting.column("proba")[: len(self.table)].copy()

    # ---------------------------------------------------------------- ask and tell

    @in_turn
    def ask(self, n: int) -> Selection:
        """Choose the next items; they are pending until told.

        Parameters
        ----------
        n : items wanted; fewer come back when fewer are left.

        Returns
        -------
        The selection, best first; empty when nothing is left to ask.

        Raises
        ------
        AskNextError : n < 1, or the strategy needs a signal that is not there.
        """
        start = perf_counter()
        learning = self._chooser.learning(self.state)
        selection = mixed(*self._chooser.choose(self.state, as_whole("the batch size", n, 1)))
        if len(selection):
            seconds = perf_counter() - start - (self._chooser.learning(self.state) - learning)
            self._ledger.append(decide.asked(self.state, self.strategy, selection, seconds))
        return selection

    @in_turn
    def require(self) -> None:
        """Check that everything the strategy needs is there, before a label is spent.

        Raises
        ------
        MissingSignalError : a signal is missing; the message names it and what there is.
        """
        view = self._chooser.round(self.state)
        view.signals.require(self.strategy.needs, f"the strategy '{self.strategy.name}'")

    def tell(self, ids: Given, answers: Given, *, id: str | None = None, actor: str = "") -> None:
        """Take in answers: class labels, new ones too, or OUT_OF_SCOPE, UNSURE, SKIPPED.

        When this returns, the answers are on the disk. Items that were never asked may be told as well. The
        name of a class that was merged into another counts for the other, and a provisional name for the
        class that had it, as long as no class bears that name again.

        Parameters
        ----------
        ids : (m,) positions in the pool.
        answers : (m,) one answer each.
        id : your own name for this delivery; a second delivery of the same name changes nothing.
        actor : who answered.

        Raises
        ------
        AskNextError : an id is no position in the pool or stands twice, the lengths differ, an answer is
            neither a label nor an `Answer`, or an item was answered before (use `correct`).
        """
        self._answer(kinds.ANSWERED, ids, answers, id, actor)

    def correct(self, ids: Given, answers: Given, *, id: str | None = None, actor: str = "") -> None:
        """Replace earlier answers, of which there must be some; the log keeps both. Else as `tell`."""
        self._answer(kinds.CORRECTED, ids, answers, id, actor)

    def second(self, ids: Given, answers: Given, *, id: str | None = None, actor: str = "") -> None:
        """Take in further opinions, of others than who answered first; what stands is what most say.

        Parameters, raises: as for `tell`, but the items must have been answered before.
        """
        self._answer(kinds.SECONDED, ids, answers, id, actor)

    def adjudicate(self, ids: Given, answers: Given, *, id: str | None = None, actor: str = "") -> None:
        """Speak the last word on items; the opinions are kept, and later ones change nothing.

        Parameters, raises: as for `tell`, but the items must have been answered before, and none is SKIPPED.
        """
        self._answer(kinds.ADJUDICATED, ids, answers, id, actor)

    @in_turn
    def _answer(self, kind: str, ids: Given, answers: Given, id: str | None, actor: str) -> None:
        places = as_ids(ids, len(self.table))
        given = as_answers(answers, len(places))
        self._ledger.answer(kind, places, given, as_name(id), actor)

    @in_turn
    def retract(self, ids: Given, *, skipped: Given = (), id: str | None = None, actor: str = "") -> None:
        """Take answers back: the items wait for one again, as those just asked; the log keeps all.

        Parameters
        ----------
        ids, id, actor : as for `tell`.
        skipped : (m,) other items, which the actor had skipped beside answers of others: noted, no more.

        Raises
        ------
        AskNextError : an id is no position in the pool or stands twice, or an item has no answer.
        """
        places, n = as_ids(ids, len(self.table)), len(self.table)
        self._ledger.deliver(id, actor, decide.retracted, places, as_ids(skipped, n))

    @in_turn
    def review(self, ids: Given, *, id: str | None = None, actor: str = "") -> None:
        """Note that answers were looked over and stay as they are. Parameters, raises: as for `retract`."""
        self._ledger.deliver(id, actor, decide.reviewed, as_ids(ids, len(self.table)))

    @in_turn
    def reopen(self, ids: Given, *, id: str | None = None, actor: str = "") -> None:
        """Withdraw last words: what most say stands again. Parameters, raises: as for `retract`."""
        self._ledger.deliver(id, actor, decide.reopened, as_ids(ids, len(self.table)))

    @in_turn
    def comment(self, ids: Given, text: str, *, id: str | None = None, actor: str = "") -> None:
        """Note something about items; it changes nothing that is learnt. Parameters: as for `tell`."""
        body = {"ids": as_ids(ids, len(self.table)).tolist(), "text": as_text("text", text)}
        self._ledger.append(Event(kinds.COMMENTED, body, as_name(id), actor))

    # ---------------------------------------------------------------- classes

    @in_turn
    def add_class(self, label: Label, *, actor: str = "") -> int:
        """Make a class known before any item carries it; returns its permanent number."""
        return self._ledger.add_class(as_label(label), actor)

    @in_turn
    def provisional_class(self, *, actor: str = "") -> Label:
        """Make a class known that `rename_class` names later; returns what it is called till then."""
        self._ledger.append(decide.class_unnamed(self.state, actor))
        return self.classes[-1]

    @in_turn
    def rename_class(self, old: Label, new: Label, *, id: str | None = None, actor: str = "") -> None:
        """Give a class another name; its items keep it, and the old one is free, unless it was provisional.

        Raises
        ------
        AskNextError : there is no class `old`, or there is already a class `new` (merge them instead).
        """
        self._ledger.deliver(id, actor, decide.class_renamed, old, new)

    @in_turn
    def merge_class(self, label: Label, *, into: Label, id: str | None = None, actor: str = "") -> None:
        """Unite a class with another; its items count as the other's from now on.

        Raises
        ------
        AskNextError : one of the classes is unknown, or both are the same.
        """
        self._ledger.deliver(id, actor, decide.class_merged, label, into)

    @in_turn
    def split_class(
        self, label: Label, ids: Given, new: Label, *, id: str | None = None, actor: str = ""
    ) -> None:
        """Make some items of a class another class, a new one or one there is.

        Parameters
        ----------
        label : the class.
        ids : (m,) positions in the pool, all of this class.
        new : what they are now; the name of a class merged away makes a new one.

        Raises
        ------
        AskNextError : there is no class `label`, both are the same, or an item is not of `label`.
        """
        self._ledger.deliver(id, actor, decide.class_split, label, as_ids(ids, len(self.table)), new)

    # ---------------------------------------------------------------- the record

    @in_turn
    def audit(self) -> AuditReport:
        """How good the present model is, and what is in the pool: from the audit slice alone.

        Raises
        ------
        AskNextError : the campaign has no audit slice.
        """
        told = of_state(self.state, self.fitting.sources()["proba"] if self.learner is not None else None)
        if told is None:
            raise AskNextError("this campaign has no audit slice; start it with audit=0.1 to have one.")
        return told

    @in_turn
    def advice(self) -> Advice:
        """Keep going, explore more, choose easier, choose harder, or stop: in a sentence, with the evidence.

        Reads a fixed sample of the pool. Models of past rounds that are not kept are fitted again.

        Raises
        ------
        AskNextError : the campaign has no learner, or one without probabilities.
        """
        given = (self.table, self._columns, self.seed, self._chooser.given.get("embedding"))
        self._watch = self._watch or Watch(self.fitting.learner, *given)
        seen = self._watch.readings(self.log, lambda n: self._chooser.choose(self.state, n)[0].ids)
        return advise(seen, self.audit() if len(self.state.audit.ids) else None, self.strategy.family)

    @in_turn
    def record(self) -> None:
        """Fit now, keep the probabilities of the pool and the hold-out as a column, and log that.

        Such columns are what replays and monitors read later. Call it after the last answers of a round; a
        second call does nothing unless there were more.

        Raises
        ------
        AskNextError : the campaign has no learner, or no place to keep columns.
        """
        if self._columns is None:
            raise AskNextError("record() keeps columns on the disk; give the campaign a path.")
        kept = self.state.fitted.get(self.round, {"columns": {}})["columns"]
        if kept.get("proba") == self.fitting.column_key("proba"):
            return
        self.fitting.column("proba")
        self._ledger.append(decide.fitted(self.state, self.fitting))

    @in_turn
    def stop(self, reason: str, *, actor: str = "") -> None:
        """Note that the campaign ended, and why; it can still go on."""
        self._ledger.append(Event(kinds.STOPPED, {"reason": reason}, actor=actor))

    @in_turn
    def publish(self, *events: Event) -> None:
        """Take in what was worked out elsewhere on an earlier state of this log: all of it, or nothing.

        Raises
        ------
        DamagedLogError : an event does not follow from the log.
        """
        self._ledger.append(*events)

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what happens inside at once, at the end; after an exception none of it happened."""
        return self._ledger.transaction()

    # ---------------------------------------------------------------- open and close

    def close(self) -> None:
        """Give the directory back; opened again, the campaign goes on."""
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        pool = self.pool
        known = f"{len(pool.labelled)} labelled, {len(pool.classes)} classes"
        return f"Campaign({len(pool)} items, {known}, round {self.round}, strategy {self.strategy.name!r})"
