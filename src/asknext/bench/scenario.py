"""What makes the pool of a comparison a real one: items of no class, long tails, classes nobody has named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from asknext.bench import wording
from asknext.errors import AskNextError

Scope = int | tuple[tuple[str, ...], ...] | None


@dataclass(frozen=True)
class Scenario:
    """How a pool and its labelling differ from the tidy case, in which every item is of a known class.

    Parameters
    ----------
    scope : classes in scope: how many, drawn anew for each seed, or their names, of which seed s takes the
        list s, from the first again after the last. Items of other classes are out of scope. None: all.
    ood_rate : share of the pool that is out of scope; None: what there is.
    ood_data : another data set, all of whose items are out of scope.
    ood_cost : what an answer "out of scope" costs, in answers that name a class.
    long_tail : the pool is cut to a long tail, in which the rarest class has this share of the most frequent
        one's items; None leaves it as it is.
    long_tail_order : the most frequent class and its successors are drawn by chance for each seed
        ("shuffled"), or are the first ones ("label").
    known : the first labels are of this many classes only, drawn for each seed, and a campaign knows a class
        only when it was told; 0: first labels are of any class. None: the campaign knows all from the start.
    audit : share of each batch that is drawn at random and hidden from strategy and learner; see `Campaign`.
    label_noise : share of the items in scope about which the oracle names a wrong class, each as likely;
        test labels are the true ones.

    Raises
    ------
    AskNextError : a value is of another type, or outside its range.
    """

    scope: Scope = None
    ood_rate: float | None = None
    ood_data: str | None = None
    ood_cost: float = 1.0
    long_tail: float | None = None
    long_tail_order: str = "shuffled"
    known: int | None = None
    audit: float = 0.0
    label_noise: float = 0.0

    def __post_init__(self) -> None:
        self._check_scope()
        if self.ood_data is not None and not (isinstance(self.ood_data, str) and self.ood_data):
            raise AskNextError(f"--ood-data is {self.ood_data!r}; give the name of a data set.")
        if self.long_tail_order not in ("shuffled", "label"):
            raise AskNextError(f"long_tail_order is {self.long_tail_order!r}; give 'shuffled' or 'label'.")
        if self.known is not None and not (type(self.known) is int and self.known >= 0):
            raise AskNextError(f"--known is {self.known!r}; give a number of classes, or 0 for none.")
        _in_range("--ood-rate", self.ood_rate, lambda rate: 0 <= rate < 1, "from 0 to below 1")
        _in_range("--audit", self.audit, lambda share: 0 <= share < 1, "from 0 to below 1")
        _in_range("--label-noise", self.label_noise, lambda share: 0 <= share < 1, "from 0 to below 1")
        _in_range("--long-tail", self.long_tail, lambda alpha: 0 < alpha <= 1, "above 0 and at most 1")
        _in_range("--ood-cost", self.ood_cost, lambda cost: 0 <= cost < math.inf, "of at least 0")

    def _check_scope(self) -> None:
        if type(self.scope) is int and self.scope < 2:
            raise AskNextError(f"--scope is {self.scope}; at least 2 classes must be in scope.")
        if isinstance(self.scope, tuple):
            for names in self.scope:
                if len(set(names)) < 2:
                    raise AskNextError(f"--scope names {names[0]} alone; at least 2 must be in scope.")

    @property
    def special(self) -> dict[str, Any]:
        """What of it makes other runs than the tidy case, in the form that a file gives back."""
        plain = {field.name: field.default for field in fields(self) if field.name != "ood_cost"}
        values = {name: getattr(self, name) for name in plain}
        return {name: _listed(value) for name, value in values.items() if value != plain[name]}

    @property
    def reshapes(self) -> bool:
        """Whether the pool is another one than the data less the test items."""
        return any(value is not None for value in (self.scope, self.ood_rate, self.ood_data, self.long_tail))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is not as in the tidy case, for the report."""
        said = []
        if type(self.scope) is int:
            said.append(f"{self.scope} classes are in scope, drawn anew for each seed")
        elif isinstance(self.scope, tuple) and len(self.scope) == 1:
            said.append(f"in scope are {wording.listing(self.scope[0])}")
        elif isinstance(self.scope, tuple):
            said.append(f"in scope are {len(self.scope)} choices of classes, by turns of the seeds")
        if self.ood_data is not None:
            said.append(f"the items of {self.ood_data} are out of scope")
        if self.ood_rate is not None:
            said.append(f"{100 * self.ood_rate:g} % of each pool are out of scope")
        if self.ood_cost != 1:
            cost = f"an answer 'out of scope' costs {self.ood_cost:g} times one that names a class"
            said.append(f"{cost}; curves are read off at equal cost")
        if self.long_tail is not None:
            order = "drawn by chance for each seed" if self.long_tail_order == "shuffled" else "by label"
            said.append(
                f"the pool, not the test items, is cut to a long tail of imbalance {self.long_tail:g}, its "
                f"order {order}"
            )
        if self.known is not None:
            whose = f"of {self.known} classes" if self.known else "of any class"
            said.append(f"a class is unknown until it is told; the first labels are {whose}")
        if self.audit:
            share = f"{100 * self.audit:g} % of each batch"
            said.append(f"{share} are drawn at random and hidden from strategy and learner")
        if self.label_noise:
            said.append(f"{100 * self.label_noise:g} % of the answers name a wrong class, test labels do not")
        return tuple(said)


def read_scenario(values: Mapping[str, Any]) -> Scenario:
    """The scenario of a file, where a scope is a number, a list of names, or a list of such lists.

    Raises
    ------
    AskNextError : a key is unknown, or a value of another type or outside its range.
    """
    known = {field.name for field in fields(Scenario)}
    if other := values.keys() - known:
        raise AskNextError(f"a scenario knows no '{min(other)}'.")
    found = dict(values)
    if "scope" in found:
        found["scope"] = as_scope(found["scope"])
    return Scenario(**found)


def as_scope(value: Any) -> Scope:
    """A scope from a number, a text with commas, a list of names, or a list of such lists.

    Raises
    ------
    AskNextError : something else.
    """
    if isinstance(value, str):
        named = [name.strip() for name in value.split(",") if name.strip()]
        return int(value) if value.strip().isdecimal() else as_scope(named)
    if value is None or type(value) is int:
        return value
    if isinstance(value, Sequence) and value:
        nested = all(isinstance(part, Sequence) and not isinstance(part, str) for part in value)
        lists = value if nested else [value]
        if all(lists) and all(type(name) in (str, int) for names in lists for name in names):
            return tuple(tuple(map(str, names)) for names in lists)
    raise AskNextError(f"a scope is {value!r}; give a number of classes, or a list of their names.")


def _in_range(option: str, value: Any, holds: Callable[[float], bool], range_: str) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not holds(value):
        raise AskNextError(f"{option} is {value!r}; give a number {range_}.")


def _listed(value: Any) -> Any:
    """Tuples as lists, as JSON gives them back."""
    return [_listed(part) for part in value] if isinstance(value, tuple) else value
