import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { colourOf, OUTSIDE } from "../classes.js";
import { ActionButton, count, Swatch } from "./parts.js";
import { Scatter } from "./scatter.js";

/** @import { Points } from "../points.js" */
/** @import { Session } from "../session.js" */

const COLOURS = [
  ["answers", "answers"],
  ["class", "answers and the model's classes"],
  ["uncertainty", "uncertainty"],
  ["ood", "unlike the labelled"],
];

/** Items chosen on the map go to the grid. @param {Session} session @param {number[]} ids */
function choose(session, ids) {
  const unsent = new Set(session.outbox.items);
  const group = ids.filter((id) => !unsent.has(id)).map((item) => ({ item }));
  if (!group.length) return session.say("There is no item in there.");
  return session.set({ mode: "bulk", group });
}

/** What the colours mean. @param {{session: Session, colour: string}} props */
function Legend({ session, colour }) {
  const { classes, places } = session.state;
  const rest = colour === "class" ? "no class; large: answered" : "not answered, or no class";
  const names = classes.map(
    ({ name }) =>
      html`<span key=${name}><${Swatch} place=${places[name]} /><span dir="auto">${name}</span></span>`,
  );
  const ramp = html`<span class="ramp" aria-hidden="true"></span><span>low (dark) to high (bright)</span>`;
  return html`<div class="legend">
    ${colour === "answers" || colour === "class" ? html`${names}<span><${Swatch} /> ${rest}</span>` : ramp}
    <${ActionButton} session=${session} action="bulk" quiet />
  </div>`;
}

/** @param {Points | null} points @param {number} n */
function summary(points, n) {
  if (!points) return "";
  if (!points.ids.length) return "The map comes with the first round.";
  const answered = points.answered.filter(Boolean).length;
  return `${count(points.ids.length)} of ${count(n)} items, ${count(answered)} answered.`;
}

/** All items in two dimensions: look, draw around some, answer them together. @param {{session: Session}} props */
export function MapView({ session }) {
  const [colour, setColour] = useState("answers");
  const [points, setPoints] = useState(/** @type {Points | null} */ (null));
  const [all, setAll] = useState(true);
  const [error, setError] = useState("");
  const { places, project, status } = session.state;
  const asked = colour === "answers" ? "class" : colour;

  useEffect(() => {
    const take = (/** @type {Points} */ reply) => {
      setPoints(reply);
      setError("");
    };
    get(`/api/map?color=${asked}`).then(take, (/** @type {Error} */ problem) => setError(problem.message));
  }, [asked, status?.ranking?.round]);

  /** @param {any} value @param {boolean} answered */
  const paint = (value, answered) =>
    value in places && (answered || colour === "class") ? colourOf(places[value]) : OUTSIDE;
  const told = error || summary(points, project.n);
  return html`
    <div class="meta">
      <h2>Map</h2>
      <label>
        Colour
        <select value=${colour} onChange=${(/** @type {any} */ event) => setColour(event.target.value)}>
          ${COLOURS.map(([value, says]) => html`<option key=${value} value=${value}>${says}</option>`)}
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked=${all}
          onChange=${(/** @type {any} */ event) => setAll(event.target.checked)}
        />
        answered ones too
      </label>
      <span class="hint">${told} Draw around some to answer them together; click one to open it.</span>
      <span class="tools">
        <button type="button" class="quiet" onClick=${() => session.set({ mode: "label" })}>
          Back <kbd aria-hidden="true">Esc</kbd>
        </button>
      </span>
    </div>
    <${Scatter}
      session=${session}
      points=${points && !all ? { ...points, hidden: points.answered } : points}
      paint=${paint}
      look=${`${colour} ${all}`}
      label=${`Map of the items. ${told} By keyboard, take Similar instead.`}
      open=${(/** @type {number} */ item) => void session.open(item)}
      choose=${(/** @type {number[]} */ ids) => choose(session, ids)}
    />
    <${Legend} session=${session} colour=${colour} />
  `;
}
