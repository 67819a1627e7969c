"""The server of a project: its address, its start and its end."""

from __future__ import annotations

import getpass
import socket
import webbrowser
from dataclasses import dataclass
from threading import Thread

from asknext.errors import AskNextError
from asknext.studio.project import Project
from asknext.studio.security import new_token

HOST = "127.0.0.1"
FIRST, TRIED = 8017, 50
"""The port tried first, and how many after it."""


@dataclass(frozen=True)
class Address:
    """Where a server listens, and the token that lets in."""

    port: int
    token: str

    @property
    def url(self) -> str:
        """What to open; it holds the token."""
        return f"http://{HOST}:{self.port}/?token={self.token}"


def listen(port: int | None) -> socket.socket:
    """A socket of this machine alone.

    Parameters
    ----------
    port : the port; None for the first free one.

    Raises
    ------
    AskNextError : the port is taken.
    """
    for wanted in [port] if port is not None else [*range(FIRST, FIRST + TRIED), 0]:
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio: no delay
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((HOST, wanted))
            found.listen(128)
            return found
        except OSError:
            found.close()
    raise AskNextError(f"port {port} is taken or not allowed; choose another --port, or leave it out.")


def address(listening: socket.socket) -> Address:
    """The address of a socket, with a new token."""
    return Address(listening.getsockname()[1], new_token())


def serve(project: Project, listening: socket.socket, where: Address, browse: bool = False) -> None:
    """Serve a project until the process is told to end.

    Parameters
    ----------
    project : what is labelled.
    listening, where : see `listen` and `address`.
    browse : whether to open a browser.
    """
    import uvicorn

    from asknext.studio.api import make_app
    from asknext.studio.desk import Desk
    from asknext.studio.supervisor import Supervisor

    desk = Desk(project)
    app = make_app(desk, Supervisor(desk, desk.touch), person(), where.token, where.port)
    settings = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False,
                              timeout_graceful_shutdown=1)  # fmt: skip
    if browse:
        Thread(target=webbrowser.open, args=(where.url,), daemon=True).start()
    server = uvicorn.Server(settings)
    app.state.ended = lambda: server.should_exit
    server.run(sockets=[listening])


def person() -> str:
    """Who labels: the user of this machine, where it tells."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "annotator"
