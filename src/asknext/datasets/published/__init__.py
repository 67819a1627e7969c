"""Published data sets, read from their publishers' files where the user has them."""

from asknext.datasets.published.cifar import CIFAR
from asknext.datasets.published.images import IMAGES
from asknext.datasets.published.photographs import PHOTOGRAPHS
from asknext.datasets.published.reading import Published
from asknext.datasets.published.tables import TABLES
from asknext.datasets.published.texts import TEXTS
from asknext.datasets.published.tiny import TINY

__all__ = ["PUBLISHED", "Published"]

_ALL = (*TABLES, *CIFAR, *IMAGES, *PHOTOGRAPHS, *TEXTS, *TINY)
PUBLISHED = {entry.name: entry for entry in sorted(_ALL, key=lambda entry: entry.name)}
"""The published data sets by name."""
