"""Two people over HTTP do what they like while server, worker and connections are killed.

After each step the log is read beside the server: what was acknowledged is in it once, what was refused is
not, what the API shows is the fold of it, a round is there whole, and no item is leased to two people.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from asknext.files import write_json
from asknext.log import Event, fold, read_events
from asknext.log import events as kinds
from asknext.log.place import ADDRESS, named
from asknext.log.reader import integrity
from asknext.studio.counts import classes, counts
from asknext.studio.people import People
from asknext.studio.roles import Role
from asknext.studio.telling import deliveries
from page_server import Served
from studio_project import project
from wire import Wire

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")]

N = 40
PEOPLE = st.sampled_from(["owner", "bea"])
ITEM = st.integers(0, N - 1)
NAMES = st.sampled_from(["red", "green", "blue", "mauve"])
ANSWERS = st.one_of(
    NAMES.map(lambda name: {"class": name}),
    st.sampled_from(["out-of-scope", "unsure", "skipped"]).map(lambda kind: {"kind": kind}),
)


class Letter(NamedTuple):
    """Something delivered under an id of its own."""

    person: str
    path: str
    body: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def items(self) -> list[int]:
        return list(self.body.get("items", []))


class Labelling(RuleBasedStateMachine):
    """A project, its server, an owner and an annotator."""

    folder: Path
    numbers = count()
    wire: Wire | None

    @initialize()
    def begin(self) -> None:
        made = project(self.folder / str(next(self.numbers)), n=N, overlap=0.5, retrain_every=8, batch=6)
        made.close()
        self.path, self.wire = made.path, None
        if schema := named(self.path):
            self.wire = Wire(schema.url.host or "127.0.0.1", schema.url.port or 5432)
            through = schema.url.set(host="127.0.0.1", port=self.wire.port)
            write_json(self.path / ADDRESS, {"url": through.render_as_string(), "schema": schema.name})
        self.tokens = {"bea": People(self.path).add("bea", Role.ANNOTATOR)}
        self.served = Served(self.path, self.path.parent / "points.csv")
        self.tokens["owner"] = self.served.token
        self.owner = self.call("owner", "/api/project")[1]["actor"]
        self.done: list[Letter] = []
        self.refused: list[Letter] = []
        self.leases: dict[int, str] = {}
        self.ids = count()

    def teardown(self) -> None:
        if not hasattr(self, "ids"):
            return
        self.served.kill()
        self.meaning_is_kept(read_events(self.path))
        command = [sys.executable, "-m", "asknext", "verify", str(self.path)]
        checked = subprocess.run(command, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        if self.wire:
            self.wire.close()

    # ---------------------------------------------------------------- sending

    def call(self, person: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and reply; what is told to be tried again is."""
        headers = {"Authorization": f"Bearer {self.tokens[person]}", "X-Asknext": "1",
                   "Content-Type": "application/json"}  # fmt: skip
        for _ in range(100):
            connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=30)
            try:
                connection.request("GET" if body is None else "POST", path, json.dumps(body or {}), headers)
                reply = connection.getresponse()
                told = reply.status, json.loads(reply.read())
            finally:
                connection.close()
            if told[0] != 503:
                return told
            time.sleep(0.05)
        raise AssertionError(f"{path} is not to be had: {told}")

    def letter(self, person: str, path: str, **body: Any) -> Letter:
        return Letter(person, f"/api/{path}", {"id": f"letter-{next(self.ids)}", **body})

    def send(self, letter: Letter) -> int:
        """Deliver it, and note what became of it."""
        status, reply = self.call(letter.person, letter.path, letter.body)
        assert status in (200, 400, 403, 409), reply
        (self.done if status == 200 else self.refused).append(letter)
        if status == 200 and letter.path in ("/api/answers", "/api/adjudicate"):
            for item in letter.items:
                self.leases.pop(item, None)
        if status == 200 and letter.path == "/api/retract":
            self.leases |= dict.fromkeys(letter.items, letter.person)
        return status

    def events(self) -> list[Event]:
        return read_events(self.path)

    # ---------------------------------------------------------------- what people do

    @rule(person=PEOPLE, n=st.integers(1, 8))
    def next(self, person: str, n: int) -> None:
        status, reply = self.call(person, f"/api/next?n={n}")
        assert status == 200
        items = [one["item"] for one in reply["items"]]
        assert len(set(items)) == len(items)
        for item in items:
            assert self.leases.get(item, person) == person, f"{item} is leased to two people"
            self.leases[item] = person

    @rule(person=PEOPLE, place=st.integers(0, 7), answer=ANSWERS, comment=st.sampled_from(["", "blurred"]))
    def answer_what_is_served(self, person: str, place: int, answer: dict[str, str], comment: str) -> None:
        mine = [item for item, owner in self.leases.items() if owner == person]
        if mine:
            item = mine[place % len(mine)]
            self.send(self.letter(person, "answers", items=[item], answer=answer, comment=comment))

    @rule(person=PEOPLE, items=st.sets(ITEM, min_size=1, max_size=4), answer=ANSWERS, replace=st.booleans())
    def answer_anything(self, person: str, items: set[int], answer: dict[str, str], replace: bool) -> None:
        self.send(self.letter(person, "answers", items=sorted(items), answer=answer, replace=replace))

    @rule(person=PEOPLE, item=ITEM)
    def retract(self, person: str, item: int) -> None:
        self.send(self.letter(person, "retract", items=[item]))

    @rule(person=PEOPLE, item=ITEM)
    def comment(self, person: str, item: int) -> None:
        assert self.send(self.letter(person, "comments", items=[item], text="why?")) == 200

    @rule(person=PEOPLE, item=ITEM, answer=ANSWERS)
    def adjudicate(self, person: str, item: int, answer: dict[str, str]) -> None:
        status = self.send(self.letter(person, "adjudicate", items=[item], answer=answer))
        assert person == "owner" or status == 403

    @rule(person=PEOPLE, item=ITEM)
    def reopen(self, person: str, item: int) -> None:
        status = self.send(self.letter(person, "reopen", items=[item]))
        assert person == "owner" or status == 403

    @rule(person=PEOPLE, name=st.one_of(st.none(), NAMES))
    def add_class(self, person: str, name: str | None) -> None:
        assert self.call(person, "/api/classes", {"name": name} if name else {})[0] == 200

    @rule(deed=st.sampled_from(["rename", "merge", "split"]), name=NAMES, other=NAMES, item=ITEM)
    def change_classes(self, deed: str, name: str, other: str, item: int) -> None:
        body: dict[str, Any] = {"into": other} if deed == "merge" else {"to": other}
        if deed == "split":
            body["items"] = [item]
        self.send(self.letter("owner", f"classes/{deed}", name=name, **body))

    @precondition(lambda self: self.done)
    @rule(place=st.integers(0, 999))
    def deliver_again(self, place: int) -> None:
        """A second delivery of the same changes nothing; another one under its id is refused."""
        letter = self.done[place % len(self.done)]
        before = self.told()
        assert self.call(letter.person, letter.path, letter.body)[0] == 200
        if letter.path == "/api/answers":
            other = {**letter.body, "comment": "something else"}
            assert self.call(letter.person, letter.path, other)[0] == 409
        assert self.told() == before
        if letter.path == "/api/retract":  # the lease may have come back with it
            self.leases = {i: p for i, p in self.leases.items() if i not in letter.items}

    def told(self) -> list[str]:
        """The ids of events that people caused."""
        return [event.id for event in self.events() if "seen" not in event.body]

    # ---------------------------------------------------------------- rounds, and kills

    @rule()
    def retrain(self) -> None:
        assert self.call("owner", "/api/retrain", {})[0] == 200

    @rule(seconds=st.floats(0, 2))
    def kill_the_worker(self, seconds: float) -> None:
        time.sleep(seconds)
        children = Path(f"/proc/{self.served.process.pid}/task").glob("*/children")
        for pid in {pid for tasks in children for pid in tasks.read_text().split()}:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    @rule()
    def wait_for_the_round(self) -> None:
        end = time.monotonic() + 20
        while self.call("owner", "/api/status")[1]["job"]["state"] == "running" and time.monotonic() < end:
            time.sleep(0.1)

    @rule(delay=st.floats(0, 0.3), answer=ANSWERS, first=ITEM)
    def kill_the_server(self, delay: float, answer: dict[str, str], first: int) -> None:
        """While both people send; what was not acknowledged is sent again to the next server."""
        letters = self.flood(answer, first)
        killing = Thread(target=lambda: (time.sleep(delay), self.served.process.kill()))
        killing.start()
        unsaid = self.sent_at_once(letters)
        killing.join()
        self.served.kill()
        self.served.start()
        self.tokens["owner"], self.leases = self.served.token, {}
        known = {event.id for event in self.events()}
        for letter in unsaid:
            there = not known.isdisjoint(deliveries(letter.id).values())
            assert self.send(letter) == 200 or not there, "it was done and is refused now"

    @precondition(lambda self: self.wire)
    @rule(word=st.sampled_from([b"COMMIT", b"answered", b"SELECT 1"]), cuts=st.integers(1, 8), answer=ANSWERS,
          first=ITEM)  # fmt: skip
    def cut_the_wire(self, word: bytes, cuts: int, answer: dict[str, str], first: int) -> None:
        """Between server and database, while both people send, just after the database heard a word."""
        assert self.wire
        left = iter(range(cuts - 1))

        def again() -> None:
            if next(left, None) is not None:
                self.wire.cut_after(word, again)

        self.wire.cut_after(word, again)
        assert self.sent_at_once(self.flood(answer, first)) == []
        self.wire.cut_after(b"\0 nothing says this \0")

    def flood(self, answer: dict[str, str], first: int) -> list[Letter]:
        """Many letters of both."""
        return [
            self.letter(person, "answers", items=[(first + i) % N], answer=answer, comment="in haste")
            for i in range(10)
            for person in ("owner", "bea")
        ]

    def sent_at_once(self, letters: list[Letter]) -> list[Letter]:
        """Send what each person has, both at the same time; what nobody acknowledged."""
        unsaid: list[Letter] = []

        def sending(person: str) -> None:
            for letter in letters:
                if letter.person == person:
                    try:
                        self.send(letter)
                    except (OSError, http.client.HTTPException, ValueError):
                        unsaid.append(letter)

        threads = [Thread(target=sending, args=[person]) for person in ("owner", "bea")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return unsaid

    # ---------------------------------------------------------------- what always holds

    @invariant()
    def nothing_is_lost_or_there_twice(self) -> None:
        self.found = self.shown()
        events, _ = self.found
        times = Counter(event.id for event in events)
        assert set(times.values()) == {1}
        bodies = {event.id: event for event in events}
        for letter in self.done:
            parts = [bodies[name] for name in deliveries(letter.id).values() if name in bodies]
            assert parts, f"{letter} is lost"
            assert {part.actor for part in parts} == {self.owner if letter.person == "owner" else "bea"}
            if "classes" not in letter.path:
                items = [i for part in parts for i in (*part.body["ids"], *part.body.get("skipped", ()))]
                assert Counter(items) == Counter(letter.items)
            assert (f"{letter.id}/comment" in bodies) == bool(letter.body.get("comment"))
        for letter in self.refused:
            assert not any(name.partition("/")[0] == letter.id for name in bodies), f"{letter} was refused"

    @invariant()
    def what_is_shown_is_the_fold_of_the_log(self) -> None:
        events, status = self.found
        state = fold(events)
        assert {key: status[key] for key in counts(state.pool)} == counts(state.pool)
        assert status["classes"] == classes(state)
        assert status["round"] == state.round
        assert integrity(self.path) == "ok"

    @invariant()
    def rounds_are_whole(self) -> None:
        events, status = self.found
        made = [(place, event) for place, event in enumerate(events) if "seen" in event.body]
        for place, event in made:
            after = events[place + 1 : place + 2]
            if event.type == kinds.FITTED and [one.type for one in after] != [kinds.ASKED]:
                assert len(fold(events[: event.body["seen"]]).pool.candidates) == 0, "half a round"
        assert len(status["series"]) == len({event.body["seen"] for _, event in made})

    def shown(self) -> tuple[list[Event], dict[str, Any]]:
        """The log, and the status that was told of just so many events."""
        for _ in range(100):
            status, events = self.call("owner", "/api/status")[1], self.events()
            if status["seq"] == len(events):
                return events, status
            time.sleep(0.02)
        raise AssertionError(f"the server knows {status['seq']} events, and the log holds {len(events)}")

    def meaning_is_kept(self, events: list[Event]) -> None:
        """Each answer that was acknowledged is written down by what its name meant at that moment."""
        told = {name: letter for letter in self.done if "answer" in letter.body
                for name in deliveries(letter.id).values()}  # fmt: skip
        state = fold([])
        for event in events:
            state.apply(event)
            if event.id in told:
                answer = told[event.id].body["answer"]
                meant = state.meant_by(answer["class"]) if "class" in answer else answer["kind"]
                assert set(event.body["answers"]) == {meant}


def test_whatever_two_people_do_and_whatever_is_killed(tmp_path: Path) -> None:
    class Here(Labelling):
        folder = tmp_path

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=5, stateful_step_count=25, deadline=None, derandomize=True,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
