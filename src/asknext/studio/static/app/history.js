import { nameOf } from "./classes.js";
import { newId } from "./ids.js";
import { makeLetter, reopening } from "./outbox.js";
import { may } from "./roles.js";
import { recall, remember } from "./settings.js";

/** @import { Letter } from "./outbox.js" */
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

/** Whether a correction of an item becomes the last word. @param {Session} session @param {Kept} kept */
const isWord = (session, kept) => Boolean(kept.several) && !kept.decided && may(session, "reopen");

/**
 * The items of a deed as they are without it. Skipping one beside the opinions of others took the own one away, so
 * that it is as if not answered yet.
 *
 * @param {Session} session
 * @param {Deed} deed
 */
function before(session, { items, answer }) {
  if (!("kind" in answer) || answer.kind !== "skipped") return items;
  return items.map((kept) => (isWord(session, kept) ? { ...kept, answer: null } : kept));
}

/**
 * What undoes a deed on the server: answers are taken back, the last word is withdrawn if a correction became one,
 * else what was replaced is given again.
 *
 * @param {Session} session
 * @param {Kept[]} items
 * @returns {Letter[]}
 */
function undoing(session, items) {
  const ids = items.filter((kept) => !kept.answer).map((kept) => kept.item);
  const back = ids.length ? [makeLetter("/api/retract", { id: newId(), items: ids, tab: session.tab.id }, ids)] : [];
  for (const kept of items) {
    if (!kept.answer) continue;
    back.push(isWord(session, kept) ? reopening(kept.item) : session.answerLetter([kept], kept.answer));
  }
  return back;
}

/** @param {Session} session @param {Deed} deed @param {Served} [served] the item, where it is one */
function takeBack(session, deed, served) {
  const { done, undone } = session.state;
  const items = before(session, deed);
  session.set({ done: done.slice(0, -1), undone: [...undone, { ...deed, items }], opinion: null });
  if (served) {
    session.queue.putFirst({ ...served, answer: items[0].answer ?? null });
    session.set({ mode: "label", group: null });
  } else session.set({ mode: "bulk", group: items });
  session.clock.restart();
  session.say(`Undone: ${nameOf(deed.answer)}.`);
  session.outbox.cancel(deed.letter, undoing(session, items));
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
