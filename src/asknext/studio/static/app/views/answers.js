import { html } from "../../vendor/htm-preact.js";
import { give } from "../commands.js";
import { keyOfClass } from "../keys.js";
import { may } from "../roles.js";
import { ActionButton, count, Key, Swatch } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @import { Answer } from "../types.js" */

/**
 * The classes and the other answers as buttons, each with its key.
 *
 * @param {{session: Session, given?: Answer | null, extra?: any}} props
 */
export function Answers({ session, given, extra }) {
  const { classes, places, settings } = session.state;
  const chosen = given && "class" in given ? given.class : null;
  const kind = given && "kind" in given ? given.kind : null;
  const menu = (/** @type {Event} */ event, /** @type {string} */ name) => {
    if (!may(session, "edit-class")) return;
    event.preventDefault();
    session.set({ dialog: "classes", edited: name });
  };
  return html`<div class="answers">
    <div class="classes" role="group" aria-label="Classes">
      ${classes.map(({ name, count: n, provisional }) => {
        const key = settings.keys ? keyOfClass(settings.bound, places, name) : "";
        return html`<button
          type="button"
          class="class"
          key=${name}
          aria-pressed=${chosen === name}
          aria-keyshortcuts=${key || undefined}
          onContextMenu=${(/** @type {Event} */ event) => menu(event, name)}
          onClick=${() => give(session, { class: name })}
        >
          <${Key} of=${key} /><${Swatch} place=${places[name]} /><span class="name" dir="auto"
            >${name}${provisional ? " (name later)" : ""}</span
          >
          <span class="n" aria-hidden="true">${count(n)}</span>
        </button>`;
      })}
    </div>
    <div class="others" role="group" aria-label="Other answers">
      <${ActionButton} session=${session} action="unsure" pressed=${kind === "unsure"} />
      <${ActionButton} session=${session} action="out-of-scope" pressed=${kind === "out-of-scope"} />
      <${ActionButton} session=${session} action="skip" pressed=${kind === "skipped"} />
      <${ActionButton} session=${session} action="new-class" />
      ${classes.length > 9 && html`<${ActionButton} session=${session} action="find-class" />`} ${extra}
    </div>
  </div>`;
}
