"""The answers that stand as a parquet file, with their types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from asknext.errors import AskNextError
from asknext.files import replacing
from asknext.log import Event
from asknext.studio.exporting import columns, rows
from asknext.studio.items import named
from asknext.studio.project import Project

_BATCH = 10_000  # rows in memory at a time


def write_parquet(project: Project, log: Iterable[Event], out: Path, consensus: bool = False) -> int:
    """Write what a csv file would have; what the items are, and the classes, are texts.

    Parameters
    ----------
    project, log, consensus : as for `exporting.written`.
    out : the file.

    Returns
    -------
    How many rows it has.

    Raises
    ------
    AskNextError : pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise AskNextError("parquet needs pyarrow: pip install 'asknext[parquet]', or choose csv.") from error
    names = columns(project, consensus)
    of_item = {column: pa.string() for column in names.values()}
    text, number, share = pa.string(), pa.int64(), pa.float64()
    own = {
        "answer": text, "class": text, "actor": text, "time": text, "round": number, "slot": text,
        "annotators": pa.list_(text), "opinions": number, "agreement": share,
    }  # fmt: skip
    schema = pa.schema(
        {"item": number, **of_item, **own, **({"consensus": text, "p": share} if consensus else {})}
    )

    def shown() -> Iterator[dict[str, Any]]:
        for facts in rows(list(log), consensus):
            values = named(project.items, facts["item"])
            facts["class"] = _text(facts["class"])
            yield {**facts, **{column: _text(values.get(name)) for name, column in names.items()}}

    written, waiting = 0, shown()
    with replacing(out, durable=True) as file, parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(waiting, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            written += len(batch)
    return written


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
