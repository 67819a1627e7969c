import { html } from "../../vendor/htm-preact.js";
import { nameOf } from "../classes.js";
import { ActionButton, percent } from "./parts.js";

/** @import { Deed } from "../history.js" */
/** @import { Session } from "../session.js" */

/** @param {{deed: Deed, model: {name: string, p: number} | null}} props */
function Opinion({ deed, model }) {
  if (!model) return html`<span class="opinion">The model has no opinion yet.</span>`;
  const own = "class" in deed.answer ? deed.answer.class : null;
  const verdict = own === null ? "." : own === model.name ? ": the same." : ": it differs.";
  return html`<span class="opinion"
    >The model says <b dir="auto">${model.name}</b>, ${percent(model.p)}${verdict}</span
  >`;
}

/** What was answered last, with the ways back. @param {{session: Session}} props */
export function LastAnswer({ session }) {
  const { done, undone, opinion } = session.state;
  const deed = done.at(-1);
  const button = (/** @type {string} */ action) =>
    html`<${ActionButton} session=${session} action=${action} quiet />`;
  if (!deed) {
    return html`<div class="last">
      <span>Nothing answered yet in this visit.</span>
      <span class="tools">${undone.length > 0 && button("redo")}</span>
    </div>`;
  }
  const what = deed.items.length === 1 ? `item ${deed.items[0].item}` : `${deed.items.length} items`;
  return html`<div class="last">
    <span>Last: <b dir="auto">${nameOf(deed.answer)}</b> (${what})</span>
    ${opinion && html`<${Opinion} deed=${deed} model=${opinion.model} />`}
    <span class="tools">${button("undo")}${undone.length > 0 && button("redo")}${button("opinion")}</span>
  </div>`;
}
