"""Asking without the page: what waits for an answer first, then what the strategy chooses."""

from __future__ import annotations

from asknext.campaign import Campaign
from asknext.log import events as kinds


def next_items(campaign: Campaign, n: int) -> list[int]:
    """The next items to answer.

    Parameters
    ----------
    campaign : of a project; where too few items wait, it keeps what its model says now, and asks for others.
    n : how many.

    Returns
    -------
    Those that wait, in the order in which they were asked, then others; fewer where fewer are left.
    """
    waiting = dict.fromkeys(campaign.pending.tolist())
    asked = dict.fromkeys(i for event in campaign.log if event.type == kinds.ASKED for i in event.body["ids"])
    items = [item for item in asked if item in waiting]
    items += [item for item in waiting if item not in asked]  # taken back, and never asked
    if len(items) < n:
        if campaign.learner is not None and "proba" in campaign.learner.provides:
            campaign.record()
        items += campaign.ask(n - len(items)).ids.tolist()
    return items[:n]
