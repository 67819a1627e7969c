import { html } from "../../vendor/htm-preact.js";
import { post } from "../api.js";
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

/** What the model is doing, with the way to start, end or repeat it. @param {{session: Session}} props */
export function JobState({ session }) {
  const { status } = session.state;
  if (!status) return html`<span class="job">Waiting for the server …</span>`;
  const { job } = status;
  if (job.state === "running") {
    return html`<span class="job busy"
      ><span class="spin" aria-hidden="true"></span> Learning, <${Since} since=${moment(job.since)} />
      <button type="button" class="small" onClick=${() => ask(session, "/api/cancel")}>Cancel</button></span
    >`;
  }
  if (job.state === "failed") {
    return html`<span class="job bad" title=${job.error ?? ""}
      ><span class="mark" aria-hidden="true">!</span> Learning failed
      <button type="button" class="small" onClick=${() => ask(session, "/api/retrain")}>Retry</button></span
    >`;
  }
  return html`<span class="job" title=${rankingAge(status)}
    >Model ready
    <button type="button" class="small" onClick=${() => ask(session, "/api/retrain")}>Learn now</button></span
  >`;
}
