"""Texts in their publishers' files."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asknext.datasets import features
from asknext.datasets.items import Items
from asknext.datasets.published.reading import Published, parsed


def newsgroups(paths: Sequence[Path]) -> Items:
    """Items of the posts, in the order of their paths from the last one: training part first."""
    (posts,) = (parsed(path, _posts) for path in paths)
    groups, texts = zip(*posts, strict=True)
    return Items(list(texts), np.array(groups), ("whole posts, headers and quotes included",))


def _posts(content: bytes) -> list[tuple[str, str]]:
    """Group and text of each post."""
    posts = []
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                posts.append((member.name.split("/"), file.read().decode("latin-1")))
    posts.sort(key=lambda post: (post[0][0].endswith("test"), post[0]))
    return [(parts[-2], text) for parts, text in posts]


NEWSGROUPS = Published(
    "newsgroups",
    "Posts of 20 newsgroups, training and test part, as reduced TF-IDF (20 Newsgroups by date, Lang 1995).",
    "text", ("text/20news/20news-bydate.tar.gz",), newsgroups,
    18_846, features.TEXT_DIMENSIONS, 20, whole=True,
)  # fmt: skip

TEXTS = (NEWSGROUPS,)
