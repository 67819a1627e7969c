import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { nameOf } from "../classes.js";
import { percent } from "./parts.js";

/** @import { Session } from "../session.js" */

/**
 * Why this item was chosen, without what would lead the answer.
 *
 * @param {{session: Session, item: number, close: () => void}} props
 */
export function Why({ session, item, close }) {
  const [why, setWhy] = useState(/** @type {any} */ (null));
  const [error, setError] = useState("");
  useEffect(() => {
    get(`/api/items/${item}/why`).then(setWhy, (/** @type {Error} */ problem) => setError(problem.message));
  }, [item]);
  const parts = Object.entries(why?.parts ?? {});
  const answered = session.queue.current?.item === item && session.queue.current.answer;
  return html`<section class="box why" aria-label="Why this item" aria-live="polite">
    <h2>Why this item?</h2>
    ${error && html`<p>${error}</p>`} ${!why && !error && html`<p>Looking it up …</p>`}
    ${
      why &&
      html`<p>${why.sentence}</p>
        <dl>
          ${
            why.strategy &&
            html`<div>
              <dt>Strategy</dt>
              <dd>${why.strategy}</dd>
            </div>`
          }
          ${
            why.rank !== null &&
            why.rank !== undefined &&
            html`<div>
              <dt>Rank</dt>
              <dd>${why.rank} of ${why.of}${why.round === null ? "" : `, round ${why.round}`}</dd>
            </div>`
          }
          ${
            typeof why.score === "number" &&
            html`<div>
              <dt>Score</dt>
              <dd>${why.score.toPrecision(3)}</dd>
            </div>`
          }
          ${parts.map(
            ([name, value]) =>
              html`<div key=${name}>
                <dt>${name}</dt>
                <dd>${typeof value === "number" ? value.toPrecision(3) : String(value)}</dd>
              </div>`,
          )}
        </dl>
        ${why.neighbours?.length > 0 && html`<p>Nearest answered: ${why.neighbours.map((/** @type {any} */ near, /** @type {number} */ i) => html`${i ? ", " : ""}item ${near.item} (<b dir="auto">${nameOf(near.answer)}</b>)`)}.</p>`}
        ${
          answered
            ? why.likeliest?.length > 0 &&
              html`<p>
                Likeliest:
                ${why.likeliest.map((/** @type {any} */ one) => `${one.name} ${percent(one.p)}`).join(", ")}.
              </p>`
            : html`<p class="hint">What the model expects is shown once you have answered.</p>`
        }`
    }
    <p>
      <button type="button" class="small" onClick=${close}>Close <kbd aria-hidden="true">Esc</kbd></button>
    </p>
  </section>`;
}
