import { html } from "../../vendor/htm-preact.js";
import { count } from "./parts.js";

/** @import { Session } from "../session.js" */

/** A page that cannot be used now, and why. @param {{title: string, why: string, children?: any}} props */
export const Closed = ({ title, why, children }) =>
  html`<main class="shut">
    <h1>${title}</h1>
    <p role="alert">${why}</p>
    ${children}
  </main>`;

/** @param {number} n */
const waiting = (n) =>
  `${n === 1 ? "1 answer not yet sent waits" : `${count(n)} answers not yet sent wait`} in this browser, and will be ` +
  "sent when you are let in again.";

/** In place of the page, while the person is not let in. @param {{session: Session}} props */
export function Shut({ session }) {
  const n = session.outbox.letters.length;
  return html`<${Closed} title="This page is closed to you" why=${session.state.shut}>
    ${n > 0 && html`<p>${waiting(n)}</p>`}
    <p class="hint">This page looks every few seconds whether you may come in, and goes on by itself.</p>
  </${Closed}>`;
}
