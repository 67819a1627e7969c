"""The campaign against a plain dict: any sequence of deeds, with or without closing, gives the same state."""

from __future__ import annotations

import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from asknext import OUT_OF_SCOPE, SKIPPED, UNSURE, Campaign
from asknext.errors import AskNextError
from asknext.log import fold
from asknext.log.verify import verify_log
from asknext.pool import Answer

N = 8
X = np.arange(float(N))[:, None]
LABELS = st.sampled_from(["a", "b", "c", "ß c", 1, 2.5, "unnamed-1", "unnamed-2"])
ANSWERS = LABELS | st.sampled_from([OUT_OF_SCOPE, UNSURE, SKIPPED])
UNASKED, PENDING = "unasked", "pending"


class CampaignModel(RuleBasedStateMachine):
    """`items` holds a state, an `Answer` or a class number for each item; `names` the living classes.

    `given_up` says where the names of merged classes, and provisional names, lead that no class bears now;
    `unnamed` which classes have no name of their own yet.
    """

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.numbers = count()
        self.items: list[Any] = [UNASKED] * N
        self.names: dict[int, Any] = {}
        self.given_up: dict[Any, int] = {}
        self.unnamed: list[int] = []
        self.rounds = 0
        self.deliveries: list[tuple[str, str, list[int], list[Any]]] = []
        self.campaign = self.open()

    def open(self) -> Campaign:
        return Campaign(X, None, "random", seed=1, path=self.folder)

    def teardown(self) -> None:
        if hasattr(self, "campaign"):
            self.campaign.close()
            assert verify_log(self.folder).problems == ()
            shutil.rmtree(self.folder)

    # ---------------------------------------------------------------- the dict's side

    def living(self, label: Any) -> int | None:
        return next((number for number, name in self.names.items() if name == label), None)

    def found(self, label: Any) -> int:
        number = next(self.numbers)
        self.names[number] = label
        return number

    def number(self, label: Any) -> int:
        number = self.living(label)
        if number is None:
            number = self.given_up.get(label)
        return self.found(label) if number is None else number

    def in_state(self, *states: Any) -> list[int]:
        return [i for i, item in enumerate(self.items) if item in states]

    def settled(self) -> list[int]:
        return [i for i, item in enumerate(self.items) if isinstance(item, int) or item is OUT_OF_SCOPE]

    def note(self, kind: str, ids: list[int], answers: list[Any], name: str) -> None:
        for i, answer in zip(ids, answers, strict=True):
            self.items[i] = answer if isinstance(answer, Answer) else self.number(answer)
        if name:
            self.deliveries.append((name, kind, ids, answers))

    def draw(self, data: st.DataObject, ids: list[int]) -> tuple[list[int], list[Any]]:
        some = data.draw(st.lists(st.sampled_from(ids), unique=True, min_size=1))
        return some, data.draw(st.lists(ANSWERS, min_size=len(some), max_size=len(some)))

    # ---------------------------------------------------------------- deeds

    @rule(n=st.integers(1, N))
    def ask(self, n: int) -> None:
        candidates = self.in_state(UNASKED) or self.in_state(SKIPPED)
        ids = self.campaign.ask(n).ids.tolist()
        assert len(ids) == len(set(ids)) == min(n, len(candidates))
        assert set(ids) <= set(candidates)
        self.rounds += len(ids) > 0
        for i in ids:
            self.items[i] = PENDING

    @rule(data=st.data(), named=st.booleans())
    def tell(self, data: st.DataObject, named: bool) -> None:
        if free := self.in_state(UNASKED, PENDING, SKIPPED, UNSURE):
            ids, answers = self.draw(data, free)
            name = f"d{len(self.deliveries)}" if named else ""
            self.campaign.tell(ids, answers, id=name or None)
            self.note("tell", ids, answers, name)

    @rule()
    def tell_all_pending(self) -> None:
        ids = self.campaign.pending
        answers = [["a", OUT_OF_SCOPE, "b"][i % 3] for i in ids]
        self.campaign.tell(ids, answers)
        self.note("tell", ids.tolist(), answers, "")

    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        if told := self.settled() + self.in_state(UNSURE):
            ids, answers = self.draw(data, told)
            self.campaign.correct(ids, answers)
            self.note("correct", ids, answers, "")

    @rule(data=st.data())
    def tell_what_is_settled(self, data: st.DataObject) -> None:
        if told := self.settled():
            with pytest.raises(AskNextError, match="already answered"):
                self.campaign.tell([data.draw(st.sampled_from(told))], ["quite new"])

    @rule(data=st.data())
    def correct_what_is_open(self, data: st.DataObject) -> None:
        if free := self.in_state(UNASKED, PENDING, SKIPPED):
            with pytest.raises(AskNextError, match="not yet answered"):
                self.campaign.correct([data.draw(st.sampled_from(free))], ["quite new"])

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        name, kind, ids, answers = data.draw(st.sampled_from(self.deliveries))
        getattr(self.campaign, kind)(ids, answers, id=name)
        with pytest.raises(AskNextError, match="used before"):
            self.campaign.tell(ids, [*answers[:-1], "quite new"], id=name)

    @rule(label=LABELS)
    def add_class(self, label: Any) -> None:
        assert self.campaign.add_class(label) == self.number(label)

    @rule(old=LABELS, new=LABELS)
    def rename_class(self, old: Any, new: Any) -> None:
        names = list(self.names.values())
        if old in names and new not in names:
            self.campaign.rename_class(old, new)
            number = self.number(old)
            self.names[number] = new
            if number in self.unnamed:
                self.unnamed.remove(number)
                self.given_up[old] = number
        else:
            with pytest.raises(AskNextError, match=r"there is (no|already a) class"):
                self.campaign.rename_class(old, new)

    @rule(label=LABELS, into=LABELS)
    def merge_class(self, label: Any, into: Any) -> None:
        names = list(self.names.values())
        if label in names and into in names and label != into:
            self.campaign.merge_class(label, into=into)
            source, target = self.number(label), self.number(into)
            self.items = [target if item == source else item for item in self.items]
            del self.names[source]
            self.given_up = {n: target if c == source else c for n, c in self.given_up.items()}
            self.given_up[label] = target
            self.unnamed = [number for number in self.unnamed if number != source]
        else:
            with pytest.raises(AskNextError, match=r"there is no class|merged into itself"):
                self.campaign.merge_class(label, into=into)

    @rule(data=st.data(), new=LABELS)
    def split_class(self, data: st.DataObject, new: Any) -> None:
        told = sorted({item for item in self.items if isinstance(item, int)})
        if not told:
            return
        source = data.draw(st.sampled_from(told))
        ids = data.draw(st.lists(st.sampled_from(self.in_state(source)), unique=True, min_size=1))
        if new == self.names[source]:
            with pytest.raises(AskNextError, match="cannot be split into itself"):
                self.campaign.split_class(new, ids, new)
            return
        if others := [i for i in range(N) if self.items[i] != source]:
            with pytest.raises(AskNextError, match=rf"item {others[0]} is not of class"):
                self.campaign.split_class(self.names[source], [*ids, others[0]], new)
        self.campaign.split_class(self.names[source], ids, new)
        target = self.living(new)
        if target is None:
            target = self.found(new)
        for i in ids:
            self.items[i] = target

    @rule()
    def provisional_class(self) -> None:
        taken = {*self.names.values(), *self.given_up}
        label = next(name for name in (f"unnamed-{i}" for i in count(1)) if name not in taken)
        assert self.campaign.provisional_class() == label
        self.unnamed.append(self.found(label))

    @rule()
    def fail_in_a_transaction(self) -> None:
        with pytest.raises(KeyError), self.campaign.transaction():  # noqa: PT012
            self.campaign.add_class("lost")
            self.campaign.ask(2)
            raise KeyError

    @rule()
    def open_again(self) -> None:
        self.campaign.close()
        self.campaign = self.open()

    # ---------------------------------------------------------------- the comparison

    @invariant()
    def agrees(self) -> None:
        pool = self.campaign.pool
        assert self.campaign.classes == tuple(self.names.values())
        assert self.campaign.provisional == tuple(self.names[number] for number in self.unnamed)
        assert self.campaign.round == self.rounds
        assert pool.candidates.tolist() == (self.in_state(UNASKED) or self.in_state(SKIPPED))
        assert pool.pending.tolist() == self.in_state(PENDING)
        told = {i: item for i, item in enumerate(self.items) if item not in (UNASKED, PENDING, SKIPPED)}
        assert self.campaign.labels == {
            i: item if isinstance(item, Answer) else self.names[item] for i, item in told.items()
        }
        places = list(self.names)
        of_class = [i for i, item in told.items() if not isinstance(item, Answer)]
        assert pool.labelled.tolist() == of_class
        assert pool.y.tolist() == [places.index(self.items[i]) for i in of_class]
        assert fold(self.campaign.log).digest == self.campaign.state.digest


CampaignModel.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestCampaignModel = CampaignModel.TestCase
