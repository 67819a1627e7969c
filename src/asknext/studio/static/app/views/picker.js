import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { matching, nearEqual } from "../classes.js";
import { Swatch } from "./parts.js";

/** @import { Session } from "../session.js" */

const SHOWN = 12;

/**
 * A class by typing its beginning, or a new one. Enter takes the marked line; a name nearly equal to another
 * wants Enter twice.
 *
 * @param {{session: Session, title: string, fresh?: boolean, pick: (name: string) => void,
 *   later?: () => void, close: () => void}} props
 */
export function Picker({ session, title, fresh, pick, later, close }) {
  const { classes, places } = session.state;
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [warned, setWarned] = useState("");
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => input.current?.focus(), []);

  const name = typed.trim();
  const exact = classes.some((c) => c.name === name);
  const near = exact ? [] : nearEqual(name, classes);
  const fitting = name ? new Set([...near, ...matching(name, classes)]) : fresh ? [] : classes;
  const found = [...fitting].slice(0, SHOWN).map((c) => c.name);
  const made = name && !exact ? [null] : [];
  const lines = fresh ? [...made, ...found] : [...found, ...made];
  const marked = Math.min(at, Math.max(0, lines.length - 1));

  const take = (/** @type {string | null | undefined} */ line) => {
    if (line) pick(line);
    else if (line === null && near.length && warned !== name) setWarned(name);
    else if (line === null) pick(name);
    else if (!name && later) later();
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "ArrowDown") setAt((marked + 1) % Math.max(1, lines.length));
    else if (event.key === "ArrowUp") setAt((marked + lines.length - 1) % Math.max(1, lines.length));
    else if (event.key === "Enter" && !event.repeat && !event.isComposing) take(lines[marked]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return html`<div class="box picker" role="group" aria-label=${title}>
    <label for="picker">${title}</label>
    <input
      id="picker"
      ref=${input}
      type="text"
      role="combobox"
      autocomplete="off"
      spellcheck=${false}
      dir="auto"
      aria-expanded=${lines.length > 0}
      aria-controls="picker-lines"
      aria-autocomplete="list"
      aria-activedescendant=${lines.length ? `picker-${marked}` : undefined}
      value=${typed}
      onKeyDown=${key}
      onInput=${(/** @type {any} */ event) => {
        setTyped(event.target.value);
        setAt(0);
      }}
    />
    <ul id="picker-lines" role="listbox" aria-label="Classes that match">
      ${lines.map(
        (line, i) =>
          html`<li
            id=${`picker-${i}`}
            key=${line ?? " new"}
            role="option"
            aria-selected=${i === marked}
            onMouseDown=${(/** @type {Event} */ event) => event.preventDefault()}
            onClick=${() => take(line)}
          >
            ${
              line === null
                ? html`<span>New class “<b dir="auto">${name}</b>”</span>`
                : html`<${Swatch} place=${places[line]} /><span dir="auto">${line}</span>`
            }
          </li>`,
      )}
    </ul>
    ${
      near.length > 0 &&
      html`<p class="warning" role="alert">
        Very like ${near.map((c) => `“${c.name}”`).join(", ")}.
        ${warned === name ? " Enter once more makes a new class all the same." : " Is it the same?"}
      </p>`
    }
    <p class="hint">
      ${fresh ? "Enter makes the class and answers with it." : "Enter takes the marked class."}${" "}
      ${later && html`<button type="button" class="small" onClick=${later}>Name it later</button>`}${" "}
      <button type="button" class="small" onClick=${close}>Close <kbd aria-hidden="true">Esc</kbd></button>
    </p>
  </div>`;
}
