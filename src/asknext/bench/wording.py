"""Numbers as people read them: the same in the verdict, the report and the terminal."""

from __future__ import annotations

from collections.abc import Sequence

ABSENT = "–"


def percent(value: float | None) -> str:
    """0.8432 as "84.3"; the unit stands in the heading."""
    return ABSENT if value is None else _fixed(100 * value)


def spread(mean: float, deviation: float | None) -> str:
    """A mean in percent with its standard deviation over seeds, "84.3 ± 1.2"."""
    return percent(mean) if deviation is None else f"{percent(mean)} ± {percent(deviation)}"


def signed(value: float | None) -> str:
    """0.0123 as "+1.2" percentage points."""
    text = percent(value)
    return f"+{text}" if value is not None and text[0] != "−" else text


def span(ends: Sequence[float | None] | None) -> str:
    """An interval in percent, "82.8 to 85.8"."""
    return ABSENT if ends is None else " to ".join(percent(end) for end in ends)


def count(value: float) -> str:
    """Labels, to the whole."""
    return f"{round(value):d}".replace("-", "−")


def bought(budget: str) -> str:
    """What strategies are compared by, after a number: labelled items are "labels"."""
    return "labels" if budget == "labelled items" else budget


def whole_percent(value: float) -> str:
    """0.317 as "32"."""
    return count(100 * value)


def tally(value: float) -> str:
    """How often a strategy came first, where those who tie share the win: "3", "2.5"."""
    return f"{round(value, 1):g}"


def p_value(p: float) -> str:
    """"= 0.031", or "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def labels(ends: Sequence[float | None] | None) -> str:
    """An interval of labels, "31 to 58"; an open end where resampled curves do not get there."""
    if ends is None:
        return ABSENT
    low, high = ends
    return f"{'below 0' if low is None else count(low)} to {'below 0' if high is None else count(high)}"


def seconds(value: float | None) -> str:
    """A duration with two or three digits and a fitting unit."""
    if value is None:
        return ABSENT
    if value < 0.0095:
        return f"{1000 * value:.1f} ms"
    if value < 9.95:
        return f"{value:.2f} s"
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.1f} min"


def listing(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _fixed(value: float) -> str:
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")  # adding zero turns -0.0 into 0.0
