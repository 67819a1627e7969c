"""Parameters by name: of a learner itself, of its network, of its training, of the plan of its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from asknext.errors import AskNextError


def replaced(learner: Any, parameters: Mapping[str, Any], own: Sequence[str]) -> Any:
    """The same learner with other parameters.

    Parameters
    ----------
    learner : a dataclass with a `network`, and a training `how` with a `plan`.
    parameters : their values by name.
    own : those of the learner itself that may be replaced.

    Raises
    ------
    AskNextError : none of the parts has such a parameter.
    """
    network, how, plan = learner.network, learner.how, learner.how.plan
    new = {name: getattr(learner, name) for name in own}
    parts = {"plan": _names(plan), "how": _names(how) - {"plan"}, "network": _names(network)}
    for name, value in parameters.items():
        if name in parts["plan"]:
            plan = replace(plan, **{name: value})
        elif name in parts["how"]:
            how = replace(how, **{name: value})
        elif name in parts["network"]:
            network = replace(network, **{name: value})
        elif name in new:
            new[name] = value
        else:
            known = ", ".join(sorted(set(new).union(*parts.values())))
            raise AskNextError(f"this learner has no parameter '{name}'; there is: {known}.")
    return replace(learner, how=replace(how, plan=plan), network=network, **new)


def _names(part: Any) -> set[str]:
    return {one.name for one in fields(part)} if is_dataclass(part) else set()
