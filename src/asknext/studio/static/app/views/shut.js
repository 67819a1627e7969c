import { html } from "../../vendor/htm-preact.js";
import { count } from "./parts.js";

/** @import { Session } from "../session.js" */

/** In place of the page, while the person is not let in. @param {{session: Session}} props */
export function Shut({ session }) {
  const n = session.outbox.letters.length;
  return html`<main class="shut" role="alert">
    <h1>This page is closed to you</h1>
    <p>${session.state.shut}</p>
    ${
      n > 0 &&
      html`<p>
        ${n === 1 ? "1 answer" : `${count(n)} answers`} not yet sent ${n === 1 ? "waits" : "wait"} in this browser, and
        will be sent when you are let in again.
      </p>`
    }
    <p class="hint">This page looks every few seconds whether you may come in, and goes on by itself.</p>
  </main>`;
}
