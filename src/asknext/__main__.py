"""`python -m asknext`: the command line."""

from asknext.cli import main

main()
