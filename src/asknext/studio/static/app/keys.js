/**
 * Which key does what. Single keys can be changed and switched off; they sleep in text fields, never repeat.
 *
 * @typedef {{id: string, key: string, says: string}} Action
 */

/** @type {Action[]} */
export const ACTIONS = [
  { id: "unsure", key: "u", says: "Unsure" },
  { id: "out-of-scope", key: "o", says: "Out of scope" },
  { id: "skip", key: "s", says: "Skip" },
  { id: "new-class", key: "n", says: "New class" },
  { id: "find-class", key: "/", says: "Find a class" },
  { id: "undo", key: "z", says: "Undo" },
  { id: "redo", key: "Z", says: "Redo" },
  { id: "why", key: "w", says: "Why this item?" },
  { id: "opinion", key: "m", says: "Model's opinion" },
  { id: "comment", key: "c", says: "Comment" },
  { id: "edit-class", key: "e", says: "Edit classes" },
  { id: "bulk", key: "b", says: "Similar items at once" },
  { id: "review", key: "r", says: "Review" },
  { id: "disagreements", key: "R", says: "Disagreements" },
  { id: "map", key: "v", says: "Map" },
  { id: "panel", key: "p", says: "Side panel" },
  { id: "help", key: "h", says: "Keys" },
  { id: "all", key: "a", says: "Select all or none" },
  { id: "keep", key: "k", says: "Keep the answer" },
  { id: "fix", key: "f", says: "Take the model's class" },
  { id: "reopen", key: "W", says: "Withdraw the last word" },
  { id: "zoom-in", key: "+", says: "Zoom in" },
  { id: "zoom-out", key: "-", says: "Zoom out" },
  { id: "zoom-reset", key: "0", says: "Whole picture" },
];

/** @param {Record<string, string>} bound @param {string} id */
export const keyOf = (bound, id) => bound[id] ?? ACTIONS.find((action) => action.id === id)?.key ?? "";

/**
 * The keys of the classes: 1 to 9, then the letters that no action has.
 *
 * @param {Record<string, string>} bound
 * @returns {string[]}
 */
export function classKeys(bound) {
  const taken = new Set([...ACTIONS.map((action) => keyOf(bound, action.id)), ...Object.values(bound)]);
  return [..."123456789abcdefghijklmnopqrstuvwxyz"].filter((key) => !taken.has(key));
}

/** How the key of a class is kept among those of the actions. @param {string} name */
export const ofClass = (name) => `class ${name}`;

/**
 * @param {Record<string, string>} bound
 * @param {Record<string, number>} places
 * @param {string} name
 * @returns {string} "" where there are more classes than keys
 */
export const keyOfClass = (bound, places, name) =>
  bound[ofClass(name)] ?? classKeys(bound)[places[name]] ?? "";

/** @param {string} key */
export const shown = (key) =>
  ({ " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" })[key] ??
  (key.length === 1 && key !== key.toLowerCase() ? `⇧${key.toLowerCase()}` : key);

/** @param {EventTarget | null} target */
const isWriting = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)) &&
  !(target instanceof HTMLInputElement && ["checkbox", "radio", "button"].includes(target.type));

/**
 * The key that was meant, whatever Caps Lock says. A digit row that gives other signs without Shift (French
 * layouts) still gives its digits.
 *
 * @param {KeyboardEvent} event
 * @param {(key: string) => boolean} known
 * @returns {string | null}
 */
export function meant(event, known) {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return null;
  const letter = /^\p{L}$/u.test(event.key);
  const key = letter ? (event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key;
  if (known(key)) return key;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  return digit && known(digit) ? digit : null;
}
