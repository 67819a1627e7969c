"""SVG in few bytes: what comes again is drawn once."""

from __future__ import annotations

import re
from collections import Counter
from html import escape

_NOISE = re.compile(r' (?:class|role|pointer-events|aria-[a-z]+)="[^"]*"| opacity="1"')
_UNSEEN = re.compile(r'<path[^>]*display="none"/>|<path d="[^"]*"/>|<g(?: [^>]*)?(?:/>|></g>)')
_SHAPE = re.compile(r'<(path|text)((?: [\w-]+="[^"]*")+)(/>|>[^<]*</text>)')
_PLACE = re.compile(r' transform="translate\(([-\d.e]+),([-\d.e]+)\)"')
_LONG = 60  # characters from which a shape is worth a name


def slim(svg: str, title: str, prefix: str) -> str:
    """The same picture with each shape that comes again defined once, and without what nobody sees.

    Parameters
    ----------
    svg : as Vega writes it.
    title : what the picture shows, for readers who cannot see it.
    prefix : begins the ids, so that pictures can stand together in a page.
    """
    svg = _NOISE.sub("", svg)
    while (less := _UNSEEN.sub("", svg)) != svg:
        svg = less
    counts = Counter(_parted(found)[0] for found in _SHAPE.finditer(svg))
    again = [shape for shape, count in counts.items() if count > 1 and len(shape) > _LONG]
    ids = {shape: f"{prefix}-{number}" for number, shape in enumerate(again)}

    def used(found: re.Match[str]) -> str:
        shape, place = _parted(found)
        return f'<use href="#{ids[shape]}"{place}/>' if shape in ids else found[0]

    shapes = "".join(re.sub("^<(path|text)", rf'<\1 id="{id}"', shape) for shape, id in ids.items())
    head, rest = _SHAPE.sub(used, svg).split(">", 1)
    return f'{head} role="img"><title>{escape(title)}</title><defs>{shapes}</defs>{rest}'


def _parted(found: re.Match[str]) -> tuple[str, str]:
    """A shape without its place, and the place."""
    place = _PLACE.search(found[2])
    if place is None:
        return found[0], ""
    x, y = (f"{float(value):g}" for value in place.groups())
    return f"<{found[1]}{_PLACE.sub('', found[2])}{found[3]}", f' x="{x}" y="{y}"'
