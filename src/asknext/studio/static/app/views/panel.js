import { html } from "../../vendor/htm-preact.js";
import { colourOf, nameOf, OUTSIDE } from "../classes.js";
import { may } from "../roles.js";
import { Agreement } from "./agreement.js";
import { Chart } from "./chart.js";
import { rankingAge } from "./job.js";
import { count, Pairs, percent, Swatch } from "./parts.js";

/** @import { Session } from "../session.js" */
/** @import { Estimate, Evidence, Status } from "../types.js" */

const RECENT = 5;

/** @param {{status: Status}} props */
function Numbers({ status }) {
  const { pace } = status;
  const lines = [
    ["Labelled", count(status.labelled)],
    ["Out of scope", count(status.out_of_scope)],
    ["Unsure", count(status.unsure)],
    ["Skipped", count(status.skipped)],
    ["Left", count(status.left)],
    ["Pace", pace.per_minute === null ? "–" : `${pace.per_minute.toFixed(1)} a minute`],
    ["Typical answer", pace.median_seconds === null ? "–" : `${pace.median_seconds.toFixed(1)} s`],
  ];
  return html`<section>
    <h2>Progress</h2>
    <dl class="numbers">
      <${Pairs} lines=${lines} />
    </dl>
    <p class="hint">${rankingAge(status)}</p>
  </section>`;
}

/** @param {{evidence: Evidence[]}} props */
function Signals({ evidence }) {
  const short = (/** @type {number | null} */ value) =>
    value === null ? "not known yet" : Number(value.toPrecision(3));
  return html`<details>
    <summary>Evidence</summary>
    <ul>
      ${evidence.map(
        (one, i) =>
          html`<li key=${i}>
            <b>${one.speaks_for}: ${one.fired ? "yes" : "no"}.</b> ${one.why} ${" "}<span class="hint"
              >${one.figure} ${short(one.value)}, threshold ${short(one.threshold)}</span
            >
          </li>`,
      )}
    </ul>
  </details>`;
}

/** @param {Estimate | null} accuracy */
function said(accuracy) {
  if (!accuracy) return "No estimate of accuracy yet: too few items drawn at random are answered.";
  const { value, low, high, n } = accuracy;
  const range = `between ${percent(low)} and ${percent(high)}, from ${count(n)} items drawn at random`;
  return html`Estimated accuracy <b>${percent(value)}</b>, ${range}.`;
}

/** @param {{status: Status}} props */
function Advice({ status: { advice, accuracy } }) {
  return html`<section class="advice">
    <h2>Advice</h2>
    <p>${advice ? advice.sentence : "Advice comes with the first rounds."}</p>
    ${advice && advice.evidence.length > 0 && html`<${Signals} evidence=${advice.evidence} />`}
    <p>${said(accuracy)}</p>
  </section>`;
}

/** @param {{session: Session}} props */
function ClassCounts({ session }) {
  const { classes, places } = session.state;
  const most = Math.max(1, ...classes.map((c) => c.count));
  return html`<section>
    <h2>Classes</h2>
    <ul class="bars">
      ${classes.map(
        ({ name, count: n }) =>
          html`<li key=${name}>
            <${Swatch} place=${places[name]} /><span class="name" dir="auto">${name}</span>
            <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect
                width=${(100 * n) / most}
                height="8"
                fill=${name in places ? colourOf(places[name]) : OUTSIDE}
              />
            </svg>
            <span class="n">${count(n)}</span>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** @param {any} accuracy */
const estimate = (accuracy) =>
  typeof accuracy === "number" ? { value: accuracy, low: null, high: null } : (accuracy ?? {});

/** @param {{status: Status}} props */
function Charts({ status: { series } }) {
  const x = series.map((point) => point.labelled);
  const column = (/** @type {"churn" | "agreement" | "exploration" | "classes"} */ name) =>
    series.map((point) => point[name] ?? null);
  const accuracy = series.map((point) => estimate(point.accuracy));
  const thinned = series.length < (series.at(-1)?.round ?? -1) + 1;
  return html` <${Chart}
      title="Estimated accuracy"
      x=${x}
      share
      lines=${[{ name: "accuracy", values: accuracy.map((a) => a.value ?? null), colour: 0 }]}
      band=${{ low: accuracy.map((a) => a.low ?? null), high: accuracy.map((a) => a.high ?? null) }}
    />
    <${Chart}
      title="Churn, agreement, exploration"
      x=${x}
      share
      lines=${[
        { name: "churn", values: column("churn"), colour: 4 },
        { name: "agreement", values: column("agreement"), colour: 2 },
        { name: "exploration", values: column("exploration"), colour: 0 },
      ]}
    />
    <${Chart}
      title="Classes found"
      x=${x}
      lines=${[{ name: "classes", values: column("classes"), colour: 3 }]}
    />
    ${thinned && html`<p class="hint">Of the older rounds only some are drawn.</p>`}`;
}

/** The last answers, each of which can be opened again. @param {{session: Session}} props */
function Recent({ session }) {
  const deeds = session.state.done
    .filter((deed) => deed.items.length === 1)
    .slice(-RECENT)
    .reverse();
  if (!deeds.length) return null;
  return html`<section>
    <h2>Last answers</h2>
    <ul class="recent">
      ${deeds.map(
        ({ items: [{ item }], answer, letter }) =>
          html`<li key=${letter}>
            <button type="button" class="quiet" onClick=${() => session.open(item)}>
              <span class="hint">item ${item}</span> <span dir="auto">${nameOf(answer)}</span>
            </button>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** What has been done and what it is worth, live. @param {{session: Session}} props */
export function Sections({ session }) {
  const { status, project } = session.state;
  return html`${!status && html`<p>Waiting for the server …</p>`}
    ${status && html`<${Advice} status=${status} /><${Numbers} status=${status} />`}
    <${ClassCounts} session=${session} />
    <${Recent} session=${session} />
    ${may(session, "agreement") && html`<${Agreement} session=${session} />`}
    ${status && html`<${Charts} status=${status} />`}
    <section>
      <h2>Project</h2>
      <p class="hint">${project.strategy}, ${project.learner}, ${project.encoder}. ${project.encoder_note}</p>
    </section>`;
}

/** @param {{session: Session}} props */
export const Panel = ({ session }) =>
  html`<aside class="panel" aria-label="Side panel" tabindex="0"><${Sections} session=${session} /></aside>`;
