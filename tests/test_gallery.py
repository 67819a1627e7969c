"""The gallery draws what the strategies asked: no more, no less, in pictures that stand alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from asknext.bench import gallery, pictures
from asknext.bench.scenes import Scene, play, scenes
from asknext.bench.slim import slim
from asknext.cli import datasets  # noqa: F401  (it registers)
from asknext.cli import gallery as _command  # noqa: F401
from asknext.cli.app import app
from asknext.errors import AskNextError
from asknext.strategies import describe, names

DOCS = Path(__file__).parents[1] / "docs" / "gallery"
BLOBS, POTS = scenes()
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> Counter[str]:
    """How often each text is drawn, be it directly or by use of a definition."""
    root = ElementTree.fromstring(svg)
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    shown = [named[use.get("href", "")[1:]] for use in root.iter(f"{SVG}use")]
    shown += [text for text in root.iter(f"{SVG}text") if not text.get("id")]
    return Counter(element.text or "" for element in shown if element.tag == f"{SVG}text")


def test_half_of_the_honey_points_lie_in_pots_of_two_classes() -> None:
    inside = POTS.in_pots(np.arange(len(POTS.X)))
    assert abs(inside.mean() - 0.5) < 0.03
    for x, y, radius in POTS.pots:
        members = np.hypot(*(POTS.X - (x, y)).T) <= radius
        counts = np.bincount(POTS.y[members], minlength=4)
        assert (np.sort(counts)[:2] == 0).all(), "two of the classes"
        assert np.sort(counts)[2] > 20
    known = POTS.reference[np.arange(len(POTS.y)), POTS.y]
    assert np.median(known[~inside]) > 0.85
    assert 0.35 < np.median(known[inside]) < 0.65, "nobody can tell the two apart"
    assert not BLOBS.in_pots(np.arange(len(BLOBS.X))).any()


def test_a_strategy_asks_new_points_each_round_and_again_the_same_ones() -> None:
    places = np.zeros((1, 2))
    moments = play(BLOBS, "margin", 3, 8, places)
    asked = np.concatenate([moment.ids for moment in moments])
    assert len(np.unique(asked)) == 24
    again = play(BLOBS, "margin", 3, 8, places)
    assert [m.ids.tolist() for m in again] == [m.ids.tolist() for m in moments]


def test_a_low_budget_strategy_starts_in_as_many_blobs_as_it_has_questions() -> None:
    (first,) = play(POTS, "typiclust", 1, 8, np.zeros((1, 2)))
    apart = np.linalg.norm(POTS.X[first.ids, None] - POTS.X[first.ids], axis=2)
    assert apart[np.triu_indices(8, 1)].min() > POTS.pots[0, 2], "no two in a blob"


def test_the_model_is_asked_before_the_round() -> None:
    moments = play(BLOBS, "random", 2, 8, BLOBS.X)
    assert (moments[0].saw == 0).all(), "no model yet"
    assert (moments[1].saw == BLOBS.y).mean() > 0.5


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """A picture of two strategies in each scene."""
    return {
        scene.name: pictures.picture(
            scene, {name: pictures.watch(scene, name) for name in ("random", "typiclust")}, "a & b"
        )
        for scene in scenes()
    }


def test_every_pick_is_numbered_in_every_panel(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        seen = texts(svg)
        assert all(seen[str(number)] == 2 * len(pictures.SHOWN) for number in range(1, 9))
        assert seen["9"] == 0
        assert seen["random"] == seen["typiclust"] == 1
        assert [seen[f"round {r}"] for r in (1, 2, 3, 4, 6)] == [1, 1, 1, 0, 1]


def test_picks_in_honey_pots_are_counted(drawn: dict[str, str]) -> None:
    moments = [play(POTS, name, 6, 8, np.zeros((1, 2))) for name in ("random", "typiclust")]
    caught = [POTS.in_pots(each[shown - 1].ids).sum() for each in moments for shown in (1, 2, 3, 6)]
    seen = {text: n for text, n in texts(drawn["honey-pots"]).items() if "pots" in text}
    assert seen == Counter(f"{n} of 8 in pots" for n in caught)
    assert not any("pots" in text for text in texts(drawn["blobs"]))


def test_pictures_stand_together_in_a_page(drawn: dict[str, str]) -> None:
    ids = [id for svg in drawn.values() for id in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))
    for svg in drawn.values():
        assert set(re.findall(r'href="#([^"]+)"', svg)) <= set(ids)
        assert "<title>a &amp; b</title>" in svg


def test_slim_draws_once_what_comes_again() -> None:
    dot = 'd="M3.3,0A3.3,3.3,0,1,1,-3.3,0A3.3,3.3,0,1,1,3.3,0" fill="#0072b2"'
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9"><g class="mark" role="x"><path class="foreground" '
        f'd="" display="none"/></g><path aria-label="1" transform="translate(1,2.5000000001)" {dot}/>'
        f'<path aria-label="2" transform="translate(3,4)" {dot}/><path transform="translate(5,6)" d="M1,1Z" '
        'fill="red"/></svg>'
    )
    assert slim(svg, "two < three", "p") == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" role="img"><title>two &lt; three</title>'
        f'<defs><path id="p-0" {dot}/></defs><use href="#p-0" x="1" y="2.5"/><use href="#p-0" x="3" y="4"/>'
        '<path transform="translate(5,6)" d="M1,1Z" fill="red"/></svg>'
    )


def test_pages_hold_each_strategy_that_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = gallery.pages()
    assert next(iter(found)) == "overview"
    shown = [name for page, members in found.items() if page != "overview" for name in members]
    assert len(shown) == len(set(shown))
    assert {"random", "margin", "typiclust", "bald", "oracle-batch"} <= set(shown) <= set(names())
    assert gallery.pages("Low_Budget") == {"low-budget": found["low-budget"]}
    with pytest.raises(AskNextError, match="did you mean 'hybrid'"):
        gallery.pages("hybird")
    monkeypatch.setattr(gallery, "SIGNALS", frozenset({"proba"}))
    assert "margin" in gallery.pages()["uncertainty"]
    assert "low-budget" not in gallery.pages()
    with pytest.raises(AskNextError, match="'low-budget' needs signals"):
        gallery.pages("low-budget")


def test_the_command_writes_pages_that_open_offline(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["gallery", "--family", "baseline", "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    written = [Path(name).name for name in json.loads(result.stdout)]
    assert written == ["baseline-blobs.svg", "baseline-honey-pots.svg", "baseline.html"]
    page = (tmp_path / "baseline.html").read_text()
    assert describe("random")["story"] in page
    assert (tmp_path / "baseline-blobs.svg").read_text() in page
    assert not re.search(r'(src|href)="(?!#)', page)
    refused = CliRunner().invoke(app, ["gallery", "--family", "nonsuch", "--out", str(tmp_path)])
    assert refused.exit_code == 2
    assert "unknown family 'nonsuch'" in refused.stderr


def test_the_pictures_in_the_docs_are_all_shown_and_small() -> None:
    there = {path.name for path in DOCS.glob("*.svg")}
    assert set(re.findall(r"\]\(([\w-]+\.svg)\)", (DOCS / "README.md").read_text())) == there
    assert {f"{page}-{scene.name}.svg" for page in gallery.pages() for scene in scenes()} >= there
    assert sum(path.stat().st_size for path in DOCS.glob("*.svg")) < 1.5e6
    for path in DOCS.glob("*.svg"):
        ElementTree.parse(path)


def test_scenes_are_ready_for_distances() -> None:
    for scene in scenes():
        assert isinstance(scene, Scene)
        assert np.allclose(scene.X.mean(axis=0), 0.0)
        assert 0.5 < scene.X.std(axis=0).min() <= scene.X.std(axis=0).max() < 2.0
