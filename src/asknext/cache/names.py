"""A safe file name for any text, and a folder for any set of keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

_LONGEST = 100  # characters of a name before it is cut; "key=value" then stays below the usual 255 bytes


def safe_name(text: str) -> str:
    """A file name for any text: readable, ASCII, free of separators; different texts, different names.

    Everything but letters, digits and `_.-~` is percent-encoded. A long name is cut and ends in `+` (which
    no short name holds) and a hash of the whole.
    """
    name = quote(text, safe="", errors="surrogatepass")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    return f"{name[: _LONGEST - 33]}+{digest}"


def run_folder(root: Path, keys: Mapping[str, Any]) -> Path:
    """root/<key>=<value>/… in the order of the key names, so that the order of a dict does not matter."""
    return root.joinpath(*(f"{safe_name(key)}={safe_name(_spell(keys[key]))}" for key in sorted(keys)))


def _spell(value: Any) -> str:
    """A text as it is unless it reads as JSON, anything else as JSON: so 1 and "1" get different names."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            return value
    return json.dumps(value, sort_keys=True)
