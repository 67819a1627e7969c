"""Published data sets, read from their publishers' files where the user has them."""

from asknext.datasets.published.images import IMAGES
from asknext.datasets.published.reading import Published
from asknext.datasets.published.tables import TABLES
from asknext.datasets.published.texts import TEXTS

__all__ = ["PUBLISHED", "Published"]

PUBLISHED = {entry.name: entry for entry in sorted((*TABLES, *IMAGES, *TEXTS), key=lambda entry: entry.name)}
"""The published data sets by name."""
