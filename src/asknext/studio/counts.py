"""How many items have which answer, and how many are of which class."""

from __future__ import annotations

from typing import Any

import numpy as np

from asknext.log import State
from asknext.pool import ANSWER_CODES, Pool


def counts(pool: Pool) -> dict[str, int]:
    """How many items have which answer, and how many have none; skipped ones are left."""
    named = {answer.value.replace("-", "_"): code for answer, code in ANSWER_CODES.items()}
    told = {name: int(np.count_nonzero(pool.state == code)) for name, code in named.items()}
    labelled = int(np.count_nonzero(pool.state >= 0))
    answered = labelled + told["out_of_scope"] + told["unsure"]
    return {"answered": answered, "labelled": labelled, **told, "left": len(pool) - answered}


def classes(state: State) -> list[dict[str, Any]]:
    """The classes in order of appearance, with how many items each has, and whether its name is to come."""
    unnamed = {state.labels[number] for number in state.unnamed}
    named = zip(state.pool.classes, state.pool.counts.tolist(), strict=True)
    return [{"name": name, "count": n, "provisional": name in unnamed} for name, n in named]
