import { html, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { splitClass } from "../taxonomy.js";
import { Glimpse } from "./item.js";
import { Pager } from "./pager.js";

/** @import { Session } from "../session.js" */
/** @import { Served } from "../types.js" */

const PAGE = 48;

/**
 * Items of a class that belong elsewhere become another class; all are shown, page by page.
 *
 * @param {{session: Session, name: string, close: () => void}} props
 */
export function Split({ session, name, close }) {
  const [pages, setPages] = useState(/** @type {Served[][]} */ ([]));
  const [at, setAt] = useState(0);
  const [moved, setMoved] = useState(/** @type {Set<number>} */ (new Set()));
  const [to, setTo] = useState("");
  const n = session.state.classes.find((c) => c.name === name)?.count ?? null;

  /** @param {number} page */
  const show = async (page) => {
    try {
      if (!pages[page]) {
        const after = pages[page - 1]?.at(-1)?.item;
        const start = after === undefined ? "" : `&after=${after}`;
        const { items } = await get(`/api/items?class=${encodeURIComponent(name)}&n=${PAGE}${start}`);
        setPages([...pages, items]);
      }
      setAt(page);
    } catch (error) {
      session.say(/** @type {Error} */ (error).message);
    }
  };
  const flip = (/** @type {number} */ item) => {
    const next = new Set(moved);
    if (!next.delete(item)) next.add(item);
    setMoved(next);
  };
  const cell = (/** @type {Served} */ { item, content }) =>
    html`<li key=${item}>
      <button type="button" class="cell" aria-pressed=${moved.has(item)} onClick=${() => flip(item)}>
        <${Glimpse} content=${content} /><span class="cell-foot">${moved.has(item) ? "✓ " : ""}${item}</span>
      </button>
    </li>`;
  const body = () => {
    if (!pages.length)
      return html`<button type="button" onClick=${() => show(0)}>Show the items of “${name}”</button>`;
    if (!pages[0].length) return html`<p>No item has this class.</p>`;
    const shown = pages[at];
    return html`<p class="hint">
        Mark those that belong elsewhere.${" "}
        <${Pager}
          from=${at * PAGE}
          shown=${shown.length}
          of=${n}
          size=${PAGE}
          move=${(/** @type {number} */ from) => void show(from / PAGE)}
        />
      </p>
      <ul class="grid small">
        ${shown.map(cell)}
      </ul>
      <label>
        They become${" "}
        <input
          type="text"
          dir="auto"
          value=${to}
          onInput=${(/** @type {any} */ event) => setTo(event.target.value)}
        />
      </label>
      <button type="submit" disabled=${!moved.size || !to.trim()}>Split off ${moved.size}</button>`;
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    splitClass(session, name, [...moved], to.trim());
    close();
  };
  return html`<form onSubmit=${submit}>
    <h3>Split</h3>
    ${body()}
  </form>`;
}
