"""The cache of a hand-written loop: resume it anywhere, replay it, compute new metrics without training."""

from asknext.cache.replay import ReplayCache
from asknext.cache.resume import ResumeCache
from asknext.cache.valuelog import read_values
from asknext.cache.variables import Reading, Variable

__all__ = ["Reading", "ReplayCache", "ResumeCache", "Variable", "read_values"]
