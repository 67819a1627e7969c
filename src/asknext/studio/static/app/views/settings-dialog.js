import { html } from "../../vendor/htm-preact.js";
import { Dialog } from "./parts.js";

/** @import { Session } from "../session.js" */

/** @param {{session: Session, close: () => void}} props */
export function SettingsDialog({ session, close }) {
  const { settings, project } = session.state;
  const choice = (/** @type {"theme" | "opinion"} */ name, /** @type {string[][]} */ options) =>
    options.map(
      ([value, says]) =>
        html`<label key=${value}
          ><input
            type="radio"
            name=${name}
            checked=${settings[name] === value}
            onChange=${() => session.change(/** @type {any} */ ({ [name]: value }))}
          />
          ${says}</label
        >`,
    );
  return html`<${Dialog} title="Settings" close=${close}>
    <fieldset><legend>Colours</legend>${choice("theme", [
      ["auto", "as the system"],
      ["light", "light"],
      ["dark", "dark"],
    ])}</fieldset>
    <fieldset><legend>The model's opinion</legend>${choice("opinion", [
      ["asked", "when I ask for it, after my answer"],
      ["after", "after each answer"],
    ])}
      <p class="hint">Never before the answer: people who see a suggestion follow it, also where it is wrong.</p></fieldset>
    <fieldset><legend>Keys</legend><label><input type="checkbox" checked=${settings.keys} onChange=${(/** @type {any} */ event) => session.change({ keys: event.target.checked })} /> single keys answer</label>
      <button type="button" onClick=${() => session.set({ dialog: "help" })}>Change keys …</button></fieldset>
    <p class="hint">${project.name}: ${project.n} items, ${project.strategy}, ${project.learner}, ${project.encoder}. ${project.encoder_note}</p>
  </${Dialog}>`;
}
