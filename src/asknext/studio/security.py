"""Who may speak to the server: a key, a host, an origin, and what a page may load."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asknext.errors import AskNextError
from asknext.studio.address import Address
from asknext.studio.attempts import Attempts
from asknext.studio.people import People
from asknext.studio.roles import Person

LARGEST = 1_000_000
"""Bytes of a request at most."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_IMPORT_MAP = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)


def policy(page: bytes) -> str:
    """The content security policy of a page: nothing from elsewhere, inline only its import map."""
    digests = (hashlib.sha256(found).digest() for found in _IMPORT_MAP.findall(page))
    hashes = (base64.b64encode(digest).decode() for digest in digests)
    scripts = " ".join(("'self'", *(f"'sha256-{one}'" for one in hashes)))
    return (
        f"default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src {scripts}; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """Lets through only people of the project, from the page itself or from a program that has a token.

    A request must name a host served and, where it names an origin, our own. It must carry the cookie, or
    a token as `Authorization: Bearer`. One that changes something must have the header `X-Asknext: 1`
    besides, which no foreign page can send. The address with `?token=` gives the cookie and leads on.

    What is guarded finds in the state of the request the `person`, and in `present` whether the token is
    still that person's.

    Parameters
    ----------
    app : what is guarded.
    people : whom a token lets in.
    where : what is served, whose names are the hosts and origins allowed.
    policy : the content security policy of every answer.
    """

    def __init__(self, app: ASGIApp, people: People, where: Address, policy: str) -> None:
        self.app = app
        self.people = people
        self.hosts, self.origins = where.hosts, where.origins
        self.cookie = f"asknext-{where.port}"  # cookies know no ports: each project has a name of its own
        self.policy = policy
        self.attempts = Attempts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request, and hand on the others with a body of at most `LARGEST` bytes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        hardened = self._hardened(scope, send)
        answer = self._refusal(scope)
        if answer is None and scope["method"] not in _SAFE:
            body = await _body(Headers(scope=scope), receive)
            if body is None:
                answer = refuse(413, f"the request is larger than {LARGEST} bytes; send it in parts.")
            else:
                receive = _again(body, receive)
        await (self.app if answer is None else answer)(scope, receive, hardened)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            return refuse(403, "this address is not served here; open the one that asknext label printed.")
        if origin is not None and origin not in self.origins:
            return refuse(403, "the request comes from another page, so it is refused.")
        try:
            return self._enter(scope, headers)
        except AskNextError as error:
            return refuse(503, str(error))

    def _enter(self, scope: Scope, headers: Headers) -> Response | None:
        """Note who asks in the state of the request; else why nobody is let in."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        offered = asked[:1] if scope["path"] == "/" and scope["method"] == "GET" else []
        if offered and self.people.who(offered[0]):
            return self._welcome(scope, headers["host"], offered[0])
        given = list(self._credentials(headers))
        for token in given:
            if (person := self.people.who(token)) is None:
                continue
            if scope["method"] not in _SAFE and headers.get("x-asknext") != "1":
                return refuse(403, "a request that changes something needs the header X-Asknext: 1.")
            present = partial(self._present, token, person)
            scope.setdefault("state", {}).update(person=person, present=present)
            return None
        client = scope["client"][0] if scope.get("client") else ""
        if (offered or given) and self.attempts.spent(client):
            return refuse(429, "there were too many wrong keys from your address; wait a second.")
        return refuse(401, "open the link that you were given; it holds the key to this page.")

    def _welcome(self, scope: Scope, host: str, token: str) -> Response:
        """The cookie, for one who opens the address with the token."""
        secure = scope["scheme"] == "https" or f"https://{host}" in self.origins
        welcome = RedirectResponse("/", 303)
        welcome.set_cookie(self.cookie, token, httponly=True, samesite="strict", secure=secure, path="/")
        return welcome

    def _present(self, token: str, person: Person) -> bool:
        try:
            return self.people.who(token) == person
        except AskNextError:
            return False

    def _credentials(self, headers: Headers) -> Iterable[str]:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            yield given.strip()
        cookies: SimpleCookie = SimpleCookie()
        for text in headers.getlist("cookie"):
            try:
                cookies.load(text)
            except CookieError:
                continue
        if self.cookie in cookies:
            yield cookies[self.cookie].value

    def _hardened(self, scope: Scope, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self.policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                files = scope["path"].startswith("/static/")
                headers.setdefault("Cache-Control", "no-cache" if files else "no-store")
            await send(message)

        return sending


def refuse(status: int, sentence: str) -> JSONResponse:
    """An error as every route tells it."""
    return JSONResponse({"error": sentence}, status)


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The body of a request, or None where it is too large; what is announced to be is not even read."""
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced[:20]) > LARGEST:
        return None
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """What `receive` would have told, had nobody read the body before."""
    waiting: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving
