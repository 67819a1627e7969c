import { html } from "../../vendor/htm-preact.js";
import { count } from "./parts.js";

/**
 * Which part of many is shown, and the ways to the others.
 *
 * @param {{from: number, shown: number, of: number | null, move: (to: number) => void, size: number}} props
 *   `of` is null where it is not known how many there are
 */
export function Pager({ from, shown, of, move, size }) {
  const more = of === null ? shown === size : from + shown < of;
  if (!from && !more) return null;
  return html`<span class="pager">
    <button type="button" class="small" disabled=${!from} onClick=${() => move(Math.max(0, from - size))}>
      Before
    </button>
    <span>${count(from + 1)} to ${count(from + shown)}${of === null ? "" : ` of ${count(of)}`}</span>
    <button type="button" class="small" disabled=${!more} onClick=${() => move(from + size)}>More</button>
  </span>`;
}
