"""The audit of detectors, the choice that follows from it, and the signal that it gives to strategies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

import asknext
from asknext import detectors
from asknext.detectors import Detector, choose, rank_detectors, with_ood
from asknext.detectors.audit import TRIALS, auroc, false_alarms
from asknext.errors import AskNextError, MissingSignalError
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE, Pool
from asknext.round import Round
from asknext.signals import Signals
from asknext.strategies import Score
from asknext.types import Array, Ids

DIGITS, DIGIT = load_digits(return_X_y=True)
DIGITS = DIGITS / 16.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def digits(known: int = 6, each: int = 8, answers: int = 0, seed: int = 0, **columns: Any) -> Round:
    """The first digits are known, each by some labels; the others are out of scope."""
    rows = rng(seed).permutation(len(DIGIT))
    pool = Pool.fresh(len(DIGIT), tuple(range(known)))
    for digit in range(known):
        pool.state[rows[DIGIT[rows] == digit][:each]] = digit
    pool.state[rows[DIGIT[rows] >= known][:answers]] = ANSWER_CODES[OUT_OF_SCOPE]
    return Round.of(pool, Signals(len(DIGIT), {"embedding": DIGITS, **columns}), {"embedding"})


def of(results: list[Any], name: str) -> Any:
    return next(result for result in results if result.detector.name == name)


@dataclass(frozen=True)
class Strangest(Score):
    """Ask what is likeliest out of scope."""

    name = "strangest"
    family = "baseline"
    paper = "none"
    needs = frozenset({"ood"})

    def score(self, round: Round, ids: Ids) -> Array:
        """The signal itself."""
        return round.read("ood", ids)


@dataclass(frozen=True)
class Written(Detector):
    """Gives a number that is written beside each item, and counts the reads."""

    values: Any
    name = "written"
    paper = "none"

    def score(self, round: Round, ids: Ids) -> Array:  # noqa: ARG002
        """The number."""
        return self.values[ids]


# ------------------------------------------------------------------ figures


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=20), st.lists(st.integers(0, 5), min_size=1, max_size=20)
)
def test_figures_agree_with_scikit_learn(strange: list[int], known: list[int]) -> None:
    truth, told = np.repeat([1, 0], [len(strange), len(known)]), np.array(strange + known)
    assert auroc(np.array(strange), np.array(known)) == pytest.approx(roc_auc_score(truth, told))
    fpr, tpr, _ = roc_curve(truth, told, drop_intermediate=False)
    assert false_alarms(np.array(strange), np.array(known)) == pytest.approx(fpr[tpr >= 0.95][0])


# ------------------------------------------------------------------ the audit


def test_labels_that_mean_something_are_found() -> None:
    results = rank_detectors(digits(proba=np.full((len(DIGIT), 6), 1 / 6)))
    assert [result.auroc for result in results] == sorted((r.auroc for r in results), reverse=True)
    assert {"knn", "mahalanobis", "msp", "gradnorm", "k-plus-one"} <= {r.detector.name for r in results}
    assert "energy" not in {r.detector.name for r in results}, "nobody gives logits"
    assert "auto" not in {r.detector.name for r in results}
    knn = of(results, "knn")
    assert knn.auroc > 0.85
    assert knn.real is None
    assert knn.hidden == pytest.approx(knn.auroc)
    assert knn.fpr95 < 0.7
    assert of(results, "msp").auroc > 0.7, "the head on the embedding speaks, not the column of equal numbers"
    assert knn.seconds >= 0.0


def test_random_labels_give_a_coin_toss() -> None:
    """Specification 7.6: where labels mean nothing, no detector finds a hidden class."""
    found: dict[str, list[float]] = {}
    for seed in range(6):
        round = digits(known=4, each=15, answers=20, seed=seed)
        columns = {"embedding": rng(seed).normal(size=(len(DIGIT), 4)), "logits": np.zeros((len(DIGIT), 4))}
        round = replace(round, signals=Signals(len(DIGIT), columns))
        mixed = rng(seed).permutation(np.concatenate([round.labelled, round.out_of_scope]))
        labelled, outside = np.sort(mixed[:60]), np.sort(mixed[60:])
        y = rng(seed + 100).integers(0, 4, 60).astype(np.int32)
        shuffled = replace(round, labelled=labelled, y=y, out_of_scope=outside)
        for result in rank_detectors(shuffled):
            found.setdefault(result.detector.name, []).append(result.auroc)
    assert len(found) == 12
    for name, values in found.items():
        assert abs(np.mean(values) - 0.5) < 0.06, name


def test_the_hidden_class_is_hidden() -> None:
    """No label of it, no column of it, and none of the items held out, is seen in its trial."""
    seen: list[tuple[int, int, int]] = []

    @dataclass(frozen=True)
    class Spy(Detector):
        name = "spy"
        paper = "none"
        needs = frozenset({"embedding", "logits"})

        def score(self, round: Round, ids: Ids) -> Array:
            assert not np.isin(ids, np.concatenate([round.labelled, round.out_of_scope])).any()
            assert np.isin(ids, round.candidates).all()
            seen.append((len(round.classes), len(round.labelled), round.read("logits", ids).shape[1]))
            return np.zeros(len(ids))

    (result,) = rank_detectors(digits(), [Spy()])
    assert result.auroc == 0.5
    assert result.fpr95 == 1.0
    assert len(seen) == TRIALS
    for classes, labels, columns in seen:
        assert (classes, columns) == (5, 5)
        assert 5 * 8 - 2 * 5 <= labels <= 5 * 8 - 5, "one in five of each class is held out, of 8 one or two"
    assert result.positives == TRIALS * 8
    assert result.negatives == sum(40 - labels for _, labels, _ in seen)


def test_real_answers_weigh_twice_as_much() -> None:
    (result,) = rank_detectors(digits(answers=12), [detectors.Knn()])
    assert result.real is not None
    assert result.hidden is not None
    assert result.auroc == pytest.approx((2 * result.real + result.hidden) / 3)
    (few,) = rank_detectors(digits(answers=9), [detectors.Knn()])
    assert few.real is None


def test_answers_alone_are_enough() -> None:
    (result,) = rank_detectors(digits(known=1, each=20, answers=20), [detectors.KnnContrast()])
    assert result.hidden is None
    assert result.real is not None
    assert result.auroc > 0.9


@pytest.mark.parametrize(("known", "each"), [(0, 0), (1, 5), (4, 1)])
def test_too_few_labels_give_no_result(known: int, each: int) -> None:
    assert rank_detectors(digits(known=known, each=each)) == []


def test_classes_of_one_label_take_part() -> None:
    round = digits(known=3)
    lone = np.flatnonzero(round.y == 2)[1:]
    round = replace(round, labelled=np.delete(round.labelled, lone), y=np.delete(round.y, lone))
    (result,) = rank_detectors(round, [detectors.Knn()])
    assert 0.5 < result.auroc <= 1.0


def test_many_labels_are_thinned() -> None:
    (result,) = rank_detectors(digits(known=9, each=150), [detectors.Knn()])
    assert result.positives < 9 * 150


def test_the_lead_is_that_of_the_same_trials() -> None:
    knn, mahalanobis = rank_detectors(digits(answers=20), [detectors.Knn(), detectors.Mahalanobis()])
    lead, error = knn.lead(mahalanobis)
    assert lead == pytest.approx(knn.auroc - mahalanobis.auroc)
    assert 0 < error < 0.1
    assert knn.lead(knn) == (0, 0)


# ------------------------------------------------------------------ the choice


def test_the_usual_one_stays_unless_another_is_clearly_ahead() -> None:
    assert choose(digits(each=1)).name == "knn-contrast"
    assert choose(digits(known=0)).name == "knn-contrast"
    noise = Signals(len(DIGIT), {"embedding": rng().normal(size=(len(DIGIT), 5))})
    assert choose(replace(digits(each=20), signals=noise)).name == "knn-contrast"


def test_a_clear_winner_is_chosen() -> None:
    """Two thirds of the columns are noise, so loud that neighbours are blind; what learns does not mind."""
    draws = rng(3)
    centres = 3.0 * draws.normal(size=(10, 12))
    wild = np.concatenate([np.ones(12), np.full(24, 30.0)])
    X = np.hstack([centres, np.zeros((10, 24))])[DIGIT] + wild * draws.normal(size=(len(DIGIT), 36))
    round = replace(digits(each=30), signals=Signals(len(DIGIT), {"embedding": X}))
    truth = DIGIT[round.candidates] > 5
    usual, chosen = (
        roc_auc_score(truth, detectors.scores(one, round, round.candidates))
        for one in (detectors.KnnContrast(), choose(round))
    )
    assert chosen > usual + 0.1


def test_without_an_embedding_the_model_must_do() -> None:
    signals = Signals(len(DIGIT), {"proba": np.full((len(DIGIT), 6), 1 / 6)})
    assert choose(replace(digits(), signals=signals)).name == "msp"


# ------------------------------------------------------------------ the signal


def labels(known: int = 4, each: int = 6) -> tuple[Ids, NDArray[np.int32]]:
    round = digits(known=known, each=each)
    return round.labelled, round.y


@pytest.mark.parametrize("detector", ["knn", detectors.Mahalanobis(), "auto"], ids=str)
def test_select_computes_the_signal(detector: Any) -> None:
    ids, y = labels()
    picked = asknext.select(DIGITS, 200, Strangest(), labelled=ids, y=y, detector=detector)
    assert np.mean(DIGIT[picked.ids] >= 4) > 0.75, "well above their share of 0.6"
    used = choose(digits(4, 6)) if detector == "auto" else detectors.get(detector)
    assert picked.scores is not None
    expected = detectors.scores(used, digits(4, 6), picked.ids)
    np.testing.assert_allclose(picked.scores, expected)


def test_a_given_signal_wins() -> None:
    ids, y = labels()
    own = rng().random(len(DIGIT))
    picked = asknext.select(DIGITS, 5, Strangest(), labelled=ids, y=y, signals={"ood": own}, detector="knn")
    left = np.setdiff1d(np.arange(len(DIGIT)), ids)
    assert picked.ids.tolist() == left[np.argsort(-own[left])][:5].tolist()


def test_a_strategy_that_needs_none_gets_none() -> None:
    round = digits()
    assert "ood" not in with_ood(round, "knn").signals


def test_what_is_missing_is_named_before_a_label_is_spent() -> None:
    with pytest.raises(MissingSignalError, match="the detector 'energy' needs the signal 'logits'"):
        asknext.select(DIGITS, 5, Strangest(), detector="energy")
    campaign = asknext.Campaign(DIGITS, "random-forest", strategy=Strangest(), detector="max-logit")
    with pytest.raises(MissingSignalError, match=r"'max-logit' needs the signal 'logits'.*there is: .*proba"):
        campaign.require()
    texts = asknext.Campaign(["a", "b", "c"], None, strategy=Strangest())
    with pytest.raises(MissingSignalError, match="the detector 'auto' needs the signal 'embedding'"):
        texts.require()
    with pytest.raises(AskNextError, match="unknown detector 'nkn'; did you mean 'knn'"):
        asknext.Campaign(DIGITS, detector="nkn")


@pytest.mark.parametrize("detector", ["auto", "gradnorm", "k-plus-one"])
def test_a_campaign_computes_it_from_its_model_and_answers(detector: str) -> None:
    def run(parts: list[int]) -> list[int]:
        campaign = asknext.Campaign(
            DIGITS[:600], LogisticRegression(max_iter=300), Strangest(), detector=detector, seed=1
        )
        campaign.require()
        asked: list[int] = []
        for n in parts:
            ids = campaign.ask(n).ids
            answers = [int(d) if d < 5 else asknext.OUT_OF_SCOPE for d in DIGIT[ids]]
            campaign.tell(ids, answers)
            asked += ids.tolist()
        return asked

    asked = run([20, 10])
    assert asked == run([20, 10])
    assert len(set(asked)) == 30


def test_a_sampler_computes_it() -> None:
    ids, y = labels()
    sampler = asknext.Sampler(Strangest(), None, 50, detector="knn").fit(DIGITS[ids], y)
    rest = np.setdiff1d(np.arange(len(DIGIT)), ids)
    picked = rest[sampler.select_samples(DIGITS[rest])]
    together = asknext.select(DIGITS, 50, Strangest(), labelled=ids, y=y, detector="knn")
    assert set(picked) == set(together.ids)


def test_the_detector_is_asked_once_for_each_item() -> None:
    reads: list[Ids] = []

    class Counting(Written):
        def score(self, round: Round, ids: Ids) -> Array:
            reads.append(ids)
            return super().score(round, ids)

    round = replace(digits(), declared=frozenset({"ood"}))
    view = with_ood(round, Counting(np.arange(len(DIGIT), dtype=float)))
    assert view.read("ood", np.array([3, 5])).tolist() == [3, 5]
    assert view.read("ood", np.array([5, 3, 4])).tolist() == [5, 3, 4]
    assert np.concatenate(reads).tolist() == [3, 5, 4]
