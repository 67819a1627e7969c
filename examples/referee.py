"""The referee of the challenge: a process of its own, which keeps the labels, counts, and writes the score.

It never hands out a label that was not paid for, nor anything about the test items. What a player gets are
the features of the pool and the first labels; what a player may do is ask, nine times, for fifty labels.
After each answer the referee trains its own forest on what the player has, and notes how often it is right
on the test items. Only when the game is over does it say so.

It speaks JSON, and arrays as .npy without pickle, over a connection on this machine's loopback address that
is opened with a key. `challenge.py` starts one for each game. Where players are not to be trusted, run it as
another user, or on another machine: the data are public, so a player who can read this file's source can find
the labels elsewhere; what is sealed is the game, not the world.

    python examples/referee.py --player NAME --scores FILE [--seed N] [--data NAME]    # the key on stdin
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from asknext.datasets import load
from asknext.types import Array

ROUNDS, BATCH, TREES = 9, 50, 50
Message = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """A data set for the game, made harder: a class is a group of neighbouring labels, five in all.

    Parameters
    ----------
    groups : from the labels to the numbers 0 to 4.
    first, pool, test : how many items have a label at first, can be asked, and are kept for the score.
    """

    groups: Callable[[Array], Array]
    first: int
    pool: int
    test: int


TASKS = {
    "letter": Task(lambda y: np.minimum((np.vectorize(ord)(y) - ord("A")) // 5, 4), 500, 5000, 5000),
    "digits": Task(lambda y: y // 2, 100, 1150, 547),
}
"""Letters in fifths of the alphabet (where the file is at hand), and pairs of digits (always there)."""


@dataclass
class Game:
    """One game: what is secret, what was asked, and how it stands."""

    X: Array
    y: Array
    X_test: Array
    y_test: Array
    first: int
    asked: list[list[int]] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    refused: int = 0

    @classmethod
    def of(cls, data: str, seed: int) -> Game:
        """The game of a data set and a seed: the same for every player."""
        task, found = TASKS[data], load(data)
        order = np.random.default_rng(seed).permutation(len(found.y))
        pool, test = np.split(order[: task.first + task.pool + task.test], [task.first + task.pool])
        y = task.groups(found.y)
        return cls(found.X[pool], y[pool], found.X[test], y[test], task.first)

    def opening(self) -> Message:
        """What a player is told first; the first items of the pool are those with a label."""
        labels = self.y[: self.first].tolist()
        return {"rounds": ROUNDS, "batch": BATCH, "labels": labels, "classes": list(range(5))}

    def answer(self, ids: Any) -> Message:
        """The labels of what is asked, or why there are none."""
        if refusal := self._against(ids):
            self.refused += 1
            return {"refused": refusal}
        self.asked.append(ids)
        return {"labels": self.y[ids].tolist()}

    def _against(self, ids: Any) -> str:
        if len(self.asked) == ROUNDS:
            return f"the budget of {ROUNDS} rounds is spent"
        if not (isinstance(ids, list) and all(type(i) is int for i in ids)):
            return "ids must be a list of whole numbers"
        if len(ids) != BATCH or len(set(ids)) != BATCH:
            return f"a round is {BATCH} distinct items, not {len(set(ids))}"
        if not all(0 <= i < len(self.y) for i in ids):
            return f"there are items 0 to {len(self.y) - 1} only"
        if known := set(ids) & set(self.known().tolist()):
            return f"item {min(known)} has its label already"
        return ""

    def known(self) -> Array:
        """All items whose labels the player has."""
        return np.concatenate([np.arange(self.first), *map(np.array, self.asked)]).astype(int)

    def judge(self) -> None:
        """Train the referee's forest on what the player has, and note how often it is right."""
        forest = RandomForestClassifier(TREES, random_state=len(self.asked))
        ids = self.known()
        self.accuracy.append(float(forest.fit(self.X[ids], self.y[ids]).score(self.X_test, self.y_test)))

    def result(self) -> Message:
        """How it ended; a game of fewer rounds has no score."""
        score = sum(self.accuracy) if len(self.asked) == ROUNDS else None
        rounds = {"rounds": len(self.asked), "refusals": self.refused}
        return {"score": score, **rounds, "accuracy": self.accuracy, "asked": self.asked}


def serve(game: Game, line: Connection) -> None:
    """Answer one player until the game is over: the player says so, or hangs up."""
    while True:
        try:
            said = json.loads(line.recv_bytes(1 << 20))
        except EOFError:
            return
        except ValueError:
            said = None
        deed = said.get("do") if isinstance(said, dict) else None
        if deed == "open":
            _send(line, game.opening())
            line.send_bytes(_npy(game.X))
        elif deed == "ask":
            reply = game.answer(said.get("ids"))
            _send(line, reply)
            if "labels" in reply:
                game.judge()  # while the player thinks
        elif deed == "finish":
            _send(line, {key: value for key, value in game.result().items() if key != "asked"})
            return
        else:
            _send(line, {"refused": "say open, ask or finish, as JSON"})


def record(path: Path, entry: Message) -> None:
    """Add a game to the file of scores, a JSON list."""
    scores = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    new = path.with_suffix(".new")
    new.write_text(json.dumps([*scores, entry], indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--player", required=True, help="name for the scores")
    parser.add_argument("--scores", required=True, type=Path, help="file to add the score to")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", choices=TASKS, default="digits")
    given = parser.parse_args()
    key = bytes.fromhex(sys.stdin.readline())
    game = Game.of(given.data, given.seed)
    with Listener(("127.0.0.1", 0), authkey=key) as listener:
        print(listener.address[1], flush=True)  # the port, for whoever started this
        with listener.accept() as line:
            try:
                serve(game, line)
            finally:
                entry = {"player": given.player, "data": given.data, "seed": given.seed, **game.result()}
                record(given.scores, entry)


def _send(line: Connection, message: Message) -> None:
    line.send_bytes(json.dumps(message).encode())


def _npy(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


if __name__ == "__main__":
    main()
