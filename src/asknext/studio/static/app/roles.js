/** @import { Session } from "./session.js" */
/** @import { Role } from "./types.js" */

/** What the roles may do here; the server has the last word. What is not named is for all. */

/** @type {Role[]} */
const READERS = ["viewer", "owner"];
/** @type {Role[]} */
const LABELLERS = ["annotator", "owner"];
/** @type {Role[]} */
const OWNERS = ["owner"];

/** @type {Record<string, Role[]>} */
const MAY = {
  answer: LABELLERS,
  unsure: LABELLERS,
  "out-of-scope": LABELLERS,
  skip: LABELLERS,
  "new-class": LABELLERS,
  "find-class": LABELLERS,
  undo: LABELLERS,
  redo: LABELLERS,
  opinion: LABELLERS,
  comment: LABELLERS,
  bulk: LABELLERS,
  all: LABELLERS,
  review: READERS,
  export: READERS,
  agreement: READERS,
  disagreements: OWNERS,
  "edit-class": OWNERS,
  keep: OWNERS,
  fix: OWNERS,
  retrain: OWNERS,
  reopen: OWNERS,
};

/** Of what there is nothing with one person alone. */
const SHARED = ["agreement", "disagreements", "reopen"];

/**
 * Whether the person here may do something.
 *
 * @param {Session} session
 * @param {string} deed an action or one of "answer", "export", "agreement", "retrain"
 */
export function may(session, deed) {
  const { role, several } = session.state.project;
  return (several || !SHARED.includes(deed)) && (MAY[deed]?.includes(role) ?? true);
}
