import { html, useEffect, useRef } from "../../vendor/htm-preact.js";
import { give } from "../commands.js";
import { provisionalClass } from "../taxonomy.js";
import { Picker } from "./picker.js";
import { Why } from "./why.js";

/** @import { Session } from "../session.js" */
/** @import { Served } from "../types.js" */

/** @param {{session: Session, close: () => void}} props */
function CommentBox({ session, close }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => input.current?.focus(), []);
  /** @param {any} event */
  const key = (event) => {
    if (event.key === "Enter" && !event.repeat && !event.isComposing) session.comment(event.target.value);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return html`<div class="box">
    <label for="comment">Comment on this item</label>
    <input id="comment" ref=${input} type="text" dir="auto" onKeyDown=${key} />
    <p class="hint">
      Enter keeps it.${" "}
      <button type="button" class="small" onClick=${close}>Close <kbd aria-hidden="true">Esc</kbd></button>
    </p>
  </div>`;
}

/** The box that is open above the answers, if one is. @param {{session: Session, served?: Served}} props */
export function Boxes({ session, served }) {
  const { box } = session.state;
  const close = () => session.set({ box: null });
  /** @param {string} name */
  const pick = (name) => {
    close();
    give(session, { class: name });
  };
  const provisional = async () => {
    const made = await provisionalClass(session);
    if (made) pick(made.name);
  };
  const all = { session, close };
  const boxes = {
    new: () =>
      html`<${Picker} ...${all} key="new" title="New class" fresh pick=${pick} later=${provisional} />`,
    find: () => html`<${Picker} ...${all} key="find" title="Find a class" pick=${pick} />`,
    comment: () => served && html`<${CommentBox} ...${all} />`,
    why: () => served && html`<${Why} ...${all} key=${served.item} served=${served} />`,
  };
  return html`<div class="above">${box && boxes[box]()}</div>`;
}
