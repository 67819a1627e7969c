"""Texts in their publishers' files."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from asknext.datasets import features
from asknext.datasets.items import Items
from asknext.datasets.published.reading import Published, parsed

SHORT = 256  # dimensions of texts of one sentence
QUESTIONS = ("description", "entity", "abbreviation", "human", "location", "number")
"""What the answer to a question of TREC is, in the order of the publisher's numbers."""
PARTS = ("train", "val", "test")


def newsgroups(paths: Sequence[Path]) -> Items:
    """Items of the posts, in the order of their paths from the last one: training part first."""
    (posts,) = (parsed(path, _posts) for path in paths)
    return _items(posts, "whole posts, headers and quotes included")


def trec(paths: Sequence[Path]) -> Items:
    """Items of the questions, training part first."""
    return _items([question for path in paths for question in parsed(path, _questions)])


def clinc(outside: bool) -> Callable[[Sequence[Path]], Items]:
    """A reader of the queries: training, validation and test part, then perhaps those out of scope.

    Parameters
    ----------
    outside : take the queries that belong to no intent, too; else they are left out.
    """

    def read(paths: Sequence[Path]) -> Items:
        parts = parsed(paths[0], _queries)
        inside, others = ([pair for part in PARTS for pair in parts[of + part]] for of in ("", "oos_"))
        if not outside:
            return _items(inside, f"{len(others)} queries out of scope left out")
        return _items(inside + others, out_of_scope=np.repeat([False, True], [len(inside), len(others)]))

    return read


def _items(pairs: list[tuple[str, str]], note: str = "", out_of_scope: np.ndarray | None = None) -> Items:
    """Items of pairs of label and text."""
    labels, texts = zip(*pairs, strict=True)
    return Items(np.array(texts, dtype=object), np.array(labels), (note,) * bool(note), out_of_scope)


def _posts(content: bytes) -> list[tuple[str, str]]:
    """Group and text of each post."""
    posts = []
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                posts.append((member.name.split("/"), file.read().decode("latin-1")))
    posts.sort(key=lambda post: (post[0][0].endswith("test"), post[0]))
    return [(parts[-2], text) for parts, text in posts]


def _questions(content: bytes) -> list[tuple[str, str]]:
    """Class and text of each question: a line is the number of the class, a blank and the text."""
    lines = [line.split(" ", 1) for line in content.decode("latin-1").splitlines() if line.strip()]
    return [(QUESTIONS[int(number)], text) for number, text in lines]


def _queries(content: bytes) -> dict[str, list[tuple[str, str]]]:
    """Intent and text of each query, by part."""
    parts = json.loads(content)
    return {key: [(intent, text) for text, intent in parts[key]] for p in PARTS for key in (p, f"oos_{p}")}


CLINC = ("text/clinc150/data_full.json",)
TEXTS = (
    Published(
        "clinc150", "Queries to an assistant, with 150 intents, those in scope (Larson et al. 2019).",
        "text", CLINC, clinc(outside=False), 22_500, SHORT, 150, sorted=True),
    Published(
        "clinc150-oos", "Queries to an assistant, with 150 intents or out of scope (Larson et al. 2019).",
        "text", CLINC, clinc(outside=True), 23_700, SHORT, 150, sorted=True),
    Published(
        "newsgroups", "Posts of 20 newsgroups, training and test part (20 Newsgroups by date, Lang 1995).",
        "text", ("text/20news/20news-bydate.tar.gz",), newsgroups,
        18_846, features.TEXT_DIMENSIONS, 20, sorted=True),
    Published(
        "trec", "Questions by the kind of answer, training and test part (TREC, Li & Roth 2002).",
        "text", ("text/trec/TREC.train.all", "text/trec/TREC.test.all"), trec, 5952, SHORT, 6),
)  # fmt: skip
