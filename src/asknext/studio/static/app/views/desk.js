import { html, useEffect, useLayoutEffect, useRef } from "../../vendor/htm-preact.js";
import { nameOf } from "../classes.js";
import { give } from "../commands.js";
import { provisionalClass } from "../taxonomy.js";
import { Answers } from "./answers.js";
import { Item } from "./item.js";
import { ActionButton, percent } from "./parts.js";
import { Picker } from "./picker.js";
import { Why } from "./why.js";

/** @import { Session } from "../session.js" */
/** @import { Served } from "../types.js" */

/** @param {Served} served */
const origin = ({ slot, round }) =>
  ({
    asked: `asked in round ${round}`,
    "left over": `left over from round ${round}`,
    again: "again",
    random: "at random",
  })[slot];

/** @param {{session: Session}} props */
function CommentBox({ session }) {
  const input = useRef(null);
  useEffect(() => /** @type {any} */ (input.current).focus(), []);
  const close = () => session.set({ box: null });
  const key = (/** @type {any} */ event) => {
    if (event.key === "Enter" && !event.repeat && !event.isComposing) session.comment(event.target.value);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return html`<div class="box">
    <label for="comment">Comment on this item</label>
    <input id="comment" ref=${input} type="text" dir="auto" onKeyDown=${key} />
    <p class="hint">
      Enter keeps it.
      <button type="button" class="small" onClick=${close}>Close <kbd aria-hidden="true">Esc</kbd></button>
    </p>
  </div>`;
}

/**
 * The boxes that open above the answers; shared by the views.
 *
 * @param {{session: Session, served?: Served}} props
 */
export function Boxes({ session, served }) {
  const { box } = session.state;
  const close = () => session.set({ box: null });
  const pick = (/** @type {string} */ name) => {
    close();
    give(session, { class: name });
  };
  const provisional = async () => {
    const made = await provisionalClass(session);
    if (made) pick(made.name);
  };
  if (box === "new")
    return html`<${Picker}
      key="new"
      session=${session}
      title="New class"
      fresh
      pick=${pick}
      provisional=${provisional}
      close=${close}
    />`;
  if (box === "find")
    return html`<${Picker} key="find" session=${session} title="Find a class" pick=${pick} close=${close} />`;
  if (box === "comment" && served) return html`<${CommentBox} session=${session} />`;
  if (box === "why" && served)
    return html`<${Why} key=${served.item} session=${session} item=${served.item} close=${close} />`;
  return null;
}

/** @param {{session: Session}} props */
function LastAnswer({ session }) {
  const { done, undone, opinion } = session.state;
  const deed = done.at(-1);
  const model = opinion?.model;
  const own = deed ? nameOf(deed.answer) : "";
  const verdict =
    deed && "class" in deed.answer ? (model?.name === own ? ": the same." : ": it differs.") : ".";
  return html`<div class="last">
    <span
      >${deed ? html`Last: <b dir="auto">${own}</b> (${deed.items.length === 1 ? `item ${deed.items[0].item}` : `${deed.items.length} items`})` : "Nothing answered yet in this visit."}</span
    >
    ${opinion && html`<span class="opinion">${model ? html`The model says <b dir="auto">${model.name}</b>, ${percent(model.p)}${verdict}` : "The model has no opinion yet."}</span>`}
    <span class="tools">
      ${deed && html`<${ActionButton} session=${session} action="undo" quiet />`}
      ${undone.length > 0 && html`<${ActionButton} session=${session} action="redo" quiet />`}
      ${deed && html`<${ActionButton} session=${session} action="opinion" quiet />`}
    </span>
  </div>`;
}

/** One item, large, and its answers. @param {{session: Session}} props */
export function Desk({ session }) {
  const served = session.queue.current;
  useLayoutEffect(() => {
    session.scene = {
      act(/** @type {string} */ action) {
        if (!action.startsWith("zoom-")) return false;
        session.zoom?.(action);
        return true;
      },
    };
    return () => {
      session.scene = null;
    };
  }, []);
  if (!served) {
    return html`<div class="empty">
      ${
        session.queue.drained
          ? html`<h2>Nothing is left to answer</h2>
              <p>Look through doubtful answers with Review, or take the labels with Export.</p>`
          : html`<p>Fetching items …</p>`
      }<${LastAnswer} session=${session} />
    </div>`;
  }
  const { item, answer } = served;
  return html` <div class="meta">
      <span>Item ${item}</span><span class="chip">${origin(served)}</span>
      ${answer && html`<span class="chip">your answer: <b dir="auto">${nameOf(answer)}</b></span>`}
      <span class="tools"
        ><${ActionButton} session=${session} action="why" quiet />
        <${ActionButton} session=${session} action="comment" quiet />
        <${ActionButton} session=${session} action="edit-class" quiet
      /></span>
    </div>
    <div class="item" data-item=${item}><${Item} served=${served} session=${session} /></div>
    <div class="above"><${Boxes} session=${session} served=${served} /></div>
    <${Answers} session=${session} given=${answer} />
    <${LastAnswer} session=${session} />`;
}
