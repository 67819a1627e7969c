"""Errors that speak to the user: what is wrong, which value, what to do — in one sentence."""


class AskNextError(ValueError):
    """A problem that the user can mend; the command line prints it on one line and exits with 2."""


class MissingSignalError(AskNextError):
    """A strategy reads a signal that nobody provides, or that it did not declare in `needs`."""


class AbsentDataError(AskNextError):
    """A data set is wanted whose files are not here, or cannot be fetched."""


class DamagedLogError(AskNextError):
    """A project's log cannot be read, or does not agree with itself."""


class UnavailableError(AskNextError):
    """A strategy of another package is wanted, and this package is absent or cannot be imported."""


class UnwritableLogError(AskNextError):
    """A log cannot be written, or reached, at this moment; nothing is wrong with what was to be written."""


class BusyLogError(AskNextError):
    """Another process writes the log."""
