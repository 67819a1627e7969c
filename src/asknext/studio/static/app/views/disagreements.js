import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { nameOf } from "../classes.js";
import { reopening } from "../outbox.js";
import { Boxes } from "./boxes.js";
import { Item } from "./item.js";
import { ActionButton, count, Key, percent, Swatch } from "./parts.js";
import { Back, ReviewTabs } from "./review-tabs.js";

/** @import { Session } from "../session.js" */
/** @import { Answer, Opinions, Served } from "../types.js" */
/** @typedef {Served & Opinions} Case */

/** @param {Answer} a @param {Answer | null | undefined} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b ?? null);

/** The different answers that were given, most frequent first, with who gave each. @param {Case} one */
function given({ opinions }) {
  /** @type {{answer: Answer, by: string[]}[]} */
  const found = [];
  for (const { actor, answer } of opinions) {
    const there = found.find((other) => same(other.answer, answer));
    if (there) there.by.push(actor);
    else found.push({ answer, by: [actor] });
  }
  return found.sort((a, b) => b.by.length - a.by.length);
}

/**
 * One answer that was given, as a button.
 *
 * @param {{session: Session, one: Case, choice: {answer: Answer, by: string[]}, place: number,
 *   decide: (answer: Answer) => void}} props
 */
function Choice({ session, one, choice: { answer, by }, place, decide }) {
  const { places, settings } = session.state;
  const key = settings.keys && place < 9 ? String(place + 1) : "";
  const guess = one.dawid_skene && same(answer, one.dawid_skene.answer) ? one.dawid_skene : null;
  return html`<li>
    <button
      type="button"
      class="class choice"
      aria-keyshortcuts=${key || undefined}
      onClick=${() => decide(answer)}
    >
      <${Key} of=${key} />
      <${Swatch} place=${"class" in answer ? places[answer.class] : undefined} />
      <span class="name"><b dir="auto">${nameOf(answer)}</b> <span dir="auto">${by.join(", ")}</span></span>
      ${same(answer, one.majority) && by.length > 1 && html`<span class="chip">majority</span>`}
      ${
        guess &&
        html`<span class="chip" title="How likely it is, given how reliable each person seems to be"
          >Dawid–Skene ${percent(guess.p)}</span
        >`
      }
    </button>
  </li>`;
}

/**
 * Items of which people said different things, one at a time; the owner has the last word.
 *
 * @param {{session: Session}} props
 */
export function Disagreements({ session }) {
  const [list, setList] = useState(/** @type {Case[] | null} */ (null));
  const [left, setLeft] = useState(0);
  const [past, setPast] = useState(/** @type {{one: Case, letter?: string}[]} */ ([]));
  const gone = useRef(/** @type {Set<number>} */ (new Set()));
  const one = list?.[0];
  const dry = list !== null && !one;

  useEffect(() => {
    if (list?.length) return;
    const unsent = new Set(session.outbox.items);
    get("/api/disagreements").then(
      (/** @type {{items: Case[], left: number}} */ { items, left: open }) => {
        setList(items.filter(({ item }) => !unsent.has(item) && !gone.current.has(item)));
        setLeft(open);
      },
      (/** @type {Error} */ error) => {
        session.say(error.message);
        setList([]);
      },
    );
  }, [dry]);

  /** @param {string} [letter] with the last word, where it was spoken */
  const next = (letter) => {
    if (!one || !list) return;
    gone.current.add(one.item);
    setPast([...past, { one, letter }].slice(-50));
    setList(list.slice(1));
  };
  const decide = (/** @type {Answer} */ answer) => {
    if (!one) return;
    if ("kind" in answer && answer.kind === "skipped") {
      session.set({ said: `Item ${one.item}: left open.`, shown: false, box: null });
      return next();
    }
    if ("kind" in answer && answer.kind === "unsure")
      return session.say("The last word is a class, or out of scope; press s to leave it open.");
    return next(session.adjudicate(one.item, answer));
  };
  const before = () => {
    const last = past.at(-1);
    if (!last || !list) return session.say("There is no item before this one.");
    if (last.letter) session.outbox.cancel(last.letter, [reopening(last.one.item)]);
    session.say(last.letter ? `Item ${last.one.item}: the last word is withdrawn.` : `Item ${last.one.item} again.`);
    setPast(past.slice(0, -1));
    return setList([last.one, ...list]);
  };
  useLayoutEffect(() => {
    session.scene = {
      give: decide,
      act(action) {
        if (action === "undo") before();
        else if (action.startsWith("zoom-")) session.zoom?.(action);
        else return false;
        return true;
      },
      press(key) {
        if (!one || !session.state.settings.keys || !/^[1-9]$/.test(key)) return false;
        const choice = given(one)[Number(key) - 1];
        if (choice) decide(choice.answer);
        return true;
      },
    };
    return () => {
      session.scene = null;
    };
  });

  const back = past.at(-1)?.letter ? "Withdraw the last word" : "The one before";
  const tools = html`<span class="tools"
    >${past.length > 0 && html`<${ActionButton} session=${session} action="undo" says=${back} quiet />`}
    <${Back} session=${session} /></span>`;
  if (!list || !one) {
    return html`<div class="meta"><${ReviewTabs} session=${session} />${tools}</div>
      <div class="empty">
        ${
          list
            ? html`<h2>No disagreements</h2>
                <p>
                  Wherever several people answered, they say the same, you have had the last word, or left it
                  open.
                </p>`
            : html`<p>Looking for disagreements …</p>`
        }
      </div>`;
  }
  return html`<div class="meta">
      <${ReviewTabs} session=${session} />
      <span class="chip">${count(list.length + left)} open</span><span>Item ${one.item}</span>
      ${tools}
    </div>
    <div class="item" data-item=${one.item}><${Item} key=${one.item} served=${one} session=${session} /></div>
    <${Boxes} session=${session} />
    <div class="answers">
      <ol class="choices" aria-label="Answers that were given">
        ${given(one).map(
          (choice, place) =>
            html`<${Choice} key=${place} ...${{ session, one, choice, place, decide }} />`,
        )}
      </ol>
      <div class="others" role="group" aria-label="Other answers">
        <${ActionButton} session=${session} action="out-of-scope" />
        <${ActionButton} session=${session} action="find-class" says="Another class" />
        <${ActionButton} session=${session} action="new-class" />
        <${ActionButton} session=${session} action="skip" says="Leave it open" />
      </div>
    </div>`;
}
