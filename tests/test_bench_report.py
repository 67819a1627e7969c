"""From measures to summary.json, the verdict and a report that is whole, offline and harmless."""

from __future__ import annotations

import io
import json
import random as stdlib_random
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scipy import stats

from asknext.bench.charts import spread
from asknext.bench.report import write_all
from asknext.bench.results import Comparison, Measure, Timing, read_measures
from asknext.bench.style import looks
from asknext.bench.summary import summarise
from asknext.bench.table import terminal_table
from asknext.errors import AskNextError

WORKED = [0.2, 0.4, 0.6, 0.7]  # mean .475


def compared(curves, dataset="wine", metrics=("accuracy",), timings=(), **settings) -> Comparison:
    """A comparison from {strategy: [curve of seed 0, curve of seed 1, …]}."""
    measures = [
        Measure(dataset, strategy, seed, step, 10 + 5 * step, metric, "test", value)
        for metric in metrics
        for strategy, runs in curves.items()
        for seed, run in enumerate(runs)
        for step, value in enumerate(run)
    ]
    base = {
        "learner": "logistic-regression", "initial": 10, "batch": 5, "rounds": 3,
        "seeds": len(next(iter(curves.values()))), "strategies": list(curves), "pool_size": 100,
        "test_size": 78, "notes": [], "command": "asknext compare wine", "versions": {"python": "3.13"},
    }  # fmt: skip
    return Comparison(dataset, 178, ("a", "b"), {**base, **settings}, measures, list(timings))


def shifted(*gains, curve=WORKED):
    """A curve for each seed, that of `curve` plus a gain."""
    return [[value + gain for value in curve] for gain in gains]


# summary.json


def test_auc_is_the_plain_mean_over_rounds_with_the_initial_model():
    summary = summarise(compared({"random": [WORKED], "margin": [[0.2, 0.6, 0.8, 0.9]]}))
    assert summary["strategies"]["random"]["auc_mean"] == pytest.approx(0.475)
    assert summary["strategies"]["margin"]["auc_mean"] == pytest.approx(0.625)
    assert summary["strategies"]["margin"]["final_mean"] == 0.9
    assert summary["n_labelled"] == [10, 15, 20, 25]


def test_spread_over_seeds_and_paired_gain():
    aucs = np.array([0.475, 0.495, 0.515])
    summary = summarise(compared({"random": shifted(0, 0.02, 0.04), "margin": shifted(0.1, 0.12, 0.14)}))
    result = summary["strategies"]["random"]
    assert result["auc_std"] == pytest.approx(np.std(aucs, ddof=1))
    half = 4.302653 * 0.02 / np.sqrt(3)  # t quantile of .975 with 2 degrees of freedom
    assert result["auc_ci95"] == pytest.approx([0.495 - half, 0.495 + half], abs=1e-6)
    gain = summary["strategies"]["margin"]["gain_over_random"]
    assert gain["mean"] == pytest.approx(0.1)
    assert gain["ci95"] == pytest.approx([0.1, 0.1])  # the same on each seed, however the seeds differ
    assert result["gain_over_random"] is None


def test_intervals_of_the_gains_hold_together():
    gains = np.array([0.1, 0.12, 0.09, 0.13])
    curves = {"random": shifted(0, 0, 0, 0), "margin": shifted(*gains), "a": shifted(0, 1, 2, 3)}
    gain = summarise(compared(curves))["strategies"]["margin"]["gain_over_random"]
    half = stats.t.isf(0.025 / 2, 3) * np.std(gains, ddof=1) / 2  # two comparisons, four seeds
    assert gain["ci95"] == pytest.approx([0.11 - half, 0.11 + half])
    assert gain["comparisons"] == 2


def test_ranks_and_tests_of_a_clear_order():
    curves = {name: shifted(*(g + 0.001 * s for s in range(5))) for name, g in
              {"random": 0, "low": -0.1, "high": 0.1, "top": 0.2}.items()}  # fmt: skip
    summary = summarise(compared(curves))
    ranks = {name: result["rank_mean"] for name, result in summary["strategies"].items()}
    assert ranks == {"random": 3, "low": 4, "high": 2, "top": 1}
    assert summary["tests"]["friedman"]["statistic"] == pytest.approx(15)  # n (k - 1) when all seeds agree
    nemenyi = summary["tests"]["nemenyi"]
    assert nemenyi["critical_difference"] == pytest.approx(2.569 * np.sqrt(20 / 30), abs=1e-3)
    assert nemenyi["p"]["top"]["low"] < 0.05 < nemenyi["p"]["top"]["high"]
    assert nemenyi["p"]["low"]["top"] == nemenyi["p"]["top"]["low"]
    assert "low" not in nemenyi["p"]["low"]


def test_tied_strategies_share_their_rank():
    curves = {"random": shifted(0, 0), "a": shifted(0.1, 0.1), "b": shifted(0.1, 0.1)}
    summary = summarise(compared(curves))
    assert [result["rank_mean"] for result in summary["strategies"].values()] == [3, 1.5, 1.5]


def test_labels_saved_and_why_not():
    curves = {
        "random": [WORKED] * 2,
        "better": [[0.2, 0.6, 0.8, 0.9]] * 2,
        "worse": shifted(-0.1, -0.1),
    }
    saved = {name: r["labels_saved"] for name, r in summarise(compared(curves))["strategies"].items()}
    assert saved["better"]["n"] == pytest.approx(7.5)  # 0.7 half way between 15 and 20, against 25
    assert saved["better"]["share"] == pytest.approx(0.3)
    assert saved["better"]["ci95"] == pytest.approx([7.5, 7.5])
    assert saved["worse"] == {"n": None, "share": None, "ci95": None, "needed": None, "reason": "not reached"}
    del curves["random"]
    saved = summarise(compared(curves))["strategies"]["better"]["labels_saved"]
    assert saved["n"] is None
    assert saved["reason"] == "random was not run"


def test_one_seed_has_no_intervals_and_says_so():
    summary = summarise(compared({"random": [WORKED], "a": shifted(0.1), "b": shifted(0.2)}))
    assert summary["tests"] == {"friedman": None, "nemenyi": None}
    for result in summary["strategies"].values():
        assert result["auc_std"] is None
        assert result["auc_ci95"] is None
        assert result["labels_saved"]["ci95"] is None
    assert "One seed proves nothing" in summary["warnings"][0]
    assert "other seeds may order" in summary["verdict"]


def test_seconds_are_means_of_whole_runs():
    timings = [
        Timing("random", 0, 0, "select", 1), Timing("random", 0, 1, "select", 2),
        Timing("random", 1, 0, "select", 5), Timing("random", 0, -1, "total", 10),
        Timing("random", 1, -1, "total", 20),
    ]  # fmt: skip
    summary = summarise(compared({"random": shifted(0, 0), "margin": shifted(0, 0)}, timings=timings))
    assert summary["strategies"]["random"]["seconds_select"] == 4
    assert summary["strategies"]["random"]["seconds_total"] == 15
    assert summary["strategies"]["margin"]["seconds_total"] is None


def test_unequal_budgets_are_compared_on_the_rounds_that_all_runs_share():
    summary = summarise(compared({"random": [[*WORKED, 0.9]], "margin": [WORKED]}))
    assert summary["strategies"]["random"]["auc_mean"] == pytest.approx(0.475)
    assert summary["strategies"]["random"]["final_mean"] == 0.7
    assert "1 of 5 rounds" in summary["warnings"][-1]


def test_runs_that_cannot_be_compared_are_refused():
    good = compared({"random": shifted(0, 0), "margin": shifted(0, 0)})
    with pytest.raises(AskNextError, match="'margin' with seed 1"):
        summarise(replace(good, measures=[row for row in good.measures if row[1:3] != ("margin", 1)]))
    with pytest.raises(AskNextError, match="no test accuracy"):
        summarise(replace(good, measures=[]))
    apart = [r._replace(n_labelled=r.n_labelled + (r.strategy == "margin")) for r in good.measures]
    with pytest.raises(AskNextError, match="share 0 of 4 rounds"):
        summarise(replace(good, measures=apart))
    with pytest.raises(AskNextError, match="not finite"):
        summarise(replace(good, measures=[row._replace(value=np.nan) for row in good.measures]))


# the verdict


def verdict(curves) -> str:
    return summarise(compared(curves))["verdict"]


def test_verdict_claims_a_gain_only_where_the_interval_excludes_zero():
    base = shifted(0, 0.01, -0.01, 0.02, 0)
    assert verdict({"random": base, "margin": shifted(0.1, 0.12, 0.09, 0.12, 0.11)}).startswith(
        "margin beats random: over the rounds its accuracy is 10.4 points higher on average (95 % interval "
    )
    text = verdict({"random": base, "margin": shifted(0.1, -0.1, 0.12, -0.05, 0.02)})
    assert text.startswith("No difference shown: margin leads, 1.4 points above random")
    assert "includes zero" in text


def test_verdict_names_the_strategies_that_the_best_is_not_separated_from():
    base = shifted(0, 0.01, -0.01, 0.02, 0)
    text = verdict(
        {
            "random": base,
            "a": shifted(0.100, 0.111, 0.090, 0.121, 0.101),
            "b": shifted(0.101, 0.110, 0.091, 0.120, 0.100),
            "low": shifted(-0.2, -0.19, -0.21, -0.18, -0.2),
        }
    )
    assert "a beats random" in text
    assert "5 seeds do not separate it from b." in text
    assert text.endswith("Shown to be worse than random: low.")


def test_verdict_does_not_hide_a_steady_second_behind_an_erratic_first():
    text = verdict(
        {
            "random": shifted(0, 0, 0, 0),
            "wild": shifted(0.4, -0.2, 0.36, -0.1),
            "calm": shifted(0.05, 0.051, 0.052, 0.05),
        }
    )
    assert "wild has the highest mean accuracy, 11.5 points above random" in text
    assert "includes zero; shown to beat random: calm." in text


def test_whether_choosing_helped_is_said_in_a_sentence():
    base = shifted(0, 0.01, -0.01, 0.02, 0)
    better = {"random": base, "auto": shifted(0.1, 0.12, 0.09, 0.12, 0.11), "other": shifted(*[0.3] * 5)}
    summary = summarise(compared(better))
    spared = summary["strategies"]["auto"]["labels_saved"]
    told = (
        "Active learning helped here: auto reached random's final accuracy with "
        f"{spared['needed']:.0f} labels in the place of {spared['needed'] + spared['n']:.0f}, "
        f"{spared['n']:.0f} fewer (95 % interval of those spared "
    )
    assert summary["helped"].startswith(told)
    del better["auto"]
    assert "helped here: other" in summarise(compared(better))["helped"]


def test_help_is_claimed_only_where_it_is_shown():
    base = shifted(0, 0.01, -0.01, 0.02, 0)

    def helped(*by: float) -> str | None:
        return summarise(compared({"random": base, "auto": shifted(*by)}))["helped"]

    told = helped(0.1, -0.1, 0.12, -0.05, 0.02) or ""
    assert told.startswith(
        "It is not shown that active learning helps here: auto gains +1.4 points of accuracy on random over "
        "the rounds, and the 95 % interval, −"
    )
    assert told.endswith(", includes zero.")
    assert helped(-0.1, -0.09, -0.11, -0.1, -0.1).startswith("Here active learning did not help: auto is")
    others = {"random": base, "margin": shifted(*[0.3] * 5), "badge": shifted(*[0.4] * 5)}
    unsure = summarise(compared({**others, "auto": shifted(0.1, -0.1, 0.12, -0.05, 0.02)}))["helped"] or ""
    assert unsure.startswith("It is not shown that auto helps here, unlike margin and badge: auto gains +1.4")
    worse = summarise(compared({**others, "auto": shifted(*[-0.1] * 5)}))["helped"] or ""
    assert worse.startswith("Here auto did not help, unlike margin and badge: auto is worse than random (−")
    early = compared({"random": base, "auto": [[value + 0.005 for value in run] for run in base]})
    assert "spared no labels at the end" in (summarise(early)["helped"] or ""), "0.3 of a label is none"
    assert summarise(compared({"auto": base}))["helped"] is None
    assert summarise(compared({"random": base}))["helped"] is None
    assert summarise(compared({"random": shifted(0, 0.1), "auto": shifted(1, 1.1)}))["helped"] is None


def test_verdict_of_the_special_cases():
    assert "No strategy beats random" in verdict(
        {"random": shifted(0, 0.1, 0.2), "a": shifted(-0.1, 0.05, 0.1)}
    )
    assert "in two runs, which is too few" in verdict({"random": shifted(0, 0.1), "a": shifted(1, 1.1)})
    assert "No difference at all" in verdict({"random": shifted(0, 0.1), "a": shifted(0, 0.1)})
    assert "needs a second strategy" in verdict({"a": shifted(0, 0.1)})
    text = verdict({"a": shifted(0.1, 0.111, 0.12), "b": shifted(0, 0.01, 0.02)})
    assert text.startswith("a comes first, 10.0 points of mean accuracy above b")
    assert "random was not run" in text


# the files


class Page(HTMLParser):
    """Collects tags, attributes and the text outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.styles = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):  # noqa: ARG002
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside == "style":
            self.styles += data
        else:
            self.text += data


HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A full report whose every user string is hostile."""
    evil = f"{HOSTILE}\"'&{{{{7*7}}}}"
    rng = np.random.default_rng(0)
    names = ("random", evil, "</script>b", "[red]c")
    curves = {name: [list(np.sort(rng.random(5))) for _ in range(3)] for name in names}
    comparison = compared(
        curves,
        dataset=evil,
        metrics=("accuracy", "log-loss", evil),
        timings=[Timing(name, 0, -1, stage, 1.5) for name in names for stage in ("select", "total")],
        notes=[evil],
        command=evil,
        learner=evil,
    )
    out = tmp_path_factory.mktemp("report") / "new"
    summary = write_all(replace(comparison, classes=(evil, "b")), out)
    return out, summary, comparison


@pytest.fixture(scope="module")
def page(written):
    return Page((written[0] / "report.html").read_text(encoding="utf-8"))


def test_every_file_is_there_and_nothing_else(written):
    out, _, comparison = written
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert [name for name in names if "/" not in name] == [
        "report.html", "results.csv", "summary.json", "timings.csv"
    ]  # fmt: skip
    figures = {"learning-curves", "gain", "ranks", "time", "metric-log-loss"}
    assert {f"figures/{name}.svg" for name in figures} < set(names)
    assert read_measures(out) == sorted(comparison.measures)


def test_summary_is_strict_json_and_what_the_call_returned(written):
    out, summary, _ = written

    def refuse(constant):
        raise AssertionError(constant)

    assert json.loads((out / "summary.json").read_text(), parse_constant=refuse) == summary


def test_user_strings_are_text_and_not_markup(page, written):
    evil = written[2].dataset
    assert [attrs.get("data-spec") is not None for tag, attrs in page.tags if tag == "script"] == (
        [True] * (len(page.scripts) - 2) + [False] * 2
    )
    assert page.text.count(evil) >= 6  # title, heading, learner, note, command, class, table …
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)


def test_nothing_is_loaded_from_elsewhere(page):
    for tag, attrs in page.tags:
        assert tag not in {"link", "img", "image", "iframe", "object", "embed", "base", "video", "source"}
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert "//" not in (attrs.get(name) or ""), (tag, attrs)
    assert "url(" not in page.styles
    assert "@import" not in page.styles
    policies = [attrs for tag, attrs in page.tags if tag == "meta" and "http-equiv" in attrs]
    assert policies[0]["content"].startswith("default-src 'none'")


def test_links_lead_to_files_that_exist(page, written):
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert "results.csv" in links
    for link in links:
        assert (written[0] / link).is_file(), link


def test_ids_in_the_page_are_unique_and_the_references_to_them_resolve(page):
    ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(ids) == len(set(ids)) > 0
    clips = [attrs["clip-path"] for _, attrs in page.tags if attrs.get("clip-path")]
    assert {clip.removeprefix("url(#").removesuffix(")") for clip in clips} <= set(ids)


def test_figures_are_well_formed_and_carry_every_name(written):
    out, summary, _ = written
    for path in (out / "figures").iterdir():
        root = ElementTree.parse(path).getroot()
        assert root.tag.endswith("svg")
        if path.stem in {"learning-curves", "ranks", "time"}:
            text = {element.text for element in root.iter() if element.tag.endswith("text")}
            assert set(summary["strategies"]) <= text, path


def test_charts_on_the_page_are_the_still_ones_with_their_data(page):
    specs = [json.loads(script) for script in page.scripts[:-2]]
    assert len(specs) == sum(1 for _, attrs in page.tags if "data-figure" in attrs)
    seeds = specs[0]["datasets"]["seeds"]
    assert len(seeds) == 4 * 3 * 5


def test_bands_are_drawn_from_three_seeds_on(tmp_path):
    """That of two is wider than the chart, and hides the lines."""

    def marks(seeds: int) -> str:
        curves = {"random": [WORKED] * seeds, "margin": shifted(*np.linspace(0, 0.1, seeds))}
        write_all(compared(curves), tmp_path / str(seeds))
        page = (tmp_path / str(seeds) / "report.html").read_text()
        assert ("Band: its 95 % interval" in page) == (seeds > 2)
        return page

    assert marks(3).count('"type": "area"') > 0
    assert marks(2).count('"type": "area"') == 0


def test_order_of_the_rows_changes_nothing(written, tmp_path):
    out, summary, comparison = written
    rows = list(comparison.measures)
    stdlib_random.Random(0).shuffle(rows)
    shuffled = replace(comparison, measures=rows, classes=(comparison.dataset, "b"))
    assert summarise(shuffled) == summary
    write_all(shuffled, tmp_path)
    for name in ("results.csv", "summary.json", "report.html", "figures/gain.svg"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize(
    "curves",
    [
        {"margin": [WORKED]},
        {"margin": [[0.5]], "random": [[0.5]]},
        {"a": shifted(0, 0.1), "b": shifted(0, 0.2), "c": shifted(0, 0.2)},
        {"a": [[0.5] * 3] * 2, "random": [[0.5] * 3] * 2, "b": [[0.5] * 3] * 2},
    ],
    ids=["one run", "one round", "no random", "all equal"],
)
def test_small_comparisons_get_a_report_too(curves, tmp_path):
    summary = write_all(compared(curves), tmp_path)
    page = Page((tmp_path / "report.html").read_text())
    assert summary["verdict"] in page.text
    assert (summary["helped"] or "") in page.text
    assert all(warning in page.text for warning in summary["warnings"])
    assert ("Gain over random" in page.text) == ("random" in curves)
    assert "nan" not in page.text.lower()
    assert "None" not in page.text


def test_measures_are_kept_where_the_rest_cannot_be_made(tmp_path):
    broken = compared({"random": [WORKED], "margin": [[*WORKED, np.nan]], "a": [[0.1]]})
    with pytest.raises(AskNextError):
        write_all(broken, tmp_path)
    assert (tmp_path / "results.csv").is_file()
    assert not (tmp_path / "report.html").exists()


def test_terminal_table_prints_names_as_they_are(written):
    summary = written[1]
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    console.print(terminal_table(summary))
    text = console.file.getvalue()
    assert "[red]c" in text
    assert summary["verdict"].split(":")[0] in text
    best = max(summary["strategies"], key=lambda name: summary["strategies"][name]["auc_mean"])
    rows = [line for line in text.splitlines() if "1.50 s" in line]
    assert len(rows) == 4
    assert rows[0].startswith(best)


# looks


def test_no_two_of_many_strategies_look_alike():
    names = ["random", *(f"s{i}" for i in range(35))]
    styled = looks(names, "random")
    assert len(set(styled.values())) == 36
    assert len({styled[f"s{i}"].colour for i in range(7)}) == 7


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_names_are_spread_without_crossing(positions):
    positions = np.array(positions)
    placed = spread(positions, 0.05, 0, 1)
    assert (np.diff(np.sort(placed)) >= 0.05 - 1e-9).all()
    assert placed.min() >= -1e-9
    assert placed.max() <= 1 + 1e-9
    order = np.argsort(positions, kind="stable")
    assert (np.diff(placed[order]) > 0).all()
    far = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(spread(far, 0.05, 0, 1), far)


def test_seconds_are_written_as_plain_numbers(tmp_path):
    timings = [
        Timing(name, 0, 3, stage, seconds)
        for name, seconds in (("random", 3.0), ("margin", 83.0))
        for stage in ("select", "total")
    ]
    write_all(compared({"random": [WORKED], "margin": [WORKED]}, timings=timings), tmp_path)
    svg = (tmp_path / "figures" / "time.svg").read_text()
    assert ">80<" in svg
    assert "e+" not in svg


# honesty


def test_five_seeds_get_odds_and_redraws_and_the_page_tells_them(tmp_path):
    gains = [0.1, 0.12, 0.09, 0.12, 0.11]
    summary = write_all(compared({"random": shifted(0, 0, 0, 0, 0), "margin": shifted(*gains)}), tmp_path)
    odds = summary["strategies"]["margin"]["signed_rank"]
    assert odds["rope"] == 0.005
    assert odds["better"] > 0.99
    assert summary["strategies"]["random"]["signed_rank"] is None
    assert summary["stability"]["resamples"] == {"random": 0, "margin": 1}
    page = Page((tmp_path / "report.html").read_text())
    assert summary["stability"]["sentence"] in page.text
    assert "below −0.5, between, or above +0.5 points" in page.text
    assert "probably" in page.text


def test_few_seeds_get_neither(tmp_path):
    summary = write_all(compared({"random": shifted(0, 0, 0), "margin": shifted(0.1, 0.12, 0.09)}), tmp_path)
    assert summary["strategies"]["margin"]["signed_rank"] is None
    assert summary["stability"]["resamples"] is None
    page = Page((tmp_path / "report.html").read_text())
    assert "3 seeds are too few" in page.text
    assert "probably" not in page.text


def test_verdict_names_no_winner_where_random_leads_by_chance():
    text = verdict({"random": shifted(0, 0.1, 0.2), "a": shifted(-0.1, 0.15, 0.1)})
    assert text.startswith("No difference shown: random itself has the highest mean accuracy")
