import { html } from "../../vendor/htm-preact.js";
import { ActionButton } from "./parts.js";

/** @import { Session } from "../session.js" */

/** From doubtful answers to disagreements and back, and out. @param {{session: Session}} props */
export function ReviewTabs({ session }) {
  const { mode, project } = session.state;
  const tab = (/** @type {"review" | "disagreements"} */ action, /** @type {string} */ says) =>
    html`<${ActionButton} session=${session} action=${action} says=${says} pressed=${mode === action} quiet />`;
  if (!project.several || project.role !== "owner") return html`<h2>Review</h2>`;
  return html`<h2 class="unseen">Review</h2>
    <span class="tabs">${tab("review", "Doubtful")}${tab("disagreements", "Disagreements")}</span>`;
}

/** @param {{session: Session}} props */
export const Back = ({ session }) =>
  html`<button type="button" class="quiet" onClick=${() => session.set({ mode: "label", group: null })}>
    Back <kbd aria-hidden="true">Esc</kbd>
  </button>`;
