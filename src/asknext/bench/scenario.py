"""What makes the pool of a comparison a real one, beside its data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from asknext.bench import wording
from asknext.errors import AskNextError


@dataclass(frozen=True)
class Scenario:
    """How a pool and its labelling differ from the tidy case: a model that learns from every answer.

    Parameters
    ----------
    audit : share of each batch that is drawn at random and hidden from strategy and learner; see `Campaign`.
    """

    audit: float = 0.0

    @property
    def special(self) -> dict[str, Any]:
        """What is not as in the tidy case, in the form in which it is read back from a file."""
        plain = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is not as in the tidy case, for the report."""
        said = []
        if self.audit:
            share = wording.percent(self.audit)
            said.append(f"{share} % of each batch are drawn at random and hidden from strategy and learner")
        return tuple(said)

    @property
    def budget(self) -> str:
        """What strategies are compared by."""
        return "answers" if self.audit else "labelled items"

    def check(self) -> None:
        """Refuse values that mean nothing.

        Raises
        ------
        AskNextError : one is out of its range.
        """
        if not 0 <= self.audit < 1:
            raise AskNextError(f"--audit is {self.audit}; it must be at least 0 and below 1.")


TIDY = Scenario()


def read_scenario(values: dict[str, Any]) -> Scenario:
    """The scenario of a file of settings.

    Raises
    ------
    TypeError : a key is unknown, or a value is of another type.
    """
    scenario = Scenario(**values)
    if type(scenario.audit) is not float:
        raise TypeError("a value is of another type")
    return scenario
