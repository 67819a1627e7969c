import { html } from "../../vendor/htm-preact.js";
import { count, Dialog, KeysSwitch } from "./parts.js";

/** @import { Session } from "../session.js" */

const THEMES = [
  ["auto", "as the system"],
  ["light", "light"],
  ["dark", "dark"],
];
const OPINIONS = [
  ["asked", "when I ask for it, after my answer"],
  ["after", "after each answer"],
];

/** @param {{session: Session, close: () => void}} props */
export function SettingsDialog({ session, close }) {
  const { settings, project } = session.state;
  /** @param {"theme" | "opinion"} name @param {string[][]} options */
  const choice = (name, options) =>
    options.map(([value, says]) => {
      const change = () => session.change(/** @type {any} */ ({ [name]: value }));
      const chosen = settings[name] === value;
      return html`<label key=${value}
        ><input type="radio" name=${name} checked=${chosen} onChange=${change} /> ${says}</label
      >`;
    });
  return html`<${Dialog} title="Settings" close=${close}>
    <fieldset><legend>Colours</legend>${choice("theme", THEMES)}</fieldset>
    <fieldset>
      <legend>The model's opinion</legend>${choice("opinion", OPINIONS)}
      <p class="hint">Never before the answer: people follow a suggestion also where it is wrong.</p>
    </fieldset>
    <fieldset>
      <legend>Keys</legend><${KeysSwitch} session=${session} />
      <button type="button" onClick=${() => session.set({ dialog: "help" })}>Change keys …</button>
    </fieldset>
    <p class="hint">
      ${project.name}: ${count(project.n)} items, ${project.strategy}, ${project.learner}, ${project.encoder}.
      ${" "}${project.encoder_note}
    </p>
  </${Dialog}>`;
}
