import { html, useState } from "../../vendor/htm-preact.js";
import { ACTIONS, keyOf, keyOfClass, ofClass, shown } from "../keys.js";
import { Dialog } from "./parts.js";

/** @import { Session } from "../session.js" */

/** All keys, and how to change them. @param {{session: Session, close: () => void}} props */
export function Help({ session, close }) {
  const { settings, classes, places } = session.state;
  const [waiting, setWaiting] = useState("");
  const [problem, setProblem] = useState("");
  const lines = [
    ...classes.map(({ name }) => ({
      id: ofClass(name),
      says: name,
      key: keyOfClass(settings.bound, places, name),
    })),
    ...ACTIONS.map(({ id, says }) => ({ id, says, key: keyOf(settings.bound, id) })),
  ];
  const capture = (/** @type {KeyboardEvent} */ event, /** @type {string} */ id) => {
    if (waiting !== id || event.repeat || ["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key))
      return;
    event.preventDefault();
    event.stopPropagation();
    setWaiting("");
    if (event.key === "Escape") return;
    if (event.key.length > 1 || event.key === " ")
      return setProblem("Only keys that write a character can be used.");
    const other = lines.find((line) => line.key === event.key && line.id !== id);
    const mine = lines.find((line) => line.id === id);
    session.change({
      bound: { ...settings.bound, [id]: event.key, ...(other ? { [other.id]: mine?.key ?? "" } : {}) },
    });
    setProblem(other ? `“${other.says}” has changed its key with “${mine?.says}”.` : "");
  };
  const row = (/** @type {any} */ { id, says, key }) =>
    html`<li key=${id}>
      <span dir="auto">${says}</span>
      <button
        type="button"
        class="key"
        aria-label=${`Key of ${says}: ${key || "none"}. Change it`}
        onClick=${() => setWaiting(id)}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => capture(event, id)}
        onBlur=${() => setWaiting("")}
      >
        ${waiting === id ? "press a key" : key ? html`<kbd>${shown(key)}</kbd>` : "none"}
      </button>
    </li>`;
  return html`<${Dialog} title="Keys" close=${close} wide>
    <p><label><input type="checkbox" checked=${settings.keys} onChange=${(/** @type {any} */ event) => session.change({ keys: event.target.checked })} />
      ${" "}Single keys are on</label>. They sleep while you write. Click a key to change it.
      ${" "}<button type="button" class="small" onClick=${() => session.change({ bound: {} })}>All as they were</button></p>
    <p role="status">${problem}</p>
    <h3>Classes</h3><ul class="keys">${lines.slice(0, classes.length).map(row)}</ul>
    <h3>Actions</h3><ul class="keys">${lines.slice(classes.length).map(row)}</ul>
    <p class="hint">In grids, arrows move and Space selects. Esc closes and goes back. On pictures the wheel zooms, a double click too, and dragging moves.</p>
  </${Dialog}>`;
}
