"""The routes keep to what they tell of themselves, whatever is sent, for each role."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from asknext.studio.desk import Desk
from asknext.studio.roles import Role
from studio_project import HOST, N, client

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")
pytestmark = pytest.mark.slow

THOROUGH = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)
"""Requests of each kind to each route by each role."""


def within(told: Any) -> Any:
    """What an application tells of itself, with items of the pool alone, so that many requests succeed."""
    if isinstance(told, list):
        return [within(one) for one in told]
    if not isinstance(told, dict):
        return told
    inner = {name: within(one) for name, one in told.items()}
    if "uniqueItems" in told:
        inner["items"] = {"type": "integer", "minimum": 0, "maximum": N}  # N is one too many
    return inner


def described(desk: Desk, role: Role, mode: str) -> tuple[Any, dict[str, str]]:
    """What the application tells of itself, and the headers of a person; a stream ends, nothing is fitted."""
    page = client(desk, role=role)
    app: Any = page.app
    app.state.ended = lambda: True
    clients = count()

    async def alone(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":  # without the start and the end, which the fixture sees to
            await app({**scope, "client": (str(next(clients)), 1)}, receive, send)

    schema = schemathesis.openapi.from_dict(within(app.openapi()) if mode == "positive" else app.openapi())
    schema.app = alone
    return schema, {name: page.headers[name] for name in ("Authorization", "X-Asknext")}


def unknown(case: Any) -> list[Any]:
    """What no schema tells: which items and classes there are, and what a query may hold that is not read."""
    of_query = [checks.negative_data_rejection] if case.method == "GET" else []
    return [checks.positive_data_acceptance, *of_query]


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("role", list(Role))
def test_whatever_is_sent_the_reply_is_one_that_was_told(desk: Desk, role: Role, mode: str) -> None:
    schema, headers = described(desk, role, mode)
    for found in schema.get_all_operations():

        @THOROUGH
        @given(case=found.ok().as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        def check(case: Any) -> None:
            case.call_and_validate(base_url=f"http://{HOST}", headers=headers, excluded_checks=unknown(case))

        check()
