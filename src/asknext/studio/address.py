"""Where a server listens, and under which names it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from asknext.errors import AskNextError

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that stand for every address of the machine."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """Where a server listens, and under which names it is reached.

    Parameters
    ----------
    port : where it listens.
    host : the address of this machine; `LOOPBACK` is reached from nowhere else.
    names : the addresses that people open, such as that of a proxy, in the form of `as_origin`.
    """

    port: int
    host: str = LOOPBACK
    names: tuple[str, ...] = ()

    @property
    def private(self) -> bool:
        """Whether only this machine reaches it."""
        return private(self.url)

    @property
    def url(self) -> str:
        """What people open."""
        return self.names[0] if self.names else _http(self.host, self.port)

    def link(self, token: str) -> str:
        """What lets in whoever opens it."""
        return link(self.url, token)

    @property
    def origins(self) -> frozenset[str]:
        """All under which a page of ours can be open: the names, and the machine's own."""
        own = {_http(host, self.port) for host in (LOOPBACK, "localhost", self.host)}
        return frozenset({*self.names, *own} - {_http(host, self.port) for host in EVERYWHERE})

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may name as its host."""
        return frozenset(origin.partition("://")[2] for origin in self.origins)


def link(url: str, token: str) -> str:
    """The address that lets in whoever opens it."""
    return f"{url}/?token={token}"


def private(url: str) -> bool:
    """Whether an address is reached from this machine only."""
    return urlsplit(url).hostname in (LOOPBACK, "localhost", "::1")


def as_origin(text: str) -> str:
    """An address as browsers name it: a scheme, a host, and a port where it is not the usual one.

    Raises
    ------
    AskNextError : it is no such address.
    """
    try:
        found = urlsplit(text.strip())
        host, port = (found.hostname or "").encode("idna").decode(), found.port
        good = found.scheme in _PORTS and host and not found.username and found.path in ("", "/")
        if not good or found.query or found.fragment:
            raise ValueError("no origin")
    except ValueError as error:
        raise AskNextError(
            f"{text!a} is no address of a server; give one such as https://labels.example.org."
        ) from error
    host = f"[{host}]" if ":" in host else host
    return f"{found.scheme}://{host}" + (f":{port}" if port not in (None, _PORTS[found.scheme]) else "")


def _http(host: str, port: int) -> str:
    return as_origin(f"http://{f'[{host}]' if ':' in host else host}:{port}")
