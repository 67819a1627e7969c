import { html } from "../../vendor/htm-preact.js";
import { nameOf } from "../classes.js";

/** @import { Letter } from "../outbox.js" */
/** @import { Session } from "../session.js" */

/** @param {Letter} letter */
function what({ path, body, items }) {
  if (path !== "/api/answers") return path.replace("/api/", "").replace("/", " ");
  return `${items.length === 1 ? `item ${items[0]}` : `${items.length} items`}: ${nameOf(body.answer)}`;
}

/** @param {number} n answers that are kept here */
const wait = (n) =>
  `Go on: ${n === 1 ? "1 answer waits" : `${n} answers wait`} in this browser and will be sent as soon as it is ` +
  "back, also after this page was closed.";

/**
 * What needs attention: a lost server, a job that failed, answers that the server refused.
 *
 * @param {{session: Session}} props
 */
export function Notices({ session }) {
  const { status, returned, connected } = session.state;
  const { state, trouble, letters } = session.outbox;
  const lost = state === "waiting" || !connected;
  return html`<div class="notices">
    ${
      lost &&
      html`<p class="notice bad" role="alert">
        <strong>The server is lost.</strong>
        <span>${wait(letters.length)} ${trouble ?? ""}</span>
      </p>`
    }
    ${
      status?.job.state === "failed" &&
      html`<p class="notice bad" role="alert">
        <strong>The last learning failed.</strong>
        <span>${status.job.error} Items still come in the order of the last round.</span>
      </p>`
    }
    ${returned.map(
      ({ letter, sentence }) =>
        html`<p class="notice bad" role="alert" key=${letter.id}>
          <strong>Refused (${what(letter)}).</strong> ${sentence}
          ${
            letter.path === "/api/answers" &&
            html`<button type="button" onClick=${() => session.settle(letter.id, true)}>
              Send as a correction
            </button>`
          }
          <button type="button" onClick=${() => session.settle(letter.id, false)}>Let it go</button>
        </p>`,
    )}
  </div>`;
}
