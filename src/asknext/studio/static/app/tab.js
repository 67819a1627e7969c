import { newId } from "./ids.js";
import { hold } from "./locks.js";
import { recall, remember } from "./settings.js";

/**
 * What belongs to this tab alone and outlives a reload: its id, under which the server lends it items, and
 * the item in front.
 *
 * @typedef {object} Tab
 * @property {string} id
 * @property {(item: number | null) => void} look keeps which item is in front
 * @property {number | null} front the item that was in front when the page was left
 */

/** @param {string} project @returns {Promise<Tab>} */
export async function openTab(project) {
  const name = `asknext tab ${project}`;
  let { id = newId(), front = null } = recall(name, {}, sessionStorage);
  if (!(await hold(`asknext tab ${id}`))) [id, front] = [newId(), null]; // the browser copied another tab
  const look = (/** @type {number | null} */ item) => remember(name, { id, front: item }, sessionStorage);
  look(front);
  return { id, front, look };
}
