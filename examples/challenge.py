"""The challenge: nine rounds of fifty labels, a sealed oracle, and your own way of asking.

You have five classes, some labelled items and a pool. You may ask nine times for fifty labels. Your score is
the sum of nine test accuracies, of a random forest that the referee trains on what you asked; you never see a
test item. The referee is another process (`referee.py`), which refuses what is not paid for.

Replace `mine` below by your own player, or name one in a module of yours:

    python examples/challenge.py [DIR] [--quick] [--player mymodule:myplayer]

A player is a function of a `Seat`: look at `seat.X`, `seat.known` and `seat.labels`, and call
`seat.ask(ids)` nine times. Four players take part, on the same games: how far they are apart only means
something beside how far the games are apart.
"""

from __future__ import annotations

import io
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from stage import HERE, arguments, save_svg

import asknext
from asknext.bench.style import BASELINE_COLOUR, COLOURS, FAINT
from asknext.datasets import catalogue
from asknext.strategies import Margin, WeightedKMeans
from asknext.strategies.combine import Mix
from asknext.types import Array

SEEDS = (0, 1, 2)
SCORES = "challenge-scores.json"


class RefusedError(RuntimeError):
    """The referee says no, and why."""


class Seat:
    """A player's place at the table: all that a player may know and do.

    Attributes
    ----------
    X : (n, d) features of all items. classes : the five classes.
    known, labels : the items that have a label, and their labels; both grow with each answer.
    rounds, batch : how often one may ask, and for how many items.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        opening = self._say(do="open")
        self.X: Array = np.load(io.BytesIO(line.recv_bytes()), allow_pickle=False)
        self.classes: list[int] = opening["classes"]
        self.rounds, self.batch = opening["rounds"], opening["batch"]
        self.known = np.arange(len(opening["labels"]))
        self.labels = np.array(opening["labels"])

    def ask(self, ids: Any) -> Array:
        """The labels of `batch` items that have none yet.

        Raises
        ------
        RefusedError : the budget is spent, or these are no such items.
        """
        ids = np.asarray(ids)
        answer = np.array(self._say(do="ask", ids=ids.tolist())["labels"])
        self.known = np.concatenate([self.known, ids])
        self.labels = np.concatenate([self.labels, answer])
        return answer

    def finish(self) -> dict[str, Any]:
        """End the game; the score, and the test accuracy of each round."""
        return self._say(do="finish")

    def _say(self, **message: Any) -> dict[str, Any]:
        self._line.send_bytes(json.dumps(message).encode())
        reply: dict[str, Any] = json.loads(self._line.recv_bytes())
        if "refused" in reply:
            raise RefusedError(reply["refused"])
        return reply


Player = Callable[[Seat], object]


def by(strategy: Any) -> Player:
    """The player that follows one strategy all through."""

    def play(seat: Seat) -> None:
        forest = RandomForestClassifier(50)
        with asknext.Campaign(seat.X, forest, strategy, seed=0, classes=seat.classes) as campaign:
            campaign.tell(seat.known, seat.labels)
            for _ in range(seat.rounds):
                ids = campaign.ask(seat.batch).ids
                campaign.tell(ids, seat.ask(ids))

    return play


mine = by(Mix([WeightedKMeans(), Margin()]))
"""Replace me. Half of each batch by weighted k-means, half by margin."""

PLAYERS: dict[str, Player] = {
    "random": by("random"),
    "margin": by("margin"),
    "weighted-kmeans": by("weighted-kmeans"),
    "mine": mine,
}


@contextmanager
def table(player: str, scores: Path, data: str, seed: int) -> Iterator[Seat]:
    """A seat at a new game, with a referee of its own; afterwards the score is in the file."""
    key = secrets.token_bytes(32)
    words = ["--player", player, "--scores", str(scores.resolve()), "--data", data, "--seed", str(seed)]
    referee = subprocess.Popen(
        [sys.executable, str(HERE / "referee.py"), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert referee.stdin is not None
    assert referee.stdout is not None
    with referee:  # waits for it to end
        referee.stdin.write(key.hex() + "\n")
        referee.stdin.flush()
        port = int(referee.stdout.readline())
        with Client(("127.0.0.1", port), authkey=key) as line:
            yield Seat(line)


def picture(rows: list[dict[str, Any]]) -> Any:
    """The score of each game and the mean of each player."""
    names = sorted({row["player"] for row in rows}, key=lambda n: -_mean(rows, n))
    chart = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("score:Q", title="score: sum of nine test accuracies", scale=alt.Scale(zero=False)),
        y=alt.Y("player:N", sort=names, title=None),
    )
    seeds = sorted({row["game"] for row in rows})
    colour = alt.Color(
        "game:N",
        scale=alt.Scale(domain=seeds, range=list(COLOURS[: len(seeds)])),
        legend=alt.Legend(title="game (seed)"),
    )
    return alt.layer(
        chart.mark_line(color=FAINT, opacity=0.4).encode(detail="player:N"),
        chart.mark_tick(thickness=3, size=22, color=BASELINE_COLOUR).encode(x="mean(score):Q"),
        chart.mark_point(filled=True, size=80, opacity=1).encode(color=colour),
    ).properties(width=520, height=40 * len(names))


def _mean(rows: list[dict[str, Any]], player: str) -> float:
    return float(np.mean([row["score"] for row in rows if row["player"] == player]))


def main() -> None:
    given = arguments(__doc__, ("--player", "your own player, module:name, in the place of `mine`"))
    present = {entry["name"] for entry in catalogue() if entry["state"] == "present"}
    data = "letter" if "letter" in present and not given.quick else "digits"
    players = dict(PLAYERS)
    if given.player:
        sys.path.insert(0, str(Path.cwd()))
        module, _, name = given.player.partition(":")
        players["mine"] = getattr(import_module(module), name)
    if given.quick:
        players = {"random": players["random"], "mine": players["mine"]}
    scores = given.out / SCORES
    scores.unlink(missing_ok=True)
    for seed in SEEDS[:1] if given.quick else SEEDS:
        for name, player in players.items():
            with table(name, scores, data, seed) as seat:
                player(seat)
                told = seat.finish()
            result = f"{told['score']:.3f}" if told["score"] else f"none, after {told['rounds']} rounds"
            print(f"game {seed} on {data}: {name:15} score {result}")

    with table("greedy", given.out / SCORES, data, 0) as seat:
        try:
            for _ in range(seat.rounds + 1):
                seat.ask(np.setdiff1d(np.arange(len(seat.X)), seat.known)[: seat.batch])
        except RefusedError as refused:
            print(f"a player that asks a tenth time is refused: {refused}")
    games = json.loads(scores.read_text(encoding="utf-8"))
    games = [game for game in games if game["player"] in players and game["score"]]
    rows = [{"player": g["player"], "game": str(g["seed"]), "score": g["score"]} for g in games]
    save_svg(picture(rows), given.out / "challenge.svg", "Scores of the players in each game", rows=rows)
    print(f"Scores: {scores}")


if __name__ == "__main__":
    main()
