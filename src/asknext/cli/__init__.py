"""The command line: one command a file."""

from asknext.cli.app import main

__all__ = ["main"]
