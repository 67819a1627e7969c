import { html, useState } from "../../vendor/htm-preact.js";
import { count, percent } from "./parts.js";

/** @import { Pair } from "../types.js" */

/** The depth of colour of a kappa, 0 to 4; beside it always stands the number. @param {number | null} kappa */
const depth = (kappa) => (kappa === null ? 0 : Math.max(0, Math.min(4, Math.floor(5 * kappa))));

/** @param {number | null} kappa */
const written = (kappa) => (kappa === null ? "–" : kappa.toFixed(2));

/** What one said against what the other said. @param {{pair: Pair}} props */
function Confusion({ pair: { a, b, items, percent: same, kappa, names, confusion } }) {
  const most = Math.max(1, ...confusion.flat());
  return html`<div class="sideways" tabindex="0" role="region" aria-label=${`${a} and ${b} compared`}>
    <p class="hint">
      ${a} (rows) and ${b} (columns): ${count(items)} items, ${percent(same)} the same, kappa ${written(kappa)}.
    </p>
    <table class="heat">
      <thead>
        <tr>
          <td></td>
          ${names.map((name) => html`<th scope="col" key=${name} dir="auto" title=${name}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${names.map(
          (name, i) =>
            html`<tr key=${name}>
              <th scope="row" dir="auto" title=${name}>${name}</th>
              ${confusion[i].map(
                (n, j) =>
                  html`<td key=${names[j]} data-depth=${n && Math.ceil((4 * n) / most)} class=${i === j ? "same" : ""}>
                    ${n}
                  </td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** How alike any two people answer, as Cohen's kappa; a pair opens what they confuse. @param {{pairs: Pair[]}} props */
export function Matrix({ pairs }) {
  const [shown, show] = useState("");
  const people = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))].sort((a, b) => a.localeCompare(b));
  const of = (/** @type {string} */ one, /** @type {string} */ two) =>
    pairs.find(({ a, b }) => (a === one && b === two) || (a === two && b === one));
  const name = (/** @type {Pair} */ { a, b }) => `${a}\n${b}`;
  const open = pairs.find((pair) => name(pair) === shown);
  const cell = (/** @type {string} */ row, /** @type {string} */ column) => {
    const pair = row === column ? undefined : of(row, column);
    if (!pair) return html`<td key=${column}></td>`;
    return html`<td key=${column} data-depth=${depth(pair.kappa)}>
      <button
        type="button"
        class="small"
        aria-pressed=${name(pair) === shown}
        aria-label=${`${row} and ${column}: kappa ${written(pair.kappa)}, ${count(pair.items)} items`}
        onClick=${() => show(name(pair) === shown ? "" : name(pair))}
      >
        ${written(pair.kappa)}
      </button>
    </td>`;
  };
  return html`<h3>Pairs, by Cohen’s kappa</h3>
    <p class="hint">1 is always the same, 0 is as by chance. Choose a pair to see what it confuses.</p>
    <div class="sideways" tabindex="0" role="region" aria-label="Pairs of people">
      <table class="heat">
        <thead>
          <tr>
            <td></td>
            ${people.map((one) => html`<th scope="col" key=${one} dir="auto" title=${one}>${one}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${people.map(
            (row) =>
              html`<tr key=${row}>
                <th scope="row" dir="auto" title=${row}>${row}</th>
                ${people.map((column) => cell(row, column))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${open && html`<${Confusion} pair=${open} />`}`;
}
