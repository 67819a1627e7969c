"""asknext encode: an embedding of raw items, from an encoder or learnt from the items themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from asknext.cli.app import app, errors, plain, print_json, progress, screen

EXAMPLE = """
Make an embedding of images or texts: by an encoder, or by one that learns from them without any label, with
--ssl. It is written to DIR/embedding.npz, which asknext compare takes as data and asknext label as
--embedding. Stopped anywhere, the same command goes on.

--ssl discriminants fits the offline encoder to what stays when an image is cut, mirrored and recoloured:
minutes on a processor, and the best of the three for a few thousand images. simclr and csi teach a ResNet-18
to know an image again in such views: with PyTorch, a GPU and tens of thousands of images.

[bold]Example:[/bold]  asknext encode pictures/ --ssl simclr --epochs 200
"""


@app.command(help=EXAMPLE)
@plain
def encode(
    pool: Annotated[str, typer.Argument(
        metavar="POOL", help="A folder of images, a .npy or .npz file of images as bytes, a file of texts, "
        "or a published data set of images or texts, see asknext datasets.")],
    ssl: Annotated[str | None, typer.Option(
        help="Learn from the images alone: discriminants, simclr or csi.", show_default="none")] = None,
    encoder: Annotated[str | None, typer.Option(
        help="patches, gradients, tf-idf; or a network from a directory or your cache: clip, clip-text, "
        "dinov2, sentence, or its name on Hugging Face.",
        show_default="patches; of fewer than 200 images gradients; of texts tf-idf")] = None,
    download: Annotated[bool, typer.Option(
        "--download", help="Fetch that network if it is not on this machine.")] = False,
    epochs: Annotated[int, typer.Option(help="Passes over the images.")] = 200,
    batch: Annotated[int, typer.Option(help="Images a step.")] = 256,
    temperature: Annotated[float, typer.Option(help="Of the contrast; lower tells near items apart.")] = 0.2,
    width: Annotated[int, typer.Option(help="Channels of the network's first stage, an eighth of the last's.")
    ] = 64,
    side: Annotated[int, typer.Option(help="Pixels that images of a folder are read as, to learn.")] = 32,
    text: Annotated[str | None, typer.Option(help="The column of texts, if there are several.")] = None,
    label: Annotated[str | None, typer.Option(
        help="The column of labels that are known; of images 'folder' for the folder's name.")] = None,
    seed: Annotated[int, typer.Option(help="Of all that is random.")] = 0,
    out: Annotated[Path | None, typer.Option(
        help="Directory of the embedding.", show_default="asknext-POOL-METHOD")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    from asknext.errors import AskNextError
    from asknext.studio.embedding import Choice, make
    from asknext.studio.encodable import read

    if side < 8:
        raise AskNextError(f"--side is {side}; give at least 8 pixels.")
    with errors.status("Reading …"):
        found = read(pool, text, label, side)
    choice = Choice(encoder, ssl, epochs, batch, temperature, width, seed).checked(found)
    method = choice.ssl or Path(str(choice.encoder)).name
    out = out or Path(f"asknext-{found.name}-{method}")
    with progress("Encoding", 100) as done:
        summary = make(found, choice, out, lambda _, made, total: done(100 * made / max(1, total)), download)
    if as_json:
        print_json(summary)
        return
    for note in summary["notes"]:
        screen.print(f"  {note}", style="dim", highlight=False, markup=False)
    size = f"{summary['n']} items, {summary['d']} dimensions"
    screen.print(f"{found.name} by {method}: {size}", highlight=False, markup=False)
    if judged := summary["neighbours"]:
        k, right, share = judged["k"], judged["accuracy"], judged["largest_class"]
        line = f"The {k} nearest items name the class of {right:.1%}; the largest class has {share:.1%}."
        screen.print(line, highlight=False, markup=False)
    screen.print(f"Embedding: {summary['file']}", highlight=False, markup=False, soft_wrap=True)
