"""Data sets: a name, an OpenML number, a file or a data frame becomes a numeric table with labels."""

from asknext.datasets.base import Dataset
from asknext.datasets.frames import from_frame
from asknext.datasets.mixed import load_mixed
from asknext.datasets.raw import images, texts
from asknext.datasets.sources import catalogue, load

__all__ = ["Dataset", "catalogue", "from_frame", "images", "load", "load_mixed", "texts"]
