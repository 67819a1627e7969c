import { html, useLayoutEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { nameOf } from "../classes.js";
import { Glimpse } from "./item.js";

/** @import { Scene } from "../commands.js" */
/** @import { Session } from "../session.js" */
/** @import { Served } from "../types.js" */

/** @param {Served} served @param {boolean} chosen */
const foot = ({ item, answer }, chosen) =>
  `${chosen ? "✓ " : ""}${item}${answer ? ` · ${nameOf(answer)}` : ""}`;

/**
 * Items side by side, chosen by arrows and Space or by mouse; Shift-click takes all between.
 *
 * @param {{session: Session, items: Served[], chosen: Set<number>,
 *   choose: (chosen: Set<number>) => void, scene: Scene, label: string}} props
 */
export function Grid({ session, items, chosen, choose, scene, label }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const [at, setAt] = useState(0);
  const cursor = Math.min(at, items.length - 1);

  const flip = (/** @type {number} */ index) => {
    const next = new Set(chosen);
    const { item } = items[index];
    if (!next.delete(item)) next.add(item);
    choose(next);
    setAt(index);
  };
  const columns = () => {
    const cells = [.../** @type {any} */ (place.current).children];
    return Math.max(1, cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length);
  };
  const move = (/** @type {number} */ by) => {
    const next = Math.min(items.length - 1, Math.max(0, cursor + by));
    setAt(next);
    /** @type {any} */ (place.current).children[next]?.firstChild.focus();
  };
  useLayoutEffect(() => {
    session.scene = {
      ...scene,
      act(action) {
        if (action !== "all") return scene.act?.(action) ?? false;
        choose(chosen.size === items.length ? new Set() : new Set(items.map((served) => served.item)));
        return true;
      },
      press(key) {
        if (!items.length) return false;
        if (key === "ArrowRight") move(1);
        else if (key === "ArrowLeft") move(-1);
        else if (key === "ArrowDown") move(columns());
        else if (key === "ArrowUp") move(-columns());
        else if (key === " " && document.activeElement === document.body) flip(cursor);
        else return false;
        return true;
      },
    };
    return () => {
      session.scene = null;
    };
  });
  const click = (/** @type {MouseEvent} */ event, /** @type {number} */ index) => {
    if (!event.shiftKey) return flip(index);
    const [from, to] = [Math.min(cursor, index), Math.max(cursor, index)];
    return choose(new Set([...chosen, ...items.slice(from, to + 1).map((served) => served.item)]));
  };
  return html`<ul class="grid" ref=${place} aria-label=${label}>
    ${items.map(
      (served, index) =>
        html`<li key=${served.item}>
          <button
            type="button"
            class="cell"
            aria-pressed=${chosen.has(served.item)}
            data-cell=${served.item}
            tabindex=${index === cursor ? 0 : -1}
            onClick=${(/** @type {MouseEvent} */ event) => click(event, index)}
          >
            <${Glimpse} content=${served.content} />
            <span class="cell-foot">${foot(served, chosen.has(served.item))}</span>
          </button>
        </li>`,
    )}
  </ul>`;
}
