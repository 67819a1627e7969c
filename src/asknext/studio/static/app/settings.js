/**
 * What a person has chosen for this browser; kept in local storage.
 *
 * @typedef {object} Settings
 * @property {boolean} keys single keys answer
 * @property {Record<string, string>} bound the keys of actions that were changed
 * @property {"asked" | "after"} opinion when the model's opinion is shown: on request, or after each answer
 * @property {"auto" | "light" | "dark"} theme
 * @property {boolean} panel
 */

const NAME = "asknext settings";

/** @type {Settings} */
const FIRST = { keys: true, bound: {}, opinion: "asked", theme: "auto", panel: window.innerWidth > 1000 };

/** @param {string} name @param {any} otherwise @param {Storage} [where] */
export function recall(name, otherwise, where = localStorage) {
  try {
    return JSON.parse(where.getItem(name) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name @param {unknown} value @param {Storage} [where] */
export const remember = (name, value, where = localStorage) => where.setItem(name, JSON.stringify(value));

/** @returns {Settings} */
export const loadSettings = () => ({ ...FIRST, ...recall(NAME, {}) });

/** @param {Settings} settings */
export function saveSettings(settings) {
  remember(NAME, settings);
  document.documentElement.dataset.theme = settings.theme;
}
