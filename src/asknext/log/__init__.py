"""The log: what happened, in order, for ever. All state is computed from it."""

from asknext.log.columns import ColumnStore
from asknext.log.events import Event
from asknext.log.fold import State, fold, fold_about
from asknext.log.ledger import Ledger, in_turn
from asknext.log.opinions import Opinions
from asknext.log.reader import read_events
from asknext.log.store import EventLog

__all__ = [
    "ColumnStore", "Event", "EventLog", "Ledger", "Opinions", "State", "fold", "fold_about", "in_turn",
    "read_events",
]  # fmt: skip
