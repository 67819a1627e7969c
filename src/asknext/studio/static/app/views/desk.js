import { html, useLayoutEffect, useRef } from "../../vendor/htm-preact.js";
import { nameOf } from "../classes.js";
import { may } from "../roles.js";
import { Answers } from "./answers.js";
import { Boxes } from "./boxes.js";
import { Item } from "./item.js";
import { LastAnswer } from "./last.js";
import { Since } from "./now.js";
import { ActionButton } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @import { Served } from "../types.js" */

/** How many times the height of the place each key scrolls. @type {Record<string, number>} */
const SCROLL = { ArrowDown: 0.15, ArrowUp: -0.15, PageDown: 0.9, PageUp: -0.9 };

/** @param {Served} served */
const origin = ({ slot, round }) =>
  ({
    asked: `asked in round ${round}`,
    "left over": `left over from round ${round}`,
    again: "again",
    random: "at random",
    "second opinion": "someone else answered this too",
  })[slot];

/** Why there is no item: what the page waits for, and for how long. @param {{session: Session}} props */
function Nothing({ session }) {
  const { lostSince } = session.state;
  if (lostSince !== null) {
    return html`<h2>Waiting for the server</h2>
      <p>
        It has been gone for <${Since} since=${lostSince} />, and the items that were here are all answered. The
        page asks again every few seconds, and goes on by itself.
      </p>`;
  }
  if (!session.queue.drained) return html`<h2>Fetching items …</h2>`;
  return html`<h2>Nothing is left to answer</h2>
    <p>Look through doubtful answers with Review, or take the labels with Export.</p>`;
}

/** One item, large, and its answers. @param {{session: Session}} props */
export function Desk({ session }) {
  const served = session.queue.current;
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    session.scene = {
      give: (answer) => void session.answer(answer),
      act(action) {
        if (!action.startsWith("zoom-")) return false;
        session.zoom?.(action);
        return true;
      },
      press(key) {
        const region = place.current?.querySelector("[role=region]");
        if (!(key in SCROLL) || !region || document.activeElement !== document.body) return false;
        region.scrollBy({ top: SCROLL[key] * region.clientHeight });
        return true;
      },
    };
    return () => {
      session.scene = null;
    };
  }, []);

  if (!served) {
    return html`<div class="empty">
      <${Nothing} session=${session} /><${LastAnswer} session=${session} />
    </div>`;
  }
  const { item, answer, decided } = served;
  const { project } = session.state;
  const whose = project.several && project.role !== "annotator" ? "answer" : "your answer";
  const labels = may(session, "answer");
  const tool = (/** @type {string} */ action) =>
    html`<${ActionButton} session=${session} action=${action} quiet />`;
  return html`
    <div class="meta">
      <span>Item ${item}</span><span class="chip">${origin(served)}</span>
      ${answer && html`<span class="chip">${whose}: <b dir="auto">${nameOf(answer)}</b></span>`}
      ${decided && html`<span class="chip">the last word</span>`}
      <span class="tools">${decided && tool("reopen")}${tool("why")}${tool("comment")}${tool("edit-class")}${
        !labels &&
        html`<button type="button" class="quiet" onClick=${() => session.queue.drop([item])}>
          Overview <kbd aria-hidden="true">Esc</kbd>
        </button>`
      }</span>
    </div>
    <div class="item" ref=${place} data-item=${item}><${Item} served=${served} session=${session} /></div>
    <${Boxes} session=${session} served=${served} />
    ${labels && html`<${Answers} session=${session} given=${answer} />`}
    ${labels && html`<${LastAnswer} session=${session} />`}
  `;
}
