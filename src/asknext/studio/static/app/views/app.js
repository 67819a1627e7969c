import { html, useLayoutEffect } from "../../vendor/htm-preact.js";
import { listenToKeys } from "../commands.js";
import { useStore } from "../store.js";
import { Bulk } from "./bulk.js";
import { ClassEditor } from "./class-editor.js";
import { Desk } from "./desk.js";
import { Header } from "./header.js";
import { Help } from "./help.js";
import { MapView } from "./map.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { Review } from "./review.js";
import { SettingsDialog } from "./settings-dialog.js";

/** @import { Session } from "../session.js" */

const MODES = { label: Desk, bulk: Bulk, review: Review, map: MapView };
const DIALOGS = { help: Help, settings: SettingsDialog, classes: ClassEditor };

/** The page. @param {{session: Session}} props */
export function App({ session }) {
  const { mode, dialog, settings, said } = useStore(session.store);
  useLayoutEffect(() => listenToKeys(session), [session]);
  const View = MODES[mode];
  const Dialog = dialog ? DIALOGS[dialog] : null;
  return html`
    <${Header} session=${session} />
    <${Notices} session=${session} />
    <div class=${settings.panel ? "work with-panel" : "work"}>
      <main id="main" class=${`view view-${mode}`}><${View} session=${session} /></main>
      ${settings.panel && html`<${Panel} session=${session} />`}
    </div>
    <p class="said" role="status" aria-live="polite">${said}</p>
    ${Dialog && html`<${Dialog} session=${session} close=${() => session.set({ dialog: null })} />`}
  `;
}
