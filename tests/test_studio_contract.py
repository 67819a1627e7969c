"""The routes keep to what they tell of themselves, whatever is sent, for each role."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from asknext.studio.desk import Desk
from asknext.studio.roles import Role
from studio_project import HOST, client, project, round_of

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")
pytestmark = pytest.mark.slow

THOROUGH = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)
"""Requests of each kind to each route by each role."""

FIRST = "$response.body#/items/0/item"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    found = Desk(project(tmp_path_factory.mktemp("contract")))
    round_of(found)
    yield found
    found.close()


LINKS = {
    ("/api/next", "get"): {
        "look": {"operationId": "one_item_api_items__item__get", "parameters": {"item": FIRST}},
        "why": {"operationId": "why_api_items__item__why_get", "parameters": {"item": FIRST}},
        "answer": {"operationId": "answers_api_answers_post", "requestBody": {
            "id": "{$request.query.n}", "items": [FIRST], "answer": {"class": "red"}}},
    },
    ("/api/answers", "post"): {
        "again": {"operationId": "answers_api_answers_post", "requestBody": "$request.body"},
        "take back": {"operationId": "retract_api_retract_post", "requestBody": {
            "id": "back", "items": "$request.body#/items"}},
    },
}  # fmt: skip
"""What follows from what: an item that was served is looked at and answered, an answer is taken back."""


def described(desk: Desk, role: Role) -> tuple[Any, dict[str, str]]:
    """What the application tells of itself, and the headers of a person; a stream ends, nothing is fitted."""
    page = client(desk, role=role)
    app: Any = page.app
    app.state.ended = lambda: True
    clients = count()

    async def alone(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":  # without the start and the end, which the fixture sees to
            await app({**scope, "client": (str(next(clients)), 1)}, receive, send)

    told = deepcopy(app.openapi())
    for (path, method), links in LINKS.items():
        told["paths"][path][method]["responses"]["200"]["links"] = links
    schema = schemathesis.openapi.from_dict(told)
    schema.app = alone
    return schema, {name: page.headers[name] for name in ("Authorization", "X-Asknext")}


def unknown(case: Any) -> list[Any]:
    """What no schema tells: which items and classes there are, and what a query may hold that is not read."""
    of_query = [checks.negative_data_rejection] if case.method == "GET" else []
    return [checks.positive_data_acceptance, *of_query]


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("role", list(Role))
def test_whatever_is_sent_the_reply_is_one_that_was_told(desk: Desk, role: Role, mode: str) -> None:
    schema, headers = described(desk, role)
    for found in schema.get_all_operations():

        @THOROUGH
        @given(case=found.ok().as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        def check(case: Any) -> None:
            case.call_and_validate(base_url=f"http://{HOST}", headers=headers, excluded_checks=unknown(case))

        check()


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.OWNER])
def test_what_follows_from_what_keeps_to_it_too(desk: Desk, role: Role) -> None:
    schema, headers = described(desk, role)

    class Page(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:  # noqa: ARG002
            return {"base_url": f"http://{HOST}", "headers": headers}

        def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
            case.validate_response(response, headers=headers, excluded_checks=unknown(case))

    Page.run(settings=settings(THOROUGH, stateful_step_count=8))
