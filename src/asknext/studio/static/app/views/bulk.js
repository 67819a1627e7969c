import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { Answers } from "./answers.js";
import { Boxes } from "./boxes.js";
import { Grid } from "./grid.js";
import { ActionButton, count } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @import { Answer, Served } from "../types.js" */

const PAGE = 24;

/** @param {Session} session @returns {Promise<Served[]>} */
async function similar(session) {
  const current = session.queue.current;
  if (!current) return [];
  const { items } = await get(`/api/items/${current.item}/similar?n=${PAGE - 1}`);
  const unsent = new Set(session.outbox.items);
  const others = items.filter(
    (/** @type {any} */ served) => served.item !== current.item && !unsent.has(served.item),
  );
  return [current, ...others];
}

/**
 * Many items, one answer: those similar to the item in front, or those chosen on the map.
 *
 * @param {{session: Session}} props
 */
export function Bulk({ session }) {
  const { group } = session.state;
  const [items, setItems] = useState(group);
  const [chosen, choose] = useState(/** @type {Set<number>} */ (new Set()));
  useEffect(() => {
    if (group) {
      setItems(group);
      choose(new Set(group.filter((served) => !served.answer).map((served) => served.item)));
      return;
    }
    similar(session).then(setItems, (/** @type {Error} */ error) => {
      session.say(error.message);
      setItems([]);
    });
  }, [group]);

  if (!items) return html`<div class="empty"><p>Looking for similar items …</p></div>`;
  const give = (/** @type {Answer} */ answer) => {
    const taken = items.filter((served) => chosen.has(served.item));
    session.answerAll(taken, answer);
    if (!taken.length) return;
    const rest = items.filter((served) => !chosen.has(served.item));
    setItems(rest);
    choose(new Set());
    if (!rest.length) session.set({ mode: "label", group: null });
  };
  return html` <div class="meta">
      <h2>${group ? "Chosen items" : "Similar items"}</h2>
      <span class="chip" aria-live="polite">${count(chosen.size)} of ${count(items.length)} selected</span>
      <span class="hint">Arrows move, Space selects, a class key answers all that are selected.</span>
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
