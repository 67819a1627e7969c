import { Refused, Unreachable } from "./api.js";

/** @import { Session } from "./session.js" */

/**
 * Whether the server answers and lets this person in, as far as the stream, the outbox and the queue can tell.
 *
 * @param {Session} session
 * @returns {{lostSince: number | null, shut: string | null}}
 */
export function health({ state, outbox, queue, intruder, closed }) {
  const troubles = [outbox.trouble, queue.trouble, closed];
  const refused = troubles.find((error) => error instanceof Refused && error.status === 401);
  const shut = intruder
    ? `${intruder} has come in with this browser. Open your own link again to go on here.`
    : (refused instanceof Error ? refused.message : null);
  const lost = !state.connected || outbox.state === "waiting" || queue.trouble instanceof Unreachable;
  return { shut, lostSince: lost ? (state.lostSince ?? Date.now()) : null };
}

/**
 * One browser, one person at a time: who came in last holds the key for all its tabs. The tabs of others are told.
 *
 * @param {string} project its id
 * @param {string} actor who is here
 * @param {(intruder: string | null) => void} tell
 */
export function watchPerson(project, actor, tell) {
  const name = `asknext person ${project}`;
  localStorage.setItem(name, actor);
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === name) tell(newValue === actor ? null : newValue);
  });
}
