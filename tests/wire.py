"""A wire between a client and a server that can be cut at a chosen moment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class Wire:
    """Passes on what two programs say to each other over TCP.

    Parameters
    ----------
    host, port : of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._word: bytes | None = None
        self._then: Callable[[], None] = lambda: None
        self.down = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, word: bytes, then: Callable[[], None] = lambda: None) -> None:
        """Once the client says a word, let the server hear and answer it; cut the wire before the answer.

        Parameters
        ----------
        word : what the client says.
        then : done before the client notices.
        """
        self._word, self._then = word, then

    def cut(self) -> None:
        """Cut all connections now."""
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._pairs = []

    def close(self) -> None:
        """Cut, and take no more."""
        self.down = True
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            server = socket.create_connection(self._server)
            self._pairs.append((client, server))
            said = threading.Event()
            threading.Thread(target=self._pass, args=(client, server, said, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, said, False), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, said: threading.Event, asking: bool) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if asking and self._word is not None and self._word in data:
                    said.set()
                if not asking and said.is_set():
                    self._word = None
                    self._then()
                    break
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
