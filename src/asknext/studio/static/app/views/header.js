import { html } from "../../vendor/htm-preact.js";
import { ActionButton, count } from "./parts.js";
import { JobState } from "./job.js";

/** @import { Session } from "../session.js" */

/** @param {{session: Session}} props */
function Saved({ session }) {
  const { letters, trouble } = session.outbox;
  const waiting = letters.length;
  const lost = session.state.lostSince !== null;
  const busy = waiting ? `Saving ${waiting} …` : "All saved";
  const text = lost ? `Server lost – ${waiting} kept here` : busy;
  const mark = lost ? "!" : waiting ? "↑" : "✓";
  return html`<span class=${`saved ${lost ? "bad" : waiting ? "busy" : "good"}`} title=${trouble ?? ""}
    ><span class="mark" aria-hidden="true">${mark}</span> ${text}</span
  >`;
}

const MODES = [
  ["bulk", "Similar"],
  ["review", "Review"],
  ["map", "Map"],
];
const EXPORTS = [
  ["csv", "Table (.csv)"],
  ["jsonl", "Lines (.jsonl)"],
  ["events", "Whole log (.jsonl)"],
  ["label-studio", "Label Studio (.json)"],
];

/**
 * The thin line above: project, progress, saved or not, the job, the ways to other views.
 *
 * @param {{session: Session}} props
 */
export function Header({ session }) {
  const { project, status, mode, settings } = session.state;
  const answered = status ? status.answered : 0;
  return html`<header class="top">
    <h1>${project.name}</h1>
    <div class="progress">
      <progress max=${project.n} value=${answered} aria-label="answered"></progress>
      <span>${count(answered)} of ${count(project.n)} answered</span>
    </div>
    <${Saved} session=${session} />
    <${JobState} session=${session} />
    <nav aria-label="Views">
      ${MODES.map(
        ([action, says]) =>
          html`<${ActionButton}
            key=${action}
            session=${session}
            action=${action}
            says=${says}
            pressed=${mode === action}
            quiet
          />`,
      )}
      <${ActionButton} session=${session} action="panel" says="Panel" pressed=${settings.panel} quiet />
      <${ActionButton} session=${session} action="help" says="Keys" quiet />
      <button type="button" class="quiet" onClick=${() => session.set({ dialog: "settings" })}>
        Settings
      </button>
      <details class="menu">
        <summary>Export</summary>
        <ul>
          ${EXPORTS.map(
            ([format, says]) =>
              html`<li key=${format}><a href=${`/api/export?format=${format}`} download>${says}</a></li>`,
          )}
        </ul>
      </details>
    </nav>
  </header>`;
}
