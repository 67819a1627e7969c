import { html, useEffect, useLayoutEffect } from "../../vendor/htm-preact.js";
import { listenToKeys } from "../commands.js";
import { may } from "../roles.js";
import { useStore } from "../store.js";
import { Bulk } from "./bulk.js";
import { ClassEditor } from "./class-editor.js";
import { Desk } from "./desk.js";
import { Disagreements } from "./disagreements.js";
import { Header } from "./header.js";
import { Help } from "./help.js";
import { MapView } from "./map.js";
import { Notices } from "./notices.js";
import { Overview } from "./overview.js";
import { Panel } from "./panel.js";
import { Review } from "./review.js";
import { Safe } from "./safe.js";
import { SettingsDialog } from "./settings-dialog.js";
import { Shut } from "./shut.js";

/** @import { Session } from "../session.js" */

const MODES = { label: Desk, bulk: Bulk, review: Review, disagreements: Disagreements, map: MapView };
const DIALOGS = { help: Help, settings: SettingsDialog, classes: ClassEditor };

const SHOWN = 4000; // milliseconds for which a word to the person is seen

/** The page. @param {{session: Session}} props */
export function App({ session }) {
  const { mode, dialog, settings, said, shown, shut } = useStore(session.store);
  useLayoutEffect(() => listenToKeys(session), [session]);
  useEffect(() => {
    if (!shown) return undefined;
    const timer = setTimeout(() => session.set({ shown: false }), SHOWN);
    return () => clearTimeout(timer);
  }, [said, shown]);
  if (shut !== null) return html`<${Shut} session=${session} />`;
  const overview = mode === "label" && !may(session, "answer") && !session.queue.current;
  const View = overview ? Overview : MODES[mode];
  const Dialog = dialog ? DIALOGS[dialog] : null;
  const panel = settings.panel && !overview;
  return html`
    <${Header} session=${session} />
    <${Notices} session=${session} />
    <div class=${panel ? "work with-panel" : "work"}>
      <main id="main" class=${`view view-${mode}`}>
        <${Safe} key=${mode} what="This view"><${View} session=${session} /></${Safe}>
      </main>
      ${panel && html`<${Safe} what="The side panel"><${Panel} session=${session} /></${Safe}>`}
    </div>
    <p class=${shown ? "said shown" : "said"} role="status" aria-live="polite">${said}</p>
    ${Dialog && html`<${Dialog} session=${session} close=${() => session.set({ dialog: null })} />`}
  `;
}
