"""Published tables, as a recipe gives them: a mean and how far it is off, by task, strategy and figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asknext import strategies
from asknext.bench.figures import DEVIATIONS, FIGURES, Spread
from asknext.bench.protocol import Settings
from asknext.datasets import Dataset
from asknext.errors import AskNextError
from asknext.plugins import find

_TEXTS = {"source": "", "reason": "", "spread": "standard deviation"}
_REASONS = "reasons"


@dataclass(frozen=True)
class Published:
    """A published table.

    Parameters
    ----------
    source : where it was published.
    reason : why any cell may miss; empty where there is none.
    spread : what follows a mean in the table, of `DEVIATIONS`.
    figures : by task, strategy and name of the figure.
    reasons : why a strategy's cells may miss, by task and strategy.
    """

    source: str
    reason: str
    spread: str
    figures: dict[str, dict[str, dict[str, Spread]]]
    reasons: dict[str, dict[str, str]]

    def quantities(self, task: str) -> frozenset[tuple[str, str]]:
        """Metrics and subsets that the figures of a task are made of."""
        found = {figure for cells in self.figures.get(task, {}).values() for figure in cells}
        return frozenset((FIGURES[figure].metric, FIGURES[figure].subset) for figure in found)

    def check(self, task: str, data: Dataset) -> None:
        """Refuse a task whose data do not tell what the table asks for.

        Raises
        ------
        AskNextError : there is a published NSR, and nobody knows which items are noisy.
        """
        if data.noisy is None and any("nsr" in cells for cells in self.figures.get(task, {}).values()):
            raise AskNextError(f"[published.{task}] gives nsr, but {data.name} does not say what is noisy.")


def read_published(content: Mapping[str, Any], tasks: Mapping[str, Settings]) -> Published:
    """The published table of a recipe.

    `[published]` says the `source`, perhaps the `reason` why any cell may be missed, and perhaps that the
    `spread` after a mean is a "standard error", not a "standard deviation"; `[published.TASK]` gives for each
    strategy a table of figures (see `FIGURES`), each a list of mean and spread in percent, and perhaps a
    `reason` of its own: `k-center = { auc = [47.9, 0.5], reason = "…" }`. `[published.reasons]` gives reasons
    of strategies for all tasks.

    Parameters
    ----------
    content : what stands in `[published]`.
    tasks : those of the recipe.

    Raises
    ------
    AskNextError : no source, an unknown spread, a task or strategy that the recipe does not run, a task
        without figures, a figure that is unknown or no pair of numbers.
    """
    if not isinstance(content.get("source"), str):
        raise AskNextError("[published] says no source; name the paper and the table.")
    texts = {key: content.get(key, default) for key, default in _TEXTS.items()}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise AskNextError(f"[published]: {key} must be a text, not {text!r}.")
    general = _table(content.get(_REASONS, {}), f"[published.{_REASONS}]")
    everywhere = {strategies.get(written).name: reason for written, reason in general.items()}
    if texts["spread"] not in DEVIATIONS:
        raise AskNextError(f"[published]: spread is '{texts['spread']}'; there is: {', '.join(DEVIATIONS)}.")
    figures: dict[str, dict[str, dict[str, Spread]]] = {}
    reasons: dict[str, dict[str, str]] = {}
    for task, lines in content.items():
        if task in (*_TEXTS, _REASONS):
            continue
        settings, where = find("task", task, tasks), f"[published.{task}]"
        figures[task], reasons[task] = {}, {}
        for written, cells in _table(lines, where).items():
            name = strategies.get(written).name
            if name not in settings.strategies:
                raise AskNextError(f"{where}: the task '{task}' does not run {name}; leave it out.")
            cells = dict(_table(cells, f"{where}: {written}"))
            if reason := cells.pop("reason", everywhere.get(name, "")):
                reasons[task][name] = str(reason).strip()
            figures[task][name] = {
                figure: _spread(pair, texts["spread"], f"{where}: {written}.{figure}")
                for figure, pair in cells.items()
            }
        if not any(figures[task].values()):
            raise AskNextError(f"{where} gives no figure; leave it out.")
    return Published(texts["source"], texts["reason"].strip(), texts["spread"], figures, reasons)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AskNextError(f"{where} must be a table, not {value!r}.")
    return value


def _spread(pair: Any, spread: str, where: str) -> Spread:
    if (figure := where.rpartition(".")[2]) not in FIGURES:
        raise AskNextError(f"{where} is no figure; there is: {', '.join(FIGURES)}, and a reason.")
    numbers = isinstance(pair, list) and len(pair) == 2 and all(type(value) in (int, float) for value in pair)
    if not (numbers and 0 <= pair[0] <= 100 and pair[1] > 0):
        raise AskNextError(
            f"{where} must be mean and {spread} in percent, such as {figure} = [38.6, 1.5], not {pair!r}."
        )
    return Spread(pair[0] / 100, pair[1] / 100)
