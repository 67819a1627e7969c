"""Strategies as they are spelled: names with parameters and presets."""

from __future__ import annotations

import pytest

import asknext
from asknext.errors import AskNextError
from asknext.strategies import MQNet, TypiClust, get


def test_parameters_and_presets() -> None:
    spelled = get("TypiClust(neighbours=10)")
    assert spelled == TypiClust(neighbours=10)
    assert spelled.name == "typiclust(neighbours=10)"
    assert get("typiclust").name == get("typiclust()").name == "typiclust"
    assert get("typiclust.published") == TypiClust.published()
    assert get(" typiclust.published() ").name == "typiclust.published"
    assert TypiClust.name == "typiclust"


def test_a_strategy_within_is_spelled_as_well() -> None:
    made = get("mqnet(informativeness='entropy', factor=2)")
    assert made == MQNet(informativeness=get("entropy"), factor=2)
    assert made.name == "mqnet(informativeness='entropy', factor=2)"
    assert get("mqnet.published(informativeness='margin')") == MQNet.published(get("margin"))


def test_a_campaign_says_how_its_strategy_was_spelled() -> None:
    campaign = asknext.Campaign([[0.0], [1.0], [2.0]], strategy="typiclust(neighbours=2)")
    assert campaign.strategy.name == "typiclust(neighbours=2)"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("typiclust(neighbors=3)", "'typiclust' has no parameter 'neighbors'; there is: .*neighbours"),
        ("typiclust(3)", r"cannot be read; write parameters as in typiclust\(neighbours=10\)"),
        ("typiclust(neighbours=print())", "cannot be read"),
        ("typiclust(neighbours=3", "cannot be read"),
        ("typiclust.paper", "'typiclust' has no preset 'paper'; there is: published"),
        ("margin.published", "'margin' has no preset 'published'; it has none"),
        ("margin(a=1)", "'margin' has no parameter 'a'; it takes none"),
        ("typiclust(neighbours='many')", "."),
        ("mqnet(informativeness='margn')", "did you mean 'margin'"),
        ("mqnet(informativeness='badge')", "'badge' has no score of each item"),
        ("mqnet(informativeness=3)", "give strategy objects"),
        ("typiclst(neighbours=3)", "did you mean 'typiclust'"),
    ],
)
def test_what_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(AskNextError, match=complaint):
        get(text)
