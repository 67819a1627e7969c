import { redo, undo } from "./history.js";
import { may } from "./roles.js";
import { keyOf, keyOfClass, ACTIONS, meant } from "./keys.js";

/** @import { Session } from "./session.js" */
/** @import { Box, Mode } from "./state.js" */
/** @import { Answer } from "./types.js" */

/**
 * From a key to what it does. A view may take a command for itself by setting `session.scene`.
 *
 * @typedef {object} Scene what the view in front does with answers and commands
 * @property {(answer: Answer) => void} [give]
 * @property {(action: string) => boolean} [act] true where it has done it
 * @property {(key: string) => boolean} [press] keys that cannot be changed: arrows, Enter, Space
 */

/** @param {Session} session @param {Answer} answer */
export function give(session, answer) {
  if (session.scene?.give) session.scene.give(answer);
  else session.say("There is nothing here to answer.");
}

/** @param {Session} session @param {Mode} mode */
const toggle = (session, mode) =>
  session.set({ mode: session.state.mode === mode ? "label" : mode, group: null, box: null });

/** @param {Session} session @param {Box} box */
const show = (session, box) => session.set({ box: session.state.box === box ? null : box });

/** @type {Record<string, (session: Session) => void>} */
const COMMANDS = {
  unsure: (session) => give(session, { kind: "unsure" }),
  "out-of-scope": (session) => give(session, { kind: "out-of-scope" }),
  skip: (session) => give(session, { kind: "skipped" }),
  "new-class": (session) => show(session, "new"),
  "find-class": (session) => show(session, "find"),
  undo,
  redo,
  why: (session) => show(session, "why"),
  opinion: (session) => void session.askOpinion(),
  comment: (session) => show(session, "comment"),
  "edit-class": (session) => session.set({ dialog: "classes" }),
  bulk: (session) => toggle(session, "bulk"),
  review: (session) => toggle(session, "review"),
  disagreements: (session) => toggle(session, "disagreements"),
  map: (session) => toggle(session, "map"),
  panel: (session) => session.change({ panel: !session.state.settings.panel }),
  reopen: (session) => void session.reopen(),
  help: (session) => session.set({ dialog: "help" }),
};

/** @param {Session} session @param {string} action */
export function act(session, action) {
  if (!may(session, action) || session.scene?.act?.(action)) return;
  COMMANDS[action]?.(session);
}

/** @param {Session} session */
function leave(session) {
  if (session.state.box) session.set({ box: null });
  else if (session.state.mode !== "label") session.set({ mode: "label", group: null });
  else if (!may(session, "answer") && session.queue.current) session.queue.drop([session.queue.current.item]);
  else session.set({ opinion: null });
}

/**
 * What the keys mean at this moment.
 *
 * @param {Session} session
 * @returns {Map<string, () => void>}
 */
function bindings(session) {
  const { settings, places, classes } = session.state;
  const map = new Map();
  for (const { name } of may(session, "answer") ? classes : []) {
    map.set(keyOfClass(settings.bound, places, name), () => give(session, { class: name }));
  }
  for (const { id } of ACTIONS) map.set(keyOf(settings.bound, id), () => act(session, id));
  map.delete("");
  return map;
}

/** Listen to the keyboard. @param {Session} session @returns {() => void} stops it */
export function listenToKeys(session) {
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || session.state.dialog) return;
    const fixed = meant(event, () => true);
    if (event.key === "Escape") leave(session);
    else if (fixed && session.scene?.press?.(fixed)) event.preventDefault();
    else if (session.state.settings.keys) {
      const map = bindings(session);
      const key = meant(event, (candidate) => map.has(candidate));
      if (key === null) return;
      event.preventDefault();
      map.get(key)?.();
    }
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
