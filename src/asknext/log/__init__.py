"""The log: what happened, in order, for ever. All state is computed from it."""

from asknext.log.columns import ColumnStore
from asknext.log.events import Event
from asknext.log.fold import State, fold
from asknext.log.store import EventLog, read_events

__all__ = ["ColumnStore", "Event", "EventLog", "State", "fold", "read_events"]
