import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { nameOf } from "../classes.js";
import { Pairs, percent } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @import { Reason, Served } from "../types.js" */

/** @param {number} value */
const short = (value) => String(Number(value.toPrecision(3)));

/** @param {{why: Reason}} props */
function Facts({ why }) {
  /** @type {[string, string][]} */
  const facts = Object.entries(why.parts).map(([name, value]) => [name.replaceAll("_", " "), short(value)]);
  if (why.score !== null) facts.unshift(["score", short(why.score)]);
  if (why.rank !== null) facts.unshift(["rank", `${why.rank} of ${why.of}, round ${why.round}`]);
  if (why.strategy) facts.unshift(["strategy", why.strategy]);
  return html`<dl>
    <${Pairs} lines=${facts} />
  </dl>`;
}

/** @param {{why: Reason}} props */
function Neighbours({ why: { neighbours } }) {
  if (!neighbours.length) return null;
  return html`<p>
    Nearest answered:${" "}
    ${neighbours.map(
      ({ item, answer }, i) => html`${i ? ", " : ""}item ${item} (<b dir="auto">${nameOf(answer)}</b>)`,
    )}.
  </p>`;
}

/** @param {{why: Reason, answered: boolean}} props */
function Likeliest({ why: { likeliest }, answered }) {
  if (!answered) return html`<p class="hint">What the model expects is shown once you have answered.</p>`;
  if (!likeliest.length) return null;
  return html`<p>Likeliest: ${likeliest.map(({ name, p }) => `${name} ${percent(p)}`).join(", ")}.</p>`;
}

/**
 * Why this item was chosen, without what would lead the answer.
 *
 * @param {{session: Session, served: Served, close: () => void}} props
 */
export function Why({ served, close }) {
  const [why, setWhy] = useState(/** @type {Reason | null} */ (null));
  const [error, setError] = useState("");
  useEffect(() => {
    get(`/api/items/${served.item}/why`).then(setWhy, (/** @type {Error} */ problem) =>
      setError(problem.message),
    );
  }, [served.item]);
  return html`<section class="box why" aria-label="Why this item" aria-live="polite">
    <h2>Why this item?</h2>
    ${error ? html`<p>${error}</p>` : !why && html`<p>Looking it up …</p>`}
    ${
      why &&
      html`<p>${why.sentence}${why.told && ` ${why.told}`}</p>
        <${Facts} why=${why} />
        <${Neighbours} why=${why} />
        <${Likeliest} why=${why} answered=${served.answer !== null} />`
    }
    <p>
      <button type="button" class="small" onClick=${close}>Close <kbd aria-hidden="true">Esc</kbd></button>
    </p>
  </section>`;
}
