import { html, useState } from "../../vendor/htm-preact.js";
import { nearEqual } from "../classes.js";
import { mergeClass, renameClass } from "../taxonomy.js";
import { count, Dialog } from "./parts.js";
import { Split } from "./split.js";

/** @import { Session } from "../session.js" */
/** @typedef {{session: Session, name: string, close: () => void}} Props */

/** @param {(text: string) => void} set */
const into = (set) => (/** @type {any} */ event) => set(event.target.value);

/** @param {Props} props @param {() => void} deed */
const done =
  ({ close }, deed) =>
  (/** @type {Event} */ event) => {
    event.preventDefault();
    deed();
    close();
  };

/** @param {Props} props */
function Rename(props) {
  const { session, name } = props;
  const [to, setTo] = useState("");
  const wanted = to.trim();
  const others = session.state.classes.filter((c) => c.name !== name);
  const taken = others.some((c) => c.name === wanted);
  const near = nearEqual(wanted, others)[0];
  const warning = taken
    ? "There is a class of this name; merge the two instead."
    : near && `Very like “${near.name}”.`;
  return html`<form onSubmit=${done(props, () => renameClass(session, name, wanted))}>
    <h3>Rename</h3>
    <label>New name <input type="text" dir="auto" value=${to} onInput=${into(setTo)} /></label>
    <button type="submit" disabled=${!wanted || taken || wanted === name}>Rename</button>
    ${warning && html`<p class="warning">${warning}</p>`}
  </form>`;
}

/** @param {Props} props */
function Merge(props) {
  const { session, name } = props;
  const [target, setTarget] = useState("");
  const others = session.state.classes.filter((c) => c.name !== name);
  const n = session.state.classes.find((c) => c.name === name)?.count;
  return html`<form onSubmit=${done(props, () => mergeClass(session, name, target))}>
    <h3>Merge</h3>
    <label>
      “${name}” becomes part of${" "}
      <select value=${target} onChange=${into(setTarget)}>
        <option value="">choose a class</option>
        ${others.map((c) => html`<option key=${c.name} value=${c.name}>${c.name}</option>`)}
      </select>
    </label>
    <button type="submit" disabled=${!target}>Merge</button>
    <p class="hint">
      All ${count(n)} answers “${name}” become “${target || "…"}”. A split takes it back, item by item.
    </p>
  </form>`;
}

/** Rename, merge or split a class while the item stays. @param {{session: Session, close: () => void}} props */
export function ClassEditor({ session, close }) {
  const { classes, edited } = session.state;
  const [name, setName] = useState(classes.find((c) => c.name === edited)?.name ?? classes[0]?.name ?? "");
  if (!classes.length)
    return html`<${Dialog} title="Classes" close=${close}><p>There is no class yet.</p></${Dialog}>`;
  const props = { session, name, close, key: name };
  return html`<${Dialog} title="Classes" close=${close}>
    <label>
      Class${" "}
      <select value=${name} onChange=${into(setName)}>
        ${classes.map((c) => html`<option key=${c.name} value=${c.name}>${c.name} (${count(c.count)})</option>`)}
      </select>
    </label>
    <${Rename} ...${props} /><${Merge} ...${props} /><${Split} ...${props} />
  </${Dialog}>`;
}
