import { html, useLayoutEffect, useRef } from "../../vendor/htm-preact.js";
import { act } from "../commands.js";
import { ACTIONS, keyOf, shown } from "../keys.js";
import { colourOf, OUTSIDE } from "../classes.js";
import { may } from "../roles.js";

/** @import { Session } from "../session.js" */

/** The small parts that many views use. */

/** @param {{of: string}} props */
export const Key = ({ of }) => (of ? html`<kbd aria-hidden="true">${shown(of)}</kbd>` : null);

/**
 * A button that does what its key does, with the key printed on it.
 *
 * @param {{session: Session, action: string, says?: string, pressed?: boolean, quiet?: boolean}} props
 */
export function ActionButton({ session, action, says, pressed, quiet }) {
  if (!may(session, action)) return null;
  const { settings } = session.state;
  const key = settings.keys ? keyOf(settings.bound, action) : "";
  const text = says ?? ACTIONS.find((known) => known.id === action)?.says;
  return html`<button
    type="button"
    class=${quiet ? "quiet" : ""}
    aria-pressed=${pressed}
    aria-keyshortcuts=${key || undefined}
    onClick=${() => act(session, action)}
  >
    <${Key} of=${key} /> ${text}
  </button>`;
}

/** @param {{place: number | undefined}} props */
export const Swatch = ({ place }) => {
  const fill = place === undefined ? OUTSIDE : colourOf(place);
  return html`<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
    <rect width="10" height="10" rx="2" fill=${fill} />
  </svg>`;
};

/** The switch for single keys. @param {{session: Session}} props */
export function KeysSwitch({ session }) {
  const change = (/** @type {any} */ event) => session.change({ keys: event.target.checked });
  return html`<label
    ><input type="checkbox" checked=${session.state.settings.keys} onChange=${change} /> Single keys are
    on</label
  >`;
}

/**
 * A dialog of the browser: it keeps the focus, and Escape closes it.
 *
 * @param {{title: string, close: () => void, children?: any, wide?: boolean}} props
 */
export function Dialog({ title, close, children, wide }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return html`<dialog ref=${ref} class=${wide ? "wide" : ""} aria-label=${title} onCancel=${close}>
    <header>
      <h2>${title}</h2>
      <button type="button" onClick=${close}>Close <kbd aria-hidden="true">Esc</kbd></button>
    </header>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

/** The rows of a list of names and values, within a `dl`. @param {{lines: [string, any][] | any[][]}} props */
export const Pairs = ({ lines }) =>
  lines.map(
    ([name, value]) =>
      html`<div key=${name}>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>`,
  );

const number = new Intl.NumberFormat("en");
/** @param {number | null | undefined} value */
export const count = (value) => (value === null || value === undefined ? "–" : number.format(value));
/** @param {number | null | undefined} value */
export const percent = (value) =>
  value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)}\u00a0%`;
