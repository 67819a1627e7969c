import { html } from "../../vendor/htm-preact.js";
import { nameOf } from "../classes.js";
import { Since } from "./now.js";
import { count } from "./parts.js";

/** @import { Letter } from "../outbox.js" */
/** @import { Session } from "../session.js" */
/** @import { Returned } from "../state.js" */

/** @param {Letter} letter */
function what({ path, body, items }) {
  if (path !== "/api/answers") return path.replace("/api/", "").replace("/", " ");
  return `${items.length === 1 ? `item ${items[0]}` : `${items.length} items`}: ${nameOf(body.answer)}`;
}

/** @param {number} n @param {string} one @param {string} many */
const counted = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

/**
 * The server does not answer: what one can do meanwhile, and what happens by itself.
 *
 * @param {{session: Session}} props
 */
function Lost({ session }) {
  const { lostSince } = session.state;
  if (lostSince === null) return null;
  const { trouble, letters } = session.outbox;
  const { ahead } = session.queue;
  const go = ahead ? `Go on: ${counted(ahead, "item is", "items are")} here already. ` : "";
  const kept = counted(letters.length, "answer waits", "answers wait");
  return html`<div class="notice bad lost">
    <p role="alert">
      <strong>The server is lost.</strong> ${go}${kept} in this browser and will be sent as soon as it is back,
      also after this page was closed. ${trouble?.message ?? ""}
    </p>
    <span class="hint">for <${Since} since=${lostSince} /></span>
  </div>`;
}

/** Items answered elsewhere in the meantime, all in one line. @param {{session: Session, some: Returned[]}} props */
function Conflicts({ session, some }) {
  if (!some.length) return null;
  const items = counted(some.length, "answer was not taken", "answers were not taken");
  return html`<p class="notice" role="status">
    ${items}, since you had answered already, perhaps in another tab:${" "}
    ${some.map(({ letter }) => what(letter)).join("; ")}.
    <button type="button" class="small" onClick=${() => session.settle(some, false)}>Leave it so</button>
    <button type="button" class="small" onClick=${() => session.settle(some, true)}>
      Send as ${some.length === 1 ? "a correction" : "corrections"}
    </button>
  </p>`;
}

/**
 * What needs attention: a lost server, a job that failed, answers that the server refused.
 *
 * @param {{session: Session}} props
 */
export function Notices({ session }) {
  const { status, returned } = session.state;
  return html`<section class="notices" aria-label="Notices">
    <${Lost} session=${session} />
    ${
      status?.job.state === "failed" &&
      html`<p class="notice bad" role="alert">
        <strong>The last learning failed.</strong>
        <span>${status.job.error} Items still come in the order of the last round.</span>
      </p>`
    }
    <${Conflicts} session=${session} some=${returned.filter((one) => one.conflict)} />
    ${returned
      .filter((one) => !one.conflict)
      .map(
        (one) =>
          html`<p class="notice bad" role="alert" key=${one.letter.id}>
            <strong>Refused (${what(one.letter)}).</strong> ${one.sentence}
            <button type="button" class="small" onClick=${() => session.settle([one], false)}>Let it go</button>
          </p>`,
      )}
  </section>`;
}
