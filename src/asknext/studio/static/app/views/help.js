import { html, useState } from "../../vendor/htm-preact.js";
import { ACTIONS, keyOf, keyOfClass, ofClass, shown } from "../keys.js";
import { may } from "../roles.js";
import { Dialog, KeysSwitch } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @typedef {{id: string, says: string, key: string}} Line */

const NO_KEYS = ["Shift", "Control", "Alt", "Meta", "Tab", "CapsLock"];

/** All keys, and how to change them. @param {{session: Session, close: () => void}} props */
export function Help({ session, close }) {
  const { settings, classes, places } = session.state;
  const [waiting, setWaiting] = useState("");
  const [news, setNews] = useState("");
  const ofClasses = (may(session, "answer") ? classes : []).map(({ name }) => {
    return { id: ofClass(name), says: name, key: keyOfClass(settings.bound, places, name) };
  });
  const able = ACTIONS.filter(({ id }) => may(session, id));
  const ofActions = able.map(({ id, says }) => ({ id, says, key: keyOf(settings.bound, id) }));

  /** The line gets the key; the one that had it gets the old key of this one. @param {Line} line @param {string} key */
  const bind = (line, key) => {
    const other = [...ofClasses, ...ofActions].find((one) => one.key === key && one.id !== line.id);
    const bound = { ...settings.bound, [line.id]: key };
    if (other) bound[other.id] = line.key;
    session.change({ bound });
    setNews(other ? `“${other.says}” has changed its key with “${line.says}”.` : "");
  };
  /** @param {KeyboardEvent} event @param {Line} line */
  const capture = (event, line) => {
    if (waiting !== line.id || event.repeat || NO_KEYS.includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    setWaiting("");
    if (event.key === "Escape") return;
    if (event.key.length > 1 || event.key === " ") setNews("Only keys that write a character can be used.");
    else bind(line, event.key);
  };
  /** @param {Line} line */
  const row = (line) =>
    html`<li key=${line.id}>
      <span dir="auto">${line.says}</span>
      <button
        type="button"
        class="key"
        aria-label=${`Key of ${line.says}: ${line.key || "none"}. Change it`}
        onClick=${() => setWaiting(line.id)}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => capture(event, line)}
        onBlur=${() => setWaiting("")}
      >
        ${waiting === line.id ? "press a key" : line.key ? html`<kbd>${shown(line.key)}</kbd>` : "none"}
      </button>
    </li>`;
  const reset = () => session.change({ bound: {} });
  return html`<${Dialog} title="Keys" close=${close} wide>
    <p><${KeysSwitch} session=${session} /></p>
    <p class="hint">
      They sleep while you write. Click a key to change it.${" "}
      <button type="button" class="small" onClick=${reset}>All as they were</button>
    </p>
    <p role="status">${news}</p>
    ${
      ofClasses.length > 0 &&
      html`<h3>Classes</h3>
        <ul class="keys">${ofClasses.map(row)}</ul>`
    }
    <h3>Actions</h3>
    <ul class="keys">${ofActions.map(row)}</ul>
    <p class="hint">
      Arrows and Page keys scroll a long text. In grids, arrows move and Space selects. Esc closes and goes back.
      ${" "}On pictures the wheel zooms, a double click too, and dragging moves.
    </p>
  </${Dialog}>`;
}
