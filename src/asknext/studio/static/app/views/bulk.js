import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { whole } from "../history.js";
import { Answers } from "./answers.js";
import { Boxes } from "./boxes.js";
import { Grid } from "./grid.js";
import { Pager } from "./pager.js";
import { ActionButton, count } from "./parts.js";

/** @import { Kept } from "../history.js" */
/** @import { Session } from "../session.js" */
/** @import { Answer, Served } from "../types.js" */

const SIMILAR = 24;
const PAGE = 48;

/** @param {Session} session @returns {Promise<Served[]>} */
async function similar(session) {
  const current = session.queue.current;
  if (!current) return [];
  const { items } = await get(`/api/items/${current.item}/similar?n=${SIMILAR - 1}`);
  const unsent = new Set(session.outbox.items);
  const others = items.filter(
    (/** @type {any} */ served) => served.item !== current.item && !unsent.has(served.item),
  );
  return [current, ...others];
}

/**
 * Many items, one answer: those similar to the item in front, or those chosen on the map, page by page. Of
 * chosen ones all that are seen are selected: nothing is answered unseen.
 *
 * @param {{session: Session}} props
 */
export function Bulk({ session }) {
  const { group } = session.state;
  const [all, setAll] = useState(/** @type {Kept[] | null} */ (group));
  const [from, setFrom] = useState(0);
  const [items, setItems] = useState(/** @type {Served[] | null} */ (null));
  const [chosen, choose] = useState(/** @type {Set<number>} */ (new Set()));
  const known = useRef(/** @type {Map<number, Served>} */ (new Map()));

  useEffect(() => {
    setFrom(0);
    known.current.clear();
    if (group) return setAll(group);
    return void similar(session).then(setAll, (/** @type {Error} */ error) => {
      session.say(error.message);
      setAll([]);
    });
  }, [group]);
  useEffect(() => {
    if (!all) return undefined;
    let current = true;
    const page = all.slice(from, from + PAGE).map((kept) => known.current.get(kept.item) ?? kept);
    Promise.all(page.map((kept) => whole(session, kept))).then((found) => {
      if (!current) return;
      const there = found.filter((served) => served !== null);
      for (const served of there) known.current.set(served.item, served);
      setItems(there);
      choose(new Set(group ? there.filter(({ answer }) => !answer).map(({ item }) => item) : []));
    });
    return () => {
      current = false;
    };
  }, [all, from]);

  if (!all || !items) return html`<div class="empty"><p>Looking for items …</p></div>`;
  const give = (/** @type {Answer} */ answer) => {
    const taken = items.filter((/** @type {Served} */ served) => chosen.has(served.item));
    session.answerAll(taken, answer);
    if (!taken.length) return;
    const rest = all.filter((/** @type {Kept} */ kept) => !chosen.has(kept.item));
    setItems(items.filter((/** @type {Served} */ served) => !chosen.has(served.item)));
    choose(new Set());
    if (from >= rest.length) setFrom(Math.max(0, rest.length - PAGE));
    setAll(rest);
    if (!rest.length) session.set({ mode: "label", group: null });
  };
  return html` <div class="meta">
      <h2>${group ? "Chosen items" : "Similar items"}</h2>
      <span class="chip" aria-live="polite">${count(chosen.size)} of ${count(items.length)} selected</span>
      <${Pager} from=${from} shown=${items.length} of=${all.length} size=${PAGE} move=${setFrom} />
      <span class="hint">Space selects; a class key answers all selected.</span>
      <span class="tools"
        ><${ActionButton} session=${session} action="all" quiet />
        <${ActionButton} session=${session} action="undo" quiet />
        <button type="button" class="quiet" onClick=${() => session.set({ mode: "label", group: null })}>
          Back <kbd aria-hidden="true">Esc</kbd>
        </button></span
      >
    </div>
    <div class="scroll">
      <${Grid}
        session=${session}
        items=${items}
        chosen=${chosen}
        choose=${choose}
        scene=${{ give }}
        label="Items to answer together"
      />
    </div>
    <${Boxes} session=${session} />
    <${Answers} session=${session} />`;
}
