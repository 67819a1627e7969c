"""Stopping rules: each reads one figure a round and says stop or go on, and why, in one sentence.

A rule never stops because a figure stands still: standing still at a bad level is being *stuck*, which asks
for another way of choosing, not for an end. Advice, never an automatic stop.
"""

from __future__ import annotations

from asknext.monitor.stopping.cost import AuditCost, ContradictionCost
from asknext.monitor.stopping.falling import (
    ContradictoryInformation,
    ExtendedVarianceModel,
    VarianceModel,
    contradictory_information,
)
from asknext.monitor.stopping.flat import FlatContradiction
from asknext.monitor.stopping.left import LittleLeft
from asknext.monitor.stopping.level import (
    BatchAccuracy,
    ClassificationChange,
    LowContradiction,
    MaxEntropy,
    OverallUncertainty,
    StabilisingPredictions,
)
from asknext.monitor.stopping.verdict import Rule, Verdict, first_stop

__all__ = [
    "RULES", "AuditCost", "BatchAccuracy", "ClassificationChange", "ContradictionCost",
    "ContradictoryInformation", "ExtendedVarianceModel", "FlatContradiction", "LittleLeft",
    "LowContradiction", "MaxEntropy", "OverallUncertainty", "Rule", "StabilisingPredictions",
    "VarianceModel", "Verdict", "contradictory_information", "first_stop",
]  # fmt: skip

RULES: tuple[Rule, ...] = (
    VarianceModel(),
    ExtendedVarianceModel(),
    ContradictoryInformation(),
    LowContradiction(),
    FlatContradiction(),
    StabilisingPredictions(),
    ClassificationChange(),
    MaxEntropy(),
    OverallUncertainty(),
    BatchAccuracy(),
    LittleLeft(),
)
"""The rules that need no price, at their default thresholds."""
