import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../vendor/htm-preact.js";
import { nameOf } from "../classes.js";
import { draw, inside, nearest, project } from "../points.js";
import { Glimpse } from "./item.js";

/** @import { Points } from "../points.js" */
/** @import { Session } from "../session.js" */
/** @import { Served } from "../types.js" */
/** @typedef {[number, number]} Spot */

const PAUSE = 120; // milliseconds over a point before its item is fetched
const CLICK = 4; // fewer moves than this are a click, not a line drawn around items
const TIP = [220, 190];

/** The item under the pointer. @param {{item: number, at: Spot, size: Spot, session: Session}} props */
function Tip({ item, at, size, session }) {
  const [served, setServed] = useState(/** @type {Served | null} */ (null));
  useEffect(() => {
    const timer = setTimeout(() => session.look(item).then(setServed), PAUSE);
    return () => clearTimeout(timer);
  }, [item]);
  if (!served) return null;
  const [left, top] = at.map((value, i) => `${Math.max(0, Math.min(value + 14, size[i] - TIP[i]))}px`);
  return html`<div class="tip" style=${{ left, top }}>
    <${Glimpse} content=${served.content} />
    <span>item ${item}${served.answer ? ` · ${nameOf(served.answer)}` : ""}</span>
  </div>`;
}

/**
 * Points that one can point at and draw around.
 *
 * @param {{session: Session, points: Points | null, paint: (value: any, answered: boolean) => string, look: string,
 *   label: string, open: (item: number) => void, choose: (items: number[]) => void}} props `look` changes whenever
 *   `paint` gives other colours
 */
export function Scatter({ session, points, paint, look, label, open, choose }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [size, setSize] = useState(/** @type {Spot} */ ([0, 0]));
  const [line, setLine] = useState(/** @type {Spot[]} */ ([]));
  const [hover, setHover] = useState(/** @type {{item: number, at: Spot} | null} */ (null));
  const at = useMemo(() => (points && size[0] ? project(points, size[0], size[1]) : null), [points?.x, size]);

  useLayoutEffect(() => {
    const box = /** @type {HTMLElement} */ (canvas.current?.parentElement);
    const watch = new ResizeObserver(() => setSize([box.clientWidth, box.clientHeight]));
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  const { places, settings } = session.state;
  useLayoutEffect(() => {
    if (points && at && canvas.current) draw(canvas.current, points, at, size, paint, line);
  }, [points?.value, at, line, look, places, settings.theme]);

  /** @param {PointerEvent} event @returns {Spot} */
  const spot = (event) => [event.offsetX, event.offsetY];
  const find = (/** @type {Spot} */ where) => (points && at ? nearest(points, at, where) : null);
  const down = (/** @type {PointerEvent} */ event) => {
    canvas.current?.setPointerCapture(event.pointerId);
    setLine([spot(event)]);
    setHover(null);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (line.length) return setLine([...line, spot(event)]);
    const item = find(spot(event));
    if (item === null) return setHover(null);
    return item === hover?.item ? undefined : setHover({ item, at: spot(event) });
  };
  const up = () => {
    setLine([]);
    if (!points || !at || !line.length) return;
    const item = line.length < CLICK ? find(line[0]) : null;
    if (item !== null) open(item);
    else if (line.length >= CLICK) choose(inside(points, at, line));
  };
  return html`<div class="map">
    <canvas
      ref=${canvas}
      role="img"
      aria-label=${label}
      onPointerDown=${down}
      onPointerMove=${move}
      onPointerUp=${up}
      onPointerLeave=${() => setHover(null)}
    ></canvas>
    ${hover && html`<${Tip} key=${hover.item} ...${hover} size=${size} session=${session} />`}
  </div>`;
}
