import { html } from "../../vendor/htm-preact.js";
import { may } from "../roles.js";
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
  return html`<span class=${`saved ${lost ? "bad" : waiting ? "busy" : "good"}`} title=${trouble?.message ?? text}
    ><span class="mark" aria-hidden="true">${mark}</span> <span class="words">${text}</span></span
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

/** The forms in which the labels can be taken along. */
const Export = () =>
  html`<details class="menu">
    <summary>Export</summary>
    <ul>
      ${EXPORTS.map(
        ([format, says]) =>
          html`<li key=${format}><a href=${`/api/export?format=${format}`} download>${says}</a></li>`,
      )}
    </ul>
  </details>`;

/**
 * The thin line above: project, progress, saved or not, the job, the ways to other views.
 *
 * @param {{session: Session}} props
 */
export function Header({ session }) {
  const { project, status, mode, settings } = session.state;
  const answered = status ? status.answered : 0;
  return html`<header class="top">
    <h1 title=${project.name}>${project.name}</h1>
    ${
      project.several &&
      html`<span class="who" title="Who you are, and what you may do here"
        ><b dir="auto">${project.actor}</b> <span class="words">${project.role}</span></span
      >`
    }
    <div class="progress">
      <progress max=${project.n} value=${answered} aria-label="answered"></progress>
      <span>${count(answered)} of ${count(project.n)} <span class="words">answered</span></span>
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
            pressed=${mode === action || (action === "review" && mode === "disagreements")}
            quiet
          />`,
      )}
      <${ActionButton} session=${session} action="panel" says="Panel" pressed=${settings.panel} quiet />
      <${ActionButton} session=${session} action="help" says="Keys" quiet />
      <button type="button" class="quiet" onClick=${() => session.set({ dialog: "settings" })}>
        Settings
      </button>
      ${may(session, "export") && html`<${Export} />`}
    </nav>
  </header>`;
}
