import { html, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { nearEqual } from "../classes.js";
import { mergeClass, renameClass, splitClass } from "../taxonomy.js";
import { Dialog, count } from "./parts.js";
import { Glimpse } from "./item.js";

/** @import { Session } from "../session.js" */

const AT_ONCE = 60;

/** @param {Session} session @param {string} name */
async function members(session, name) {
  const { ids, value, answered } = await get("/api/map?color=class");
  const own = ids.filter(
    (/** @type {number} */ _, /** @type {number} */ i) => answered[i] && value[i] === name,
  );
  const found = await Promise.all(own.slice(0, AT_ONCE).map((/** @type {number} */ id) => session.look(id)));
  return found.filter((served) => served?.answer && "class" in served.answer && served.answer.class === name);
}

/**
 * Rename, merge or split a class while the item stays where it is.
 *
 * @param {{session: Session, close: () => void}} props
 */
export function ClassEditor({ session, close }) {
  const { classes, edited } = session.state;
  const [name, setName] = useState(classes.find((c) => c.name === edited)?.name ?? classes[0]?.name ?? "");
  const [to, setTo] = useState("");
  const [into, setInto] = useState("");
  const [found, setFound] = useState(/** @type {any[] | null} */ (null));
  const [moved, setMoved] = useState(/** @type {Set<number>} */ (new Set()));
  const [part, setPart] = useState("");
  const others = classes.filter((c) => c.name !== name);
  const taken = classes.some((c) => c.name === to.trim());
  const near = nearEqual(to, others);
  const value = (/** @type {(text: string) => void} */ set) => (/** @type {any} */ event) =>
    set(event.target.value);
  const done = (/** @type {() => void} */ what) => (/** @type {Event} */ event) => {
    event.preventDefault();
    what();
    close();
  };
  const flip = (/** @type {number} */ item) => {
    const next = new Set(moved);
    if (!next.delete(item)) next.add(item);
    setMoved(next);
  };
  const search = () =>
    members(session, name).then(setFound, (/** @type {Error} */ error) => session.say(error.message));
  if (!classes.length)
    return html`<${Dialog} title="Classes" close=${close}><p>There is no class yet.</p></${Dialog}>`;
  return html`<${Dialog} title="Classes" close=${close}>
    <label>Class <select value=${name} onChange=${(/** @type {any} */ event) => {
      setName(event.target.value);
      setFound(null);
      setInto("");
    }}>
      ${classes.map((c) => html`<option key=${c.name} value=${c.name}>${c.name} (${count(c.count)})</option>`)}</select></label>
    <form onSubmit=${done(() => renameClass(session, name, to.trim()))}>
      <h3>Rename</h3><label>New name <input type="text" dir="auto" value=${to} onInput=${value(setTo)} /></label>
      <button type="submit" disabled=${!to.trim() || taken}>Rename</button>
      ${taken ? html`<p class="warning">There is a class of this name; merge the two instead.</p>` : near.length > 0 && html`<p class="warning">Very like “${near[0].name}”.</p>`}
    </form>
    <form onSubmit=${done(() => mergeClass(session, name, into))}>
      <h3>Merge</h3><label>“${name}” becomes part of <select value=${into} onChange=${value(setInto)}>
        <option value="">choose a class</option>${others.map((c) => html`<option key=${c.name} value=${c.name}>${c.name}</option>`)}</select></label>
      <button type="submit" disabled=${!into}>Merge</button>
      <p class="hint">All ${count(classes.find((c) => c.name === name)?.count)} answers “${name}” become “${into || "…"}”. Splitting takes it back item by item.</p>
    </form>
    <form onSubmit=${done(() => splitClass(session, name, [...moved], part.trim()))}>
      <h3>Split</h3>
      ${
        found === null
          ? html`<button type="button" onClick=${search}>Show the items of “${name}”</button>`
          : !found.length
            ? html`<p>No answered item of this class is on the map.</p>`
            : html`<p class="hint">
                  Mark those that belong
                  elsewhere.${found.length === AT_ONCE ? ` These are the first ${AT_ONCE}.` : ""}
                </p>
                <ul class="grid small">
                  ${found.map(
                    (served) =>
                      html`<li key=${served.item}>
                        <button
                          type="button"
                          class="cell"
                          aria-pressed=${moved.has(served.item)}
                          onClick=${() => flip(served.item)}
                        >
                          <${Glimpse} content=${served.content} /><span class="cell-foot"
                            >${moved.has(served.item) ? "✓ " : ""}${served.item}</span
                          >
                        </button>
                      </li>`,
                  )}
                </ul>
                <label
                  >They become <input type="text" dir="auto" value=${part} onInput=${value(setPart)}
                /></label>
                <button type="submit" disabled=${!moved.size || !part.trim()}>
                  Split off ${moved.size}
                </button>`
      }
    </form>
  </${Dialog}>`;
}
