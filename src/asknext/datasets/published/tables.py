"""Tables of the UCI repository in the form in which it publishes them: values without a header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from asknext.datasets.items import Items
from asknext.datasets.published.reading import Published, parsed

LABEL = "class"
LETTERS = ("tables/letter-recognition.data.gz",)
LETTER = (
    f"{LABEL} x-box y-box width high onpix x-bar y-bar x2bar y2bar xybar x2ybr xy2br x-ege xegvy y-ege yegvx"
)
_MISSING = "?"


def table(
    columns: str, separator: str | None = ",", dropped: str = "", zeros: str = "", only: str = ""
) -> Callable[[Sequence[Path]], Items]:
    """A reader of such tables: one row a line; blank lines and those that begin with | are passed over.

    Parameters
    ----------
    columns : their names, divided by blanks; the one called class holds the labels, those that end in *
        hold categories, in words or in codes, and the others numbers. A question mark is a missing value.
    separator : what divides the values of a line; None: blanks.
    dropped : names of columns to leave out.
    zeros : names of columns in which 0 stands for a missing value.
    only : take only rows of these labels, divided by blanks; empty: all.
    """
    names = columns.split()

    def parse(content: bytes) -> pd.DataFrame:
        lines = content.decode("ascii").splitlines()
        rows = [line.split(separator) for line in lines if line.strip() and not line.startswith("|")]
        if not rows:
            raise ValueError("it is empty")
        if odd := next((row for row in rows if len(row) != len(names)), None):
            raise ValueError(f"a line has {len(odd)} values, not {len(names)}")
        values = np.char.strip(np.array(rows))
        frame = pd.DataFrame(values, columns=names, dtype=object).mask(values == _MISSING, None)
        numbers = [name for name in names if name != LABEL and not name.endswith("*")]
        return frame.astype(dict.fromkeys(numbers, np.float64))

    def read(paths: Sequence[Path]) -> Items:
        frame = pd.concat([parsed(path, parse) for path in paths], ignore_index=True)
        if only:
            frame = frame[frame[LABEL].isin(only.split())]
        gaps, left_out = zeros.split(), dropped.split()
        frame[gaps] = frame[gaps].mask(frame[gaps] == 0)
        notes = [f"zeros in {', '.join(gaps)} taken as missing"] * bool(gaps)
        notes += [f"left out: {', '.join(left_out)}"] * bool(left_out)
        y = _labels(frame[LABEL])
        frame = frame.drop(columns=[LABEL, *left_out])
        return Items(frame.rename(columns=lambda name: name.rstrip("*")), y, tuple(notes))

    return read


def _labels(column: pd.Series) -> np.ndarray:
    """Whole numbers where all labels are; else words, without the full stop that one publisher adds."""
    words = column.str.rstrip(".").to_numpy(dtype=str)
    return words.astype(np.int64) if all(map(str.isdecimal, words)) else words


TABLES = (
    Published(
        "adult", "Census incomes over 50,000 dollars or not, training and test part (UCI, Kohavi 1996).",
        "table", ("tables/adult.data.gz", "tables/adult.test.gz"),
        table("age workclass* fnlwgt education* education-num marital-status* occupation* relationship* "
              f"race* sex* capital-gain capital-loss hours-per-week native-country* {LABEL}"),
        48_842, 108, 2),
    Published(
        "australian", "Credit cards granted or not, by 14 anonymous columns (UCI Statlog, Quinlan 1987).",
        "table", ("tables/australian.dat",),
        table(f"A1 A2 A3 A4* A5* A6* A7 A8 A9 A10 A11 A12* A13 A14 {LABEL}", separator=None),
        690, 38, 2),
    Published(
        "breast", "Breast tumours, benign (2) or malignant (4), 9 grades (UCI, Wolberg & Mangasarian 1990).",
        "table", ("tables/breast-cancer-wisconsin.data",),
        table("code clump-thickness cell-size cell-shape adhesion epithelial-size bare-nuclei chromatin "
              f"nucleoli mitoses {LABEL}", dropped="code"),
        699, 10, 2),
    Published(
        "diabetes", "Diabetes among Pima women, tested positive (1) or not (0) (UCI, Smith et al. 1988).",
        "table", ("tables/pima-indians-diabetes.data",),
        table(f"pregnancies glucose pressure skin insulin mass pedigree age {LABEL}",
              zeros="glucose pressure skin insulin mass"),
        768, 13, 2),
    Published(
        "german", "Credit risks, good (1) or bad (2), by 20 mixed columns (UCI Statlog, Hofmann 1994).",
        "table", ("tables/german.data",),
        table("account* months history* purpose* amount savings* employment* rate status* debtors* residence "
              f"property* age plans* housing* credits job* dependants telephone* foreign* {LABEL}",
              separator=None),
        1000, 61, 2),
    Published(
        "heart", "Heart disease, absent (1) or present (2) (UCI Statlog, Detrano et al. 1989).",
        "table", ("tables/heart.dat",),
        table("age sex pain* pressure cholesterol sugar electrocardiogram* rate angina oldpeak slope vessels "
              f"thal* {LABEL}", separator=None),
        270, 20, 2),
    Published(
        "ionosphere", "Radar returns from the ionosphere, good (g) or bad (b) (UCI, Sigillito et al. 1989).",
        "table", ("tables/ionosphere.data",),
        table(" ".join(f"pulse{i}" for i in range(1, 35)) + f" {LABEL}"),
        351, 33, 2),
    Published(
        "letter", "Capital letters in 20 fonts, by 16 measurements of the image (UCI, Frey & Slate 1991).",
        "table", LETTERS, table(LETTER), 20_000, 16, 26),
    Published(
        "letter-m-n", "The letters M and N of `letter`, which look alike (after Li et al. 2012).",
        "table", LETTERS, table(LETTER, only="M N"), 1575, 16, 2),
    Published(
        "letter-v-y", "The letters V and Y of `letter`, which look alike (after Li et al. 2012).",
        "table", LETTERS, table(LETTER, only="V Y"), 1550, 16, 2),
    Published(
        "mushroom", "Mushrooms, edible (e) or poisonous (p), by 22 categories (UCI, Schlimmer 1981).",
        "table", ("tables/agaricus-lepiota.data.gz",),
        table(f"{LABEL} cap-shape* cap-surface* cap-color* bruises* odor* gill-attachment* gill-spacing* "
              "gill-size* gill-color* stalk-shape* stalk-root* stalk-surface-above* stalk-surface-below* "
              "stalk-color-above* stalk-color-below* veil-type* veil-color* ring-number* ring-type* "
              "spore-print-color* population* habitat*"),
        8124, 116, 2),
    Published(
        "wall-following", "A robot's next move along a wall, by 24 distances (UCI, Freire et al. 2009).",
        "table", ("tables/Wall-following-sensor_readings_24.data.gz",),
        table(" ".join(f"US{i}" for i in range(1, 25)) + f" {LABEL}"),
        5456, 24, 4),
)  # fmt: skip
"""The tables; d counts the columns once categories are one-hot encoded and gaps have their indicators."""
