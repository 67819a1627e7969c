import { html, useEffect, useLayoutEffect, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { nameOf } from "../classes.js";
import { newId } from "../ids.js";
import { may } from "../roles.js";
import { Answers } from "./answers.js";
import { Boxes } from "./boxes.js";
import { Item } from "./item.js";
import { ActionButton, Key, percent } from "./parts.js";
import { Back, ReviewTabs } from "./review-tabs.js";

/** @import { Session } from "../session.js" */
/** @import { Answer, Served } from "../types.js" */

/**
 * Answers to look at again: those the model doubts, and equal items with different ones. `p` is what the
 * model gives to the answer that stands.
 *
 * @typedef {{items: number[], answers: Answer[], model?: string, p?: number}} Case
 */

const NEXT = "ArrowRight"; // for those who only look

/** @param {any} reply @returns {Case[]} */
const cases = ({ suspects, duplicates }) => [
  ...duplicates.map((/** @type {any} */ d) => ({ items: d.items, answers: d.answers })),
  ...suspects.map((/** @type {any} */ s) => ({
    items: [s.item],
    answers: [s.answer],
    model: s.model,
    p: s.p,
  })),
];

/** What is doubtful. @param {{one: Case}} props */
function Doubt({ one: { items, answers, model, p } }) {
  const name = (/** @type {Answer} */ answer) => html`<b dir="auto">${nameOf(answer)}</b>`;
  if (items.length === 1) {
    return html`<span>
      Item ${items[0]}: the answer is ${name(answers[0])}, to which the model gives ${percent(p)}; it expects
      ${" "}<b dir="auto">${model}</b>
    </span>`;
  }
  const each = answers.map((answer, i) => html`${i ? ", " : ""}${name(answer)} (item ${items[i]})`);
  return html`<span>Equal items with different answers: ${each}</span>`;
}

/** @param {{session: Session}} props */
export function Review({ session }) {
  const [list, setList] = useState(/** @type {Case[] | null} */ (null));
  const [served, setServed] = useState(/** @type {Served[]} */ ([]));
  const one = list?.[0];

  useEffect(() => {
    const unsent = new Set(session.outbox.items);
    get("/api/review").then(
      (reply) => setList(cases(reply).filter((found) => !found.items.every((item) => unsent.has(item)))),
      (/** @type {Error} */ error) => {
        session.say(error.message);
        setList([]);
      },
    );
  }, []);
  useEffect(() => {
    let current = true;
    setServed([]);
    Promise.all((one?.items ?? []).map((item) => session.look(item))).then((found) => {
      if (current) setServed(/** @type {any} */ (found.filter(Boolean)));
    });
    return () => {
      current = false;
    };
  }, [one]);

  const next = () => setList((/** @type {any} */ old) => old?.slice(1) ?? null);
  const give = (/** @type {Answer} */ answer) => {
    if (!served.length || !may(session, "keep")) return;
    session.answerAll(served, answer);
    next();
  };
  useLayoutEffect(() => {
    session.scene = {
      give,
      act(action) {
        if (!one) return false;
        if (action === "keep") {
          session.outbox.add("/api/review", { id: newId(), items: one.items, verdict: "keep" }, one.items);
          session.say(`Kept: ${one.answers.map(nameOf).join(", ")}.`);
          next();
        } else if (action === "fix") {
          if (one.model) give({ class: one.model });
          else session.set({ box: "find" });
        } else return false;
        return true;
      },
      press(key) {
        if (!one || key !== NEXT || may(session, "keep")) return false;
        next();
        return true;
      },
    };
    return () => {
      session.scene = null;
    };
  });

  if (!list) return html`<div class="empty"><p>Looking for doubtful answers …</p></div>`;
  if (!one) {
    return html`<div class="meta">
        <${ReviewTabs} session=${session} />
        <span class="tools"><${Back} session=${session} /></span>
      </div>
      <div class="empty">
        <h2>Nothing to review</h2>
        <p>No answer is in doubt as far as the last model can tell, and no equal items differ.</p>
      </div>`;
  }
  const keys = html`<${ActionButton}
      session=${session}
      action="keep"
      says=${one.items.length > 1 ? "Keep all as they are" : "Keep the answer"}
    />
    <${ActionButton}
      session=${session}
      action="fix"
      says=${one.model ? `Take “${one.model}”` : "Choose one for all"}
    />`;
  return html` <div class="meta">
      <${ReviewTabs} session=${session} />
      <span class="chip">${list.length} to look at</span>
      <${Doubt} one=${one} />
      <span class="tools">
        <${ActionButton} session=${session} action="undo" quiet /><${Back} session=${session} />
      </span>
    </div>
    <div class=${served.length > 1 ? "item several" : "item"} data-item=${one.items[0]}>
      ${served.map((each) => html`<${Item} key=${each.item} served=${each} session=${session} />`)}
    </div>
    <${Boxes} session=${session} />
    ${
      may(session, "keep")
        ? html`<${Answers}
            session=${session}
            given=${served.length === 1 ? served[0].answer : null}
            extra=${keys}
          />`
        : html`<p>
            <button type="button" aria-keyshortcuts=${NEXT} onClick=${next}><${Key} of=${NEXT} /> Next</button>
          </p>`
    }`;
}
