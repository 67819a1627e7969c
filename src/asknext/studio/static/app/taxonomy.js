import { post } from "./api.js";
import { newId } from "./ids.js";

/** @import { Deed } from "./history.js" */
/** @import { Session } from "./session.js" */
/** @import { Class } from "./types.js" */

/**
 * Classes made, renamed, merged and split without leaving the item. The page shows the change at once; the
 * server hears of it in its turn.
 *
 */

/**
 * Answers given here, under their new name.
 *
 * @param {Session} session
 * @param {string} from
 * @param {string} to
 */
function follow(session, from, to) {
  const rename = (/** @type {Deed} */ deed) =>
    "class" in deed.answer && deed.answer.class === from ? { ...deed, answer: { class: to } } : deed;
  session.set({ done: session.state.done.map(rename), undone: session.state.undone.map(rename) });
}

/** @param {Session} session @param {string} name @param {string} to */
export function renameClass(session, name, to) {
  session.outbox.add("/api/classes/rename", { id: newId(), name, to });
  const { places, classes } = session.state;
  session.set({ places: { ...places, [to]: places[name] } });
  session.setClasses(classes.map((c) => (c.name === name ? { ...c, name: to, provisional: false } : c)));
  follow(session, name, to);
  session.say(`${name} is now called ${to}.`);
}

/** @param {Session} session @param {string} name @param {string} into */
export function mergeClass(session, name, into) {
  session.outbox.add("/api/classes/merge", { id: newId(), name, into });
  const gone = session.state.classes.find((c) => c.name === name);
  const kept = session.state.classes.filter((c) => c.name !== name);
  const count = (/** @type {Class} */ c) => (c.name === into ? c.count + (gone?.count ?? 0) : c.count);
  session.setClasses(kept.map((c) => ({ ...c, count: count(c) })));
  follow(session, name, into);
  session.say(`${name} is part of ${into} now.`);
}

/** @param {Session} session @param {string} name @param {number[]} items @param {string} to */
export function splitClass(session, name, items, to) {
  session.outbox.add("/api/classes/split", { id: newId(), name, items, to });
  if (!session.state.classes.some((c) => c.name === to)) {
    session.setClasses([...session.state.classes, { name: to, count: items.length, provisional: false }]);
  }
  session.say(`${items.length} items of ${name} are ${to} now.`);
}

/** A class whose name is not known yet. @param {Session} session @returns {Promise<Class | null>} */
export async function provisionalClass(session) {
  try {
    const made = await post("/api/classes", {});
    session.setClasses([...session.state.classes, made]);
    return made;
  } catch (error) {
    session.say(/** @type {Error} */ (error).message);
    return null;
  }
}
