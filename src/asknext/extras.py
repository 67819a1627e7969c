"""What is optional: packages that some parts need, and what to install where one is absent."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from asknext.errors import AskNextError

EXTRAS = {
    "torch": ("PyTorch", ("torch", "safetensors")),
    "encoders": ("transformers", ("transformers",)),
}
"""Names of extras, each with what to call it and the modules that it brings."""


def extra(name: str, reader: str = "this") -> None:
    """Check that the packages of an extra are there, before something that needs them is imported.

    Parameters
    ----------
    name : of the extra, as in `pip install 'asknext[torch]'`.
    reader : what needs it, for the message.

    Raises
    ------
    AskNextError : one of them is absent or cannot be imported; the message says what to install.
    """
    called, modules = EXTRAS[name]
    for module in modules:
        if find_spec(module) is None:
            raise AskNextError(f"{reader} needs {called}; install it with: pip install 'asknext[{name}]'")
        try:
            import_module(module)
        except Exception as error:  # a broken build says so in many ways
            why = " ".join(str(error).split())
            raise AskNextError(f"{reader} needs {called}, which cannot be imported ({why}).") from error
