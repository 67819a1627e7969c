"""The scripts of the tutorial run, say what they say, and the challenge's referee cannot be fooled."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from multiprocessing import AuthenticationError
from pathlib import Path

import numpy as np
import pytest

import asknext
from asknext.bench.curves import Curves
from asknext.strategies import Strategy, check_strategy

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem not in ("stage", "referee"))
PAGES = sorted((Path(__file__).parents[1] / "docs").glob("*/README.md"))

sys.path.append(str(EXAMPLES))  # as for a script that lies there

import adaptive_strategy  # noqa: E402
import challenge  # noqa: E402
import devils_advocate  # noqa: E402
import loop_by_hand  # noqa: E402
import own_sampler  # noqa: E402
import referee  # noqa: E402


def run(script: str, out: Path) -> str:
    """What a script prints in a quick run that writes into a folder."""
    words = [sys.executable, "-W", "error", str(EXAMPLES / f"{script}.py"), str(out), "--quick"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_svg(path: Path, *texts: str) -> None:
    svg = path.read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert svg.rstrip().endswith("</svg>")
    for text in texts:
        assert f">{text}<" in svg, text


def test_the_loop_by_hand(tmp_path: Path) -> None:
    said = run("loop_by_hand", tmp_path)
    for method in ("random", "margin"):
        assert f"{method}: run again, it does rounds 4 to 11" in said
        assert f"{method}: and once more, it does 0 rounds" in said
    rows = re.findall(r"^  (accuracy|contradiction) +(.*)$", said, re.M)
    assert [name for name, _ in rows] == ["accuracy", "contradiction"] * 2
    assert {len(values.split()) for _, values in rows} == {12}, "a value for each round, interrupted or not"
    check_svg(tmp_path / "loop-by-hand.svg", "2 labels", "13 labels", "random", "margin")


def test_what_auto_covers(tmp_path: Path) -> None:
    """An answer stands for ever fewer points, and ever smaller circles are drawn."""
    said = run("what_auto_covers", tmp_path)
    shares = [int(found) for found in re.findall(r"stands for (\d+) point", said)]
    assert len(shares) == 3
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 30  # 300 points, all in doubt, among 10 answers
    check_svg(tmp_path / "what-auto-covers.svg", "10 labels: an answer stands for 30 points")


def test_where_they_pick(tmp_path: Path) -> None:
    said = run("where_they_pick", tmp_path)
    assert said.count("of the rest right") == 4
    check_svg(tmp_path / "where-they-pick.svg", "k-center", "typiclust")
    page = (tmp_path / "where-they-pick.html").read_text(encoding="utf-8")
    assert '"input":"range"' in page.replace(" ", ""), "a slider"
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page), "nothing is fetched from elsewhere"


def test_a_strategy_of_your_own(tmp_path: Path) -> None:
    said = run("own_sampler", tmp_path)
    assert "frontier: passes the check" in said
    assert "'first-in-line' chooses other items once the pool is in another order" in said
    assert "own_sampler:Frontier  mean accuracy" in said
    check_svg(tmp_path / "own-sampler.svg", "own_sampler:Frontier", "margin")
    assert "own_sampler:Frontier" in (tmp_path / "own-sampler.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_adaptive_strategy(tmp_path: Path) -> None:
    said = run("adaptive_strategy", tmp_path)
    assert said.count("points of mean accuracy") == 1
    changes = re.search(r"It changed at ([\d, ]+) labels", said)
    assert changes, said
    assert all(10 <= int(n) <= 60 for n in changes[1].split(", ")), "after the first labels, within the run"
    assert "It does not win: " in said or "It comes first." in said
    check_svg(tmp_path / "adaptive-switch.svg", "labelled items")


def test_the_challenge(tmp_path: Path) -> None:
    said = run("challenge", tmp_path)
    assert "a player that asks a tenth time is refused: the budget of 9 rounds is spent" in said
    games = json.loads((tmp_path / "challenge-scores.json").read_text(encoding="utf-8"))
    assert [game["player"] for game in games] == ["random", "mine", "greedy"]
    for game in games[:2]:
        assert len(game["accuracy"]) == 9
        assert game["score"] == pytest.approx(sum(game["accuracy"]))
        assert f"{game['score']:.3f}" in said
    assert games[2]["refusals"] == 1
    check_svg(tmp_path / "challenge.svg", "random", "mine")


@pytest.mark.slow
def test_the_devils_advocate(tmp_path: Path) -> None:
    said = run("devils_advocate", tmp_path)
    assert "The devil" in said
    assert "strategies that all 2 tasks share" in said
    assert (tmp_path / "devils-advocate.md").exists()


# ----------------------------------------------------------------------- what the scripts are made of


@pytest.mark.parametrize(
    "strategy", [own_sampler.Frontier(), devils_advocate.Proposed(), adaptive_strategy.Adaptive()], ids=repr
)
def test_the_strategies_pass_the_check(strategy: Strategy) -> None:
    check_strategy(strategy)


def test_frontier_asks_the_doubtful_and_far() -> None:
    X = np.array([[0.0], [1.0], [3.0], [9.0]])
    proba = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3], [0.9, 0.1]])
    known = {"labelled": [0, 3], "y": ["a", "b"], "proba": proba}
    picked = asknext.select(X, 2, own_sampler.Frontier(), **known)
    assert picked.ids.tolist() == [2, 1]
    assert picked.scores == pytest.approx([0.6 * 3, 1.0 * 1])
    picked = asknext.select(X, 2, own_sampler.Frontier(reach=0), **known)
    assert picked.scores == pytest.approx([1.0, 0.6]), "no reach is margin sampling"


def test_adaptive_measures_both_batches_and_does_not_go_back() -> None:
    """Labelled at 0 and 10. Margin would ask 1, k-means 6, the middle of what is left: 4, 5, 7 and 8 gain."""
    X = np.array([[0.0], [10.0], [1.0], [4.0], [5.0], [6.0], [7.0], [8.0]])
    proba = np.array([[0.9, 0.1]] * 8)
    proba[2] = 0.5
    given = {"labelled": [0, 1], "y": ["a", "b"], "proba": proba}
    picked = asknext.select(X, 1, adaptive_strategy.Adaptive(), **given)
    nearest = np.abs(X[2:] - [0.0, 10.0]).min(axis=1)
    gains = [np.mean(nearest - np.minimum(nearest, np.abs(X[2:, 0] - x))) for x in (1.0, X[picked.ids[0], 0])]
    assert picked.memory["switched"] is False
    assert picked.memory["gap"] == pytest.approx({"doubt": gains[0], "explore": gains[1]})
    assert gains[1] > gains[0]
    later = asknext.select(X, 1, adaptive_strategy.Adaptive(), memory={"switched": True}, **given)
    assert later.ids.tolist() == [2], "margin, whatever there is to explore"
    proba[[2, 5]] = [[0.9, 0.1], [0.5, 0.5]]  # now margin asks 6, too: it explores as much
    picked = asknext.select(X, 1, adaptive_strategy.Adaptive(), **given)
    assert picked.memory["switched"] is True
    assert picked.ids.tolist() == [5]


def test_contradiction_counts_changed_sides() -> None:
    flat, unknown = np.array([0.0, 1.0, -0.5]), np.full(3, np.nan)
    assert loop_by_hand.contradiction(unknown, flat) is None
    assert loop_by_hand.contradiction(flat, flat) == 0
    assert loop_by_hand.contradiction(flat, -flat) == 1


def test_what_the_devil_can_claim() -> None:
    """Two seeds: in the first the proposed strategy beats all, in the second random alone."""
    names = (*devils_advocate.RIVALS, devils_advocate.PROPOSED)
    values = np.array([[[0.1], [0.1]], [[0.2], [0.9]], [[0.2], [0.9]], [[0.2], [0.9]], [[0.5], [0.3]]])
    found = devils_advocate.claims("forest-25", 25, Curves(names, (0, 1), np.array([20.0]), values, 0))
    told = {claim.seeds: (claim.rivals, round(claim.score, 6)) for claim in found}
    assert told == {
        (0,): (devils_advocate.RIVALS, 5 + 1 + 0.5),
        (1,): (("random",), 2 + 1 + 0.5),
        (0, 1): (("random",), 2 + 2 + 0.5),
    }


# ------------------------------------------------------------------------------------------ the referee


@pytest.fixture(scope="module")
def game() -> referee.Game:
    return referee.Game.of("digits", seed=0)


def seat(tmp_path: Path, name: str = "somebody") -> object:
    return challenge.table(name, tmp_path / "scores.json", "digits", 0)


def test_what_the_referee_refuses(tmp_path: Path, game: referee.Game) -> None:
    fresh = list(range(game.first, game.first + 50))
    with seat(tmp_path) as player:  # type: ignore[attr-defined]
        for ids, why in [
            (fresh[:49], "a round is 50 distinct items, not 49"),
            ([*fresh, game.first + 50], "not 51"),
            ([*fresh[:49], fresh[0]], "not 49"),
            ([*fresh[:49], 0], "item 0 has its label already"),
            ([*fresh[:49], -1], "there are items 0 to"),
            ([*fresh[:49], len(game.y)], "there are items 0 to"),
            (np.array(fresh) + 0.5, "whole numbers"),
            (np.array(fresh) > 0, "whole numbers"),
        ]:
            with pytest.raises(challenge.RefusedError, match=why):
                player.ask(ids)
        assert player.ask(fresh).tolist() == game.y[fresh].tolist(), "refusals cost nothing"
        with pytest.raises(challenge.RefusedError, match="has its label already"):
            player.ask(fresh)
        told = player.finish()
    assert told["score"] is None, "one round of nine has no score"
    assert (told["rounds"], told["refusals"]) == (1, 9)
    (entry,) = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert entry["asked"] == [fresh]


def test_what_a_player_can_see(tmp_path: Path, game: referee.Game) -> None:
    with seat(tmp_path) as player:  # type: ignore[attr-defined]
        assert np.array_equal(player.X, game.X)
        assert np.array_equal(player.labels, game.y[: game.first])
        both = np.concatenate([player.X, game.X_test])
        assert len(np.unique(both, axis=0)) >= len(np.unique(player.X, axis=0)) + 0.9 * len(game.X_test)
        for message in [{"do": "labels"}, {"do": "test"}, {}, {"ids": [1]}]:
            with pytest.raises(challenge.RefusedError, match="say open, ask or finish"):
                player._say(**message)
        player._line.send_bytes(b"\x80\x04 no JSON")
        assert b"refused" in player._line.recv_bytes()


def test_a_player_who_leaves_has_no_score(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), seat(tmp_path, "rash"):  # type: ignore[attr-defined]
        1 / 0  # noqa: B018
    with seat(tmp_path, "late") as player:  # type: ignore[attr-defined]
        player.finish()
    first, second = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert (first["player"], first["score"], first["rounds"]) == ("rash", None, 0)
    assert second["player"] == "late"


def test_the_referee_wants_the_key(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    words = [sys.executable, str(EXAMPLES / "referee.py"), "--player", "x", "--scores", str(scores)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("00" * 32 + "\n")
        process.stdin.flush()
        port = int(process.stdout.readline())
        with pytest.raises(AuthenticationError):
            challenge.Client(("127.0.0.1", port), authkey=b"another")
    assert not scores.exists()


def test_the_same_game_for_everybody_and_another_with_another_seed(game: referee.Game) -> None:
    again, other = referee.Game.of("digits", seed=0), referee.Game.of("digits", seed=1)
    assert np.array_equal(game.X, again.X)
    assert np.array_equal(game.y, again.y)
    assert not np.array_equal(game.X, other.X)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_docs_show_every_script(name: str) -> None:
    assert any(f"python examples/{name}.py" in page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_pictures_of_the_docs_are_there(page: Path) -> None:
    for picture in re.findall(r"\]\(([\w-]+\.svg)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / picture).is_file(), picture
