"""Whether choosing was worth it here, and how many labels it spared: the answer in one sentence."""

from __future__ import annotations

from typing import Any

from asknext.bench import wording
from asknext.bench.verdict import FEWEST

ASKED_ABOUT = "auto"


def helped(summary: dict[str, Any], baseline: str) -> str | None:
    """One sentence on what active learning gained over random choice, claiming no more than is shown.

    It speaks of `auto` where that was run, which nobody picked with hindsight, and else of the strategy with
    the highest mean accuracy, whose interval is corrected for the number of strategies. Where that one does
    not help and others are shown to, it names them.

    Parameters
    ----------
    summary : the numbers of `summarise`.
    baseline : random choice.

    Returns
    -------
    The sentence; None where random or anything else was not run, or too few seeds.
    """
    others = {name: result for name, result in summary["strategies"].items() if name != baseline}
    if baseline not in summary["strategies"] or not others or len(summary["seeds"]) < FEWEST:
        return None
    name = ASKED_ABOUT if ASKED_ABOUT in others else max(others, key=lambda key: others[key]["auc_mean"])
    gain, saved = others[name]["gain_over_random"], others[name]["labels_saved"]
    unit = wording.bought(summary["budget"])
    points, ends = wording.signed(gain["mean"]), wording.span(gain["ci95"])
    over = f"{points} points of accuracy over the rounds, 95 % interval {ends}"
    shown = [other for other, result in others.items() if result["gain_over_random"]["ci95"][0] > 0]
    who, unlike = (name, f", unlike {wording.listing(shown)}") if shown else ("active learning", "")
    if gain["ci95"][1] < 0:
        return f"Here {who} did not help{unlike}: {name} is worse than {baseline} ({over})."
    if gain["ci95"][0] <= 0:
        return (
            f"It is not shown that {who} helps here{unlike}: {name} gains {points} points of accuracy on "
            f"{baseline} over the rounds, and the 95 % interval, {ends}, includes zero."
        )
    if saved["n"] is None or round(saved["n"]) <= 0:
        return (
            f"Active learning helped here on the way ({name}: {over}), but spared no {unit} at the end: "
            f"{baseline}'s final accuracy came no sooner."
        )
    return (
        f"Active learning helped here: {name} reached {baseline}'s final accuracy with "
        f"{wording.count(saved['needed'])} {unit} in the place of "
        f"{wording.count(saved['needed'] + saved['n'])}, {wording.count(saved['n'])} fewer "
        f"(95 % interval of those spared {wording.labels(saved['ci95'])})."
    )
