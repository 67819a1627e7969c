"""The data of a comparison: the features of all items, and what a learner reads in their place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from asknext.bench.protocol import Settings
from asknext.datasets import Dataset, images, load, load_mixed, texts
from asknext.datasets.picture_files import SIDE
from asknext.errors import AskNextError
from asknext.learners import make
from asknext.learners.beside import reads
from asknext.types import Progress


def load_data(settings: Settings, progress: Progress | None = None) -> Dataset:
    """The data of a comparison, items of another data set among them where the scenario wants it.

    A learner that reads images or texts gets them beside the features, from which metrics are computed;
    pictures of a folder in the size that it sees.

    Parameters
    ----------
    settings : of the comparison.
    progress : told how far the reading of pictures is.

    Raises
    ------
    AskNextError : they are absent or unusable.
    """
    data, side = _features(settings, progress), image_side(settings.learner)
    inside, outside = settings.source, settings.scenario.ood_data
    if reads_texts(settings.learner):
        return replace(data, raw=texts(inside, outside))
    return data if side is None else replace(data, raw=images(inside, outside, side, progress))


def data_key(settings: Settings) -> tuple[Any, ...]:
    """All that `load_data` goes by: settings with the same key have the same data."""
    source = (settings.source, settings.target, settings.scenario.ood_data)
    return *source, image_side(settings.learner), reads_texts(settings.learner)


def image_side(learner: str) -> int | None:
    """The pixels of a side that a learner sees of pictures of any size; None where it wants no images."""
    made = make(learner)
    return getattr(made, "side", SIDE) if reads(made, "images") else None


def reads_texts(learner: str) -> bool:
    """Whether a learner wants texts in place of features."""
    return reads(make(learner), "texts")


def _features(settings: Settings, progress: Progress | None) -> Dataset:
    if settings.scenario.ood_data is None:
        return load(settings.source, settings.target, progress)
    if settings.target is not None:
        raise AskNextError("--ood-data goes with data that come with their labels; leave --target out.")
    return load_mixed(settings.source, settings.scenario.ood_data)
