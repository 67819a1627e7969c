import { html } from "../../vendor/htm-preact.js";
import { post } from "../api.js";
import { may } from "../roles.js";
import { Since } from "./now.js";

/** @import { Session } from "../session.js" */
/** @import { Status } from "../types.js" */

/** @param {number | string | null} since @returns {number} in milliseconds */
const moment = (since) => (typeof since === "number" ? since * 1000 : Date.parse(since ?? ""));

/** @param {Session} session @param {string} path */
async function ask(session, path) {
  try {
    await post(path);
  } catch (error) {
    session.say(/** @type {Error} */ (error).message);
  }
}

/** How old the order of the items is, in words. @param {Status} status */
export function rankingAge(status) {
  if (!status.ranking) return "no ranking yet: items come at random";
  const { age, round } = status.ranking;
  return `ranking of round ${round}, ${age === 1 ? "1 answer" : `${age} answers`} old`;
}

/** @param {{session: Session, path: string, says: string}} props */
const Ask = ({ session, path, says }) =>
  may(session, "retrain") &&
  html`<button type="button" class="small" onClick=${() => ask(session, path)}>${says}</button>`;

/** What the model is doing, with the way to start, end or repeat it. @param {{session: Session}} props */
export function JobState({ session }) {
  const { status, lostSince } = session.state;
  if (lostSince !== null) return html`<span class="job"></span>`;
  if (!status) return html`<span class="job">Waiting for the server …</span>`;
  const { job } = status;
  if (job.state === "running") {
    return html`<span class="job busy"
      ><span class="spin" aria-hidden="true"></span> <span class="words">Learning,</span>${" "}
      <${Since} since=${moment(job.since)} />
      <${Ask} session=${session} path="/api/cancel" says="Cancel" /></span
    >`;
  }
  if (job.state === "failed") {
    return html`<span class="job bad" title=${job.error ?? ""}
      ><span class="mark" aria-hidden="true">!</span> Learning failed
      <${Ask} session=${session} path="/api/retrain" says="Retry" /></span
    >`;
  }
  return html`<span class="job" title=${rankingAge(status)}
    ><span class="words">Model ready</span>
    <${Ask} session=${session} path="/api/retrain" says="Learn now" /></span
  >`;
}
