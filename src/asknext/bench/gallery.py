"""The gallery: for each family of strategies a page that shows what they ask, round by round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from pathlib import Path

import jinja2
from markupsafe import Markup

from asknext.bench.pictures import BATCH, picture, watch
from asknext.bench.scenes import SIGNALS, Scene, scenes
from asknext.errors import AskNextError
from asknext.files import write_text
from asknext.plugins import find
from asknext.strategies import catalogue

OVERVIEW = "overview"
FIRST = ("random", "margin", "bald", "k-center", "typiclust", "badge")
"""One strategy of each family, for the overview."""

LOOK_FOR = {
    OVERVIEW: "margin and bald crowd on the dotted boundaries; k-center keeps apart and runs to the rim; "
    "typiclust takes the middle of what is dense; badge spreads over what is doubtful; random goes where the "
    "points are.",
    "adaptive": "each item is asked by one of several strategies, of those that paid so far more often: a "
    "round mixes points on the dotted boundaries with points in the middle of blobs, and with the rim.",
    "baseline": "picks fall where the points are, some of them side by side.",
    "bayesian": "bald and query-by-committee crowd where the trees of a forest disagree; batchbald and "
    "power-bald go by the same doubt and spread the batch.",
    "diversity": "picks keep apart from one another, whatever the model says: the dotted boundaries play no "
    "part. k-center runs to the rim, the others stay inside.",
    "hybrid": "most lean to the boundaries and keep apart from one another at the same time; "
    "density-weighted, dual and hinted-svm crowd in one place a round, bait goes to the rim; auto begins as "
    "typiclust does and ends on the boundaries.",
    "low-budget": "from the first round on, without a label, picks sit in the middle of blobs, one in each "
    "before any has two.",
    "open-world": "without a label they ask as typiclust does; then picks lie where the model doubts, each "
    "in a small cluster of its own, so that they spread further than those of margin.",
    "oracle": "these know the answers and are for benchmarks only; they show what there is to gain.",
    "uncertainty": "picks crowd on the dotted boundaries, and in the honey pots again and again; the power-… "
    "strategies draw by the same doubt and so spread the batch.",
}
"""What the pictures of a page show, by family."""


def pages(family: str | None = None) -> dict[str, list[str]]:
    """The strategies of each page: those that need nothing which the scenes lack.

    Parameters
    ----------
    family : only its page; all pages and the overview if None.

    Raises
    ------
    AskNextError : there is no such family, or the scenes lack what its strategies need.
    """
    entries = sorted(catalogue(), key=lambda entry: str(entry["family"]))
    drawn = {
        name: [entry["name"] for entry in members if SIGNALS.issuperset(entry["needs"])]
        for name, members in groupby(entries, key=lambda entry: str(entry["family"]))
    }
    if family is None:
        return {OVERVIEW: list(FIRST), **{name: names for name, names in drawn.items() if names}}
    name = find("family", family, {name: name for name in drawn})
    if not drawn[name]:
        raise AskNextError(f"the family '{name}' needs signals that the scenes of the gallery lack.")
    return {name: drawn[name]}


def write_gallery(
    out: Path, chosen: Mapping[str, list[str]], done: Callable[[float], None] = lambda _: None
) -> list[Path]:
    """Write PAGE.html and, for each scene, PAGE-SCENE.svg.

    Parameters
    ----------
    out : directory; made if need be.
    chosen : the strategies of each page.
    done : told how many strategies have been watched, a strategy in a scene counting once.

    Returns
    -------
    The files.
    """
    names = sorted({name for page in chosen.values() for name in page})
    watched = {}
    for scene in scenes():
        for name in names:
            watched[scene.name, name] = watch(scene, name)
            done(len(watched))
    written = []
    for page, members in chosen.items():
        drawn = {}
        for scene in scenes():
            moments = {name: watched[scene.name, name] for name in members}
            drawn[scene.name] = picture(scene, moments, f"{scene.title}: what {', '.join(members)} ask")
            written.append(out / f"{page}-{scene.name}.svg")
            write_text(written[-1], drawn[scene.name])
        written.append(out / f"{page}.html")
        write_text(written[-1], _render(page, members, drawn, chosen))
    return written


def _render(page: str, members: list[str], drawn: Mapping[str, str], others: Iterable[str]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("asknext", "bench"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plates: list[tuple[Scene, Markup]] = [(scene, Markup(drawn[scene.name])) for scene in scenes()]
    return environment.get_template("gallery.html.j2").render(
        page=page,
        look_for=LOOK_FOR.get(page, ""),
        entries=[entry for entry in catalogue() if entry["name"] in members],
        plates=plates,
        others=list(others),
        batch=BATCH,
    )
