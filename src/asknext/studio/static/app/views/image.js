import { html, useLayoutEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { forget, picture } from "../pictures.js";
import { ActionButton } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @import { ImageContent } from "../types.js" */

const STEP = 1.3;
const LARGEST = 20;
const TINY = 160; // pictures of fewer pixels are not enlarged to the whole place: they would be blots

/** @param {number} scale */
const limited = (scale) => Math.min(LARGEST, Math.max(1, scale));

/**
 * A picture that is zoomed by wheel, keys or double click and moved by dragging.
 *
 * @param {{content: ImageContent, session: Session}} props
 */
export function ImageItem({ content, session }) {
  const frame = useRef(null);
  const [view, setView] = useState({ scale: 1, x: 0, y: 0 });
  const [failed, setFailed] = useState(false);
  const drag = useRef(null);

  /**
   * Zoom so that the point under the pointer stays.
   *
   * @param {number} factor
   * @param {{clientX: number, clientY: number}} [at]
   */
  const zoom = (factor, at) =>
    setView((old) => {
      const scale = limited(old.scale * factor);
      if (scale === 1) return { scale, x: 0, y: 0 };
      const box = /** @type {any} */ (frame.current).getBoundingClientRect();
      const dx = at ? at.clientX - box.left - box.width / 2 : 0;
      const dy = at ? at.clientY - box.top - box.height / 2 : 0;
      const ratio = scale / old.scale;
      return { scale, x: dx - (dx - old.x) * ratio, y: dy - (dy - old.y) * ratio };
    });

  useLayoutEffect(() => {
    const place = /** @type {any} */ (frame.current);
    const image = picture(content.image);
    image.alt = content.name;
    image.className = Math.max(content.width, content.height) < TINY ? "tiny" : "";
    image.onerror = () => {
      forget(content.image);
      setFailed(true);
    };
    place.replaceChildren(image);
    const wheel = (/** @type {WheelEvent} */ event) => {
      event.preventDefault();
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, event);
    };
    place.addEventListener("wheel", wheel, { passive: false });
    session.zoom = (/** @type {string} */ action) => {
      if (action === "zoom-in") zoom(STEP);
      else if (action === "zoom-out") zoom(1 / STEP);
      else setView({ scale: 1, x: 0, y: 0 });
    };
    return () => {
      place.removeEventListener("wheel", wheel);
      session.zoom = null;
    };
  }, [content.image]);

  useLayoutEffect(() => {
    const image = /** @type {any} */ (frame.current).firstChild;
    if (image) image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  }, [view, content.image]);

  const down = (/** @type {any} */ event) => {
    if (view.scale === 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = /** @type {any} */ ({ x: event.clientX - view.x, y: event.clientY - view.y });
  };
  const move = (/** @type {any} */ event) => {
    const from = /** @type {any} */ (drag.current);
    if (from) setView({ ...view, x: event.clientX - from.x, y: event.clientY - from.y });
  };
  const up = () => {
    drag.current = null;
  };

  return html`<div class="image-item">
    <div
      class=${view.scale > 1 ? "frame zoomed" : "frame"}
      ref=${frame}
      onPointerDown=${down}
      onPointerMove=${move}
      onPointerUp=${up}
      onPointerCancel=${up}
      onDblClick=${(/** @type {any} */ event) => (view.scale > 1 ? zoom(0) : zoom(3, event))}
    ></div>
    ${failed && html`<p class="notice bad" role="alert">The picture ${content.name} could not be loaded.</p>`}
    <div class="under">
      <span dir="auto">${content.name}</span> <span>${content.width} × ${content.height}</span>
      <span class="zoom"
        ><${ActionButton} session=${session} action="zoom-out" says="Smaller" quiet />
        <${ActionButton} session=${session} action="zoom-in" says="Larger" quiet />
        <span>${Math.round(100 * view.scale)} %</span></span
      >
    </div>
  </div>`;
}
