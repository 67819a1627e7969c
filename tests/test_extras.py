"""What is optional, and what is said where it is absent."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from asknext import extras
from asknext.errors import AskNextError
from asknext.learners import make


def test_without_pytorch_a_name_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    for name in ("linear-probe", "mlp-head(updates=3)", "resnet18", "Resnet18_224"):
        with pytest.raises(AskNextError) as error:
            make(name)
        own = name.partition("(")[0].lower().replace("_", "-")
        assert str(error.value) == (
            f"the learner '{own}' needs PyTorch; install it with: pip install 'asknext[torch]'"
        )
    make("random-forest")


def test_a_pytorch_that_is_broken_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise OSError(f"lib{name}.so:\n  cannot open shared object file")

    monkeypatch.setattr(extras, "find_spec", lambda _: "there")
    monkeypatch.setattr(extras, "import_module", broken)
    with pytest.raises(AskNextError, match=r"cannot be imported \(libtorch.so: cannot open shared"):
        make("mlp-head")


def test_other_learners_leave_pytorch_alone() -> None:
    code = "import sys; from asknext.learners import make; make('mlp'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
