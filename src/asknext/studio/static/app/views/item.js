import { html, useState } from "../../vendor/htm-preact.js";
import { ImageItem } from "./image.js";

/** @import { Session } from "../session.js" */
/** @import { Served, TableContent, TextContent } from "../types.js" */

/**
 * One item, large: a picture, a text, or a row of a table. Whatever it holds is shown as text, never as
 * markup.
 */

const FIRST = 20_000;
const number = new Intl.NumberFormat("en");

/** @param {{content: TextContent}} props */
function TextItem({ content: { text } }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > FIRST;
  return html`<div class="text-item" tabindex="0" role="region" aria-label="Text">
    <p dir="auto">${cut ? text.slice(0, FIRST) : text}</p>
    ${
      cut &&
      html`<button type="button" onClick=${() => setWhole(true)}>
        Show all ${number.format(text.length)} characters
      </button>`
    }
  </div>`;
}

/** @param {any} value */
const isNumber = (value) =>
  typeof value === "number" || (typeof value === "string" && /^-?\d+([.,]\d+)?$/.test(value));

/** @param {any} value */
const written = (value) => (value === null || value === "" ? "missing" : String(value));

/** Digits after the point. @param {any} value */
const decimals = (value) => (/[.,](\d+)$/.exec(String(value)) ?? ["", ""])[1].length;

/**
 * Spaces as wide as the digits that are missing after the point, so that points stand below each other.
 *
 * @param {any} value
 * @param {number} most
 */
function pad(value, most) {
  const own = decimals(value);
  return (own === 0 && most > 0 ? "\u2008" : "") + "\u2007".repeat(most - own);
}

/** @param {{content: TableContent}} props */
function TableItem({ content: { columns } }) {
  const most = Math.max(0, ...columns.map(([, value]) => (isNumber(value) ? decimals(value) : 0)));
  return html`<div class="table-item" tabindex="0" role="region" aria-label="Row of the table">
    <table>
      <tbody>
        ${columns.map(
          ([name, value]) =>
            html`<tr key=${name}>
              <th scope="row" dir="auto">${name}</th>
              <td
                dir="auto"
                class=${isNumber(value) ? "number" : value === null || value === "" ? "missing" : undefined}
              >
                ${written(value)}${isNumber(value) && html`<span aria-hidden="true">${pad(value, most)}</span>`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** @param {{served: Served, session: Session}} props */
export function Item({ served, session }) {
  const { content, item } = served;
  if ("image" in content) return html`<${ImageItem} key=${item} content=${content} session=${session} />`;
  if ("text" in content) return html`<${TextItem} key=${item} content=${content} />`;
  return html`<${TableItem} key=${item} content=${content} />`;
}

/** An item, small. @param {{content: Served["content"]}} props */
export function Glimpse({ content }) {
  if ("image" in content) {
    const join = content.image.includes("?") ? "&" : "?";
    return html`<img
      class="glimpse"
      src=${`${content.image}${join}size=160`}
      alt=${content.name}
      loading="lazy"
    />`;
  }
  if ("text" in content)
    return html`<span class="glimpse text" dir="auto">${content.text.slice(0, 180)}</span>`;
  return html`<span class="glimpse rows"
    >${content.columns
      .slice(0, 5)
      .map(([name, value]) => html`<span key=${name}><b>${name}</b> ${written(value)}</span>`)}</span
  >`;
}
