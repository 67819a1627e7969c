import { nameOf } from "./classes.js";
import { newId } from "./ids.js";
import { makeLetter, reopening } from "./outbox.js";
import { may } from "./roles.js";
import { recall, remember } from "./settings.js";

/** @import { Session } from "./session.js" */
/** @import { Answer, Served } from "./types.js" */

/**
 * What was answered in this tab, so that it can be taken back, also after a reload.
 *
 * @typedef {{item: number} & Partial<Served>} Kept an item; its content is fetched when it is looked at again
 * @typedef {{items: Kept[], answer: Answer, letter: string}} Deed
 * @typedef {{done: Deed[], undone: Deed[]}} Deeds
 */

const REMEMBERED = 200;
const WHOLE = 20; // of the last deeds the contents stay here, so that undo needs no server
const MOST = 5000; // items in the deeds that outlive a reload

/** @param {Kept} kept @returns {Kept} */
const slim = ({ item, slot, round, answer, several, decided }) => ({ item, slot, round, answer, several, decided });

/** @param {Deed} deed @returns {Deed} */
const slimmed = (deed) => ({ ...deed, items: deed.items.map(slim) });

/** @param {Deed[]} deeds @param {Deed} deed @returns {Deed[]} */
export function pushed(deeds, deed) {
  const all = [...deeds, deed].slice(-REMEMBERED);
  const old = all.length - WHOLE - 1;
  if (old >= 0) all[old] = slimmed(all[old]);
  return all;
}

/** @param {string} tab */
const place = (tab) => `asknext deeds ${tab}`;

/** @param {string} tab @returns {Deeds} */
export const loadDeeds = (tab) => recall(place(tab), { done: [], undone: [] }, sessionStorage);

/** The last deeds, as many as hold `MOST` items. @param {Deed[]} deeds */
function last(deeds) {
  let items = 0;
  const first = deeds.findLastIndex((deed) => (items += deed.items.length) > MOST);
  return deeds.slice(first + 1).map(slimmed);
}

/** @param {string} tab @param {Deeds} deeds */
export const keepDeeds = (tab, { done, undone }) =>
  remember(place(tab), { done: last(done), undone: last(undone) }, sessionStorage);

/**
 * The item with its content, from the server where it is not here.
 *
 * @param {Session} session
 * @param {Kept} kept
 * @returns {Promise<Served | null>}
 */
export async function whole(session, kept) {
  if (kept.content) return /** @type {Served} */ (kept);
  const served = await session.look(kept.item);
  return served && { ...served, ...kept };
}

/**
 * What brings an item back to where it was: without the last word, if that is what the correction became, or with
 * the answer it had.
 *
 * @param {Session} session
 * @param {Kept} kept
 * @param {Answer} answer
 */
const before = (session, kept, answer) =>
  kept.several && !kept.decided && may(session, "reopen")
    ? reopening(kept.item)
    : session.answerLetter([kept], answer);

/** @param {Session} session @param {Deed} deed @param {Served} [served] the item, where it is one */
function takeBack(session, deed, served) {
  const { done, undone } = session.state;
  session.set({ done: done.slice(0, -1), undone: [...undone, deed], opinion: null });
  if (served) {
    session.queue.putFirst(served);
    session.set({ mode: "label", group: null });
  } else session.set({ mode: "bulk", group: deed.items });
  session.clock.restart();
  session.say(`Undone: ${nameOf(deed.answer)}.`);
  const ids = deed.items.filter((kept) => !kept.answer).map((kept) => kept.item);
  const back = ids.length ? [makeLetter("/api/retract", { id: newId(), items: ids, tab: session.tab.id }, ids)] : [];
  for (const kept of deed.items) if (kept.answer) back.push(before(session, kept, kept.answer));
  session.outbox.cancel(deed.letter, back);
}

/**
 * Take back the last answer: unsent it is destroyed, sent it is retracted, a correction gives way to what was.
 *
 * @param {Session} session
 */
export function undo(session) {
  const deed = session.state.done.at(-1);
  if (!deed) return session.say("There is nothing to undo.");
  const [first, ...others] = deed.items;
  if (others.length) return takeBack(session, deed);
  if (first.content) return takeBack(session, deed, /** @type {Served} */ (first));
  return void whole(session, first).then((served) => {
    if (served && session.state.done.at(-1) === deed) takeBack(session, deed, served);
  });
}

/** @param {Session} session */
export function redo(session) {
  const deed = session.state.undone.at(-1);
  if (!deed) return session.say("There is nothing to redo.");
  const undone = session.state.undone.slice(0, -1);
  session.answerAll(deed.items, deed.answer);
  return session.set({ undone, mode: "label", group: null, said: `Done again: ${nameOf(deed.answer)}.` });
}
