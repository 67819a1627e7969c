"""One run of a comparison: one strategy with one seed, from its first labels to its last batch."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep
from typing import Any
from urllib.parse import quote

import numpy as np

from asknext import rows, strategies
from asknext.bench.division import Split
from asknext.bench.insight import insight
from asknext.bench.protocol import Settings, split
from asknext.campaign import Campaign
from asknext.detectors.signal import OOD
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread
from asknext.learners import make
from asknext.learners.fitting import Table
from asknext.log import ColumnStore, Event, read_events
from asknext.log import events as kinds
from asknext.log.place import holds_log
from asknext.oracles import NoisyOracle, Oracle, TruthOracle
from asknext.pool import OUT_OF_SCOPE, Answer
from asknext.types import Array, Ids, Label

LOCK_WAIT = 30.0  # seconds that a resumed run waits for an orphan of the killed one to notice
MOST_COPIED = 4 << 30  # bytes of images that a run takes into memory
COMMIT_EVERY = 0.5  # seconds; whole rounds, at least one


@dataclass(frozen=True)
class Run:
    """One cell of the comparison.

    Parameters
    ----------
    out : the results directory.
    strategy : a name.
    seed : number of the seed, from 0.
    """

    out: Path
    strategy: str
    seed: int

    @property
    def path(self) -> Path:
        """The directory of this run's log; a name with a colon is written as in an address."""
        return self.out / "runs" / quote(self.strategy, safe="") / str(self.seed)

    @property
    def columns(self) -> ColumnStore:
        """The column cache of this run; not shared, so that each run's seconds are its own."""
        return ColumnStore(self.path / "columns")

    @property
    def started(self) -> bool:
        """True once there is a log."""
        return holds_log(self.path)

    def events(self, settings: Settings) -> list[Event]:
        """What its log holds of a comparison's rounds; a longer comparison may have gone on in it.

        Raises
        ------
        AskNextError : the log is that of another run, or cannot be read.
        """

        def within(event: Event) -> bool:
            return event.type != kinds.ASKED or event.body["round"] < settings.rounds

        found = read_events(self.path)
        self.check_owner(found, settings)
        return list(takewhile(within, found))

    def finished(self, settings: Settings) -> bool:
        """True when the last round was recorded, or the pool ran empty: any other round ends with a question.

        Raises
        ------
        AskNextError : as for `events`.
        """
        events = self.events(settings) if self.started else []
        return bool(events) and events[-1].type == kinds.FITTED

    def check_owner(self, events: Iterable[Event], settings: Settings) -> None:
        """Refuse events of another run: folders may have been exchanged.

        Raises
        ------
        AskNextError : another strategy asked, another learner, detector or seed was at work, or rounds had
            other sizes.
        """
        size = spent = 0
        for event in events:
            body, found = event.body, ""
            if event.type == kinds.CREATED:
                size = body["n"]
                if body["seed"] != self.seed:
                    found = f"seed {body['seed']}"
            elif event.type == kinds.ASKED:
                detector = body.get("origins", {}).get(OOD, settings.detector)
                if body["strategy"] != self.strategy:
                    found = f"the strategy {body['strategy']}"
                elif settings.detector not in ("auto", detector):
                    found = f"the detector {detector}"
            elif event.type == kinds.ANSWERED:
                spent += len(body["ids"])
            elif event.type == kinds.FITTED:
                due = min(settings.initial + settings.batch * body["round"], size)
                if spent != due:
                    found = f"{spent} answers in round {body['round']}, where {due} are due,"
                elif body["learner"] != _learner_key(settings.learner):
                    found = "another learner"
            if found:
                raise AskNextError(
                    f"{self.path} holds a run with {found} and belongs elsewhere; put the folder back."
                )


def open_campaign(
    run: Run, X: Array, y: Array, classes: tuple[Label, ...], settings: Settings
) -> tuple[Campaign, Split, Oracle]:
    """The campaign of a run, new or found on the disk, with its split and the oracle that answers it.

    Parameters
    ----------
    run : which one.
    X, y : (n, …) what the learner sees and (n,) class positions of the whole data set.
    classes : the labels that the positions stand for.
    settings : the protocol.
    """
    parts = split(y, settings, run.seed, classes)
    scope = [classes[c] for c in parts.scope]
    truth = parts.positions(y)[parts.pool]
    campaign = Campaign(
        Table(_part(X, parts.pool), holdout=_part(X, parts.test)),
        settings.learner,
        run.strategy,
        detector=settings.detector,
        seed=run.seed,
        path=run.path,
        classes=() if settings.scenario.known is not None else scope,
        audit=settings.scenario.audit,
        signals=insight(run.strategy, X, y, classes, parts, settings, run.seed, run.columns),
        columns=run.columns,
        wait=LOCK_WAIT,
    )
    told: list[Label | Answer] = [scope[c] if c >= 0 else OUT_OF_SCOPE for c in truth]
    return campaign, parts, _oracle(told, scope, settings, run.seed)


def _oracle(truth: list[Label | Answer], scope: list[Label], settings: Settings, seed: int) -> Oracle:
    noise = settings.scenario.label_noise
    return NoisyOracle(truth, seed, noise, classes=scope) if noise else TruthOracle(truth)


def execute(
    run: Run, X: Array, y: Array, classes: tuple[Label, ...], settings: Settings, parent: int | None = None
) -> Run:
    """Carry a run on to its last round: what its log holds already is not done again.

    A commit holds whole rounds — answers, fit, columns, next question —, as many as half a second allows.
    Numerical libraries get one thread, so that jobs side by side do not fight, and so that results do not
    depend on their number.

    Parameters
    ----------
    run, X, y, classes, settings : as for `open_campaign`.
    parent : process that wants the result; this process ends when that one is gone.

    Returns
    -------
    The run itself, so that a scheduler knows which one is done.
    """
    if parent is not None:
        _leave_with(parent)
    _learner_key(settings.learner)  # imports what the learner needs, so that it takes one thread as well
    with one_thread():
        campaign, parts, oracle = open_campaign(run, X, y, classes, settings)
        with campaign:
            run.check_owner(campaign.log, settings)
            more = True
            while more:
                with campaign.transaction():
                    start = perf_counter()
                    while more and perf_counter() - start < COMMIT_EVERY:
                        more = play(campaign, parts, oracle, settings)
    return run


def _part(X: Array, ids: Ids) -> Any:
    """These rows; of photographs that fill the memory only those that are asked for are ever read."""
    mapped = isinstance(X, np.memmap) and rows.is_images(X) and X.nbytes > MOST_COPIED
    return rows.Part(X, ids) if mapped else X[ids]


@cache
def _learner_key(name: str) -> str:
    return make(name).key


@cache
def _leave_with(parent: int) -> None:
    """End this worker soon after its parent was killed: it would hold logs that a new parent wants to write.

    A thread of the parent, or a worker that somebody else started, has nothing to watch.
    """
    if os.getppid() != parent:
        return

    def watch() -> None:
        while os.getppid() == parent:
            sleep(0.2)
        os._exit(1)  # as sudden as a kill, which the log survives

    Thread(target=watch, daemon=True).start()


def play(campaign: Campaign, parts: Split, oracle: Oracle, settings: Settings) -> bool:
    """One round: answer what is open, fit and record, ask the next batch; False when there is no next one."""
    if len(campaign.pending):
        campaign.tell(campaign.pending, oracle.answer(campaign.pending))
    elif campaign.round == 0 and settings.initial:
        campaign.tell(parts.initial, oracle.answer(parts.initial), id="initial")  # counts once
    if campaign.round or settings.initial:  # before the first answer there is nothing to record
        campaign.record()
    return campaign.round < settings.rounds and len(campaign.ask(settings.batch)) > 0


def check(run: Run, X: Array, y: Array, classes: tuple[Label, ...], settings: Settings) -> None:
    """Refuse, before a label is spent, a strategy whose signals the learner cannot give.

    Raises
    ------
    AskNextError : the strategy is unknown, or needs what the learner, or the scenario, does not provide.
    """
    hints = strategies.get(run.strategy).needs & {"truth", "reference_proba"}
    if settings.scenario.known is not None and hints:
        raise AskNextError(
            f"the strategy '{run.strategy}' is told what only a benchmark knows of all classes; leave it or "
            "--known out."
        )
    few = np.flatnonzero(y >= 0)[:2]
    signals = {"truth": y[few], "reference_proba": np.eye(len(classes))[y[few]]}
    with Campaign(
        X[few],
        settings.learner,
        run.strategy,
        detector=settings.detector,
        classes=classes,
        signals=signals,
    ) as campaign:
        try:
            campaign.require()
        except AskNextError as error:
            raise AskNextError(f"with the learner '{settings.learner}', {error}") from None
