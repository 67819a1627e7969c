import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { Matrix } from "./matrix.js";
import { count, Pairs, percent } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @import { Agreement as Found, Person } from "../types.js" */

const PAUSE = 15_000; // milliseconds between two looks, where anything has changed

/** From what alpha on what is said of it (after Krippendorff), highest first. @type {[number, string][]} */
const WORDS = [
  [0.8, "People agree well: their answers can be relied on."],
  [0.667, "People agree fairly: good for cautious conclusions."],
  [0.2, "People agree poorly: they may understand the classes differently. Look at the disagreements together."],
  [-1, "People agree hardly better than by chance: talk about what the classes mean before going on."],
];

/** @param {Found} found */
function said({ items, alpha, low, high }) {
  if (!items) return "No item has two opinions yet.";
  if (alpha === null) return "There is nothing to compare yet: all said the same class, or too few items.";
  const word = WORDS.find(([least]) => alpha >= least)?.[1];
  const unsure = low !== null && high !== null && high - low > 0.3 ? " More shared items would make this surer." : "";
  return word + unsure;
}

/** @param {{found: Found}} props */
function Figures({ found }) {
  const { items, alpha, low, high } = found;
  const range = low === null || high === null ? "" : ` (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const lines = [
    ["Items with several opinions", count(items)],
    ["Same answer", percent(found.percent)],
    ["Krippendorff’s alpha", alpha === null ? "–" : `${alpha.toFixed(2)}${range}`],
  ];
  return html`<p>${said(found)}</p>
    <dl class="numbers">
      <${Pairs} lines=${lines} />
    </dl>`;
}

/** @param {number | string | null} last */
function ago(last) {
  if (last === null) return "–";
  const minutes = (Date.now() - (typeof last === "number" ? last * 1000 : Date.parse(last))) / 60_000;
  if (minutes < 1) return "now";
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`;
}

/** @param {{people: Person[]}} props */
const People = ({ people }) =>
  html`<div class="sideways" tabindex="0" role="region" aria-label="People">
    <table class="people">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Answers</th>
          <th scope="col">Typical</th>
          <th scope="col">Last</th>
        </tr>
      </thead>
      <tbody>
        ${people.map(
          ({ name, role, answers, seconds, last }) =>
            html`<tr key=${name}>
              <th scope="row" dir="auto" title=${role}>${name}</th>
              <td>${count(answers)}</td>
              <td>${seconds === null ? "–" : `${seconds.toFixed(1)} s`}</td>
              <td>${ago(last)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

/** Who answers what and how alike, where there are several people. @param {{session: Session}} props */
export function Agreement({ session }) {
  const [found, setFound] = useState(/** @type {{people: Person[], agreement: Found} | null} */ (null));
  const [error, setError] = useState("");
  const seen = useRef(-1);
  useEffect(() => {
    const look = async () => {
      const seq = session.state.status?.seq ?? 0;
      if (seq === seen.current) return;
      try {
        const [{ people }, agreement] = await Promise.all([get("/api/people"), get("/api/agreement")]);
        seen.current = seq;
        setFound({ people, agreement });
        setError("");
      } catch (problem) {
        setError(/** @type {Error} */ (problem).message);
      }
    };
    void look();
    const timer = setInterval(look, PAUSE);
    return () => clearInterval(timer);
  }, []);
  return html`<section class="agreement">
    <h2>Agreement</h2>
    ${error ? html`<p class="hint">${error}</p>` : !found && html`<p class="hint">Comparing the answers …</p>`}
    ${found && html`<${Figures} found=${found.agreement} />`}
    ${found && found.agreement.pairs.length > 0 && html`<${Matrix} pairs=${found.agreement.pairs} />`}
    ${found && html`<h3>People</h3><${People} people=${found.people} />`}
  </section>`;
}
