import { html, useLayoutEffect, useRef, useState } from "../../vendor/htm-preact.js";
import UPlot from "../../vendor/uplot.js";
import { colourOf } from "../classes.js";

/**
 * Lines over the number of labels, with their numbers in a table behind a toggle.
 *
 * @typedef {{name: string, values: (number | null)[], colour: number}} Line
 * @typedef {{low: (number | null)[], high: (number | null)[]}} Band
 */

const HEIGHT = 150;

/** @param {string} name */
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour that a custom property has in the theme of now. @param {Element} place @param {string} name */
function resolved(place, name) {
  const probe = document.createElement("span");
  probe.style.color = ink(name);
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** @param {boolean} share @param {number | null | undefined} value */
const written = (share, value) =>
  value === null || value === undefined ? "–" : share ? `${(100 * value).toFixed(1)} %` : String(value);

/** The numbers. @param {{title: string, x: number[], lines: Line[], share: boolean, band?: Band}} props */
const Table = ({ title, x, lines, share, band }) =>
  html`<div class="sideways" tabindex="0" role="region" aria-label=${`${title}, table`}>
    <table>
      <thead>
        <tr>
          <th scope="col">labels</th>
          ${lines.map((line) => html`<th scope="col" key=${line.name}>${line.name}</th>`)}${
            band &&
            html`<th scope="col">low</th>
              <th scope="col">high</th>`
          }
        </tr>
      </thead>
      <tbody>
        ${x.map(
          (labels, i) =>
            html`<tr key=${i}>
              <th scope="row">${labels}</th>
              ${lines.map((line) => html`<td key=${line.name}>${written(share, line.values[i])}</td>`)}
              ${
                band &&
                html`<td>${written(share, band.low[i])}</td>
                  <td>${written(share, band.high[i])}</td>`
              }
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

/**
 * @param {{title: string, x: number[], lines: Line[], share?: boolean, band?: Band}} props
 */
export function Chart({ title, x, lines, share = false, band }) {
  const place = useRef(null);
  const [open, setOpen] = useState(false); // a row for each round: made only where it is looked at
  const content = JSON.stringify([x, lines, band, document.documentElement.dataset.theme]);
  const empty = !lines.some((line) => line.values.some((value) => value !== null));

  useLayoutEffect(() => {
    const box = /** @type {HTMLElement} */ (/** @type {unknown} */ (place.current));
    if (empty) return undefined;
    const axis = {
      stroke: resolved(box, "--muted"),
      grid: { stroke: resolved(box, "--line"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
    };
    const drawn = lines.map((line) => ({
      label: line.name,
      stroke: colourOf(line.colour),
      width: 2,
      points: { show: x.length < 25, size: 5 },
    }));
    const edge = { stroke: "transparent", points: { show: false } };
    const chart = new UPlot(
      {
        width: Math.max(120, box.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false },
          y: share
            ? { range: [0, 1] }
            : {
                range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [
                  Math.min(0, low),
                  high + 1,
                ],
              },
        },
        axes: [
          { ...axis, size: 28 },
          {
            ...axis,
            size: 44,
            values: (/** @type {any} */ _, /** @type {number[]} */ ticks) =>
              ticks.map((tick) =>
                share ? `${Math.round(100 * tick)} %` : Number.isInteger(tick) ? tick : "",
              ),
          },
        ],
        series: band ? [{}, ...drawn, edge, edge] : [{}, ...drawn],
        bands: band
          ? [{ series: [lines.length + 2, lines.length + 1], fill: `${colourOf(lines[0].colour)}33` }]
          : [],
      },
      [x, ...lines.map((line) => line.values), ...(band ? [band.low, band.high] : [])],
      box,
    );
    const watch = new ResizeObserver(() =>
      chart.setSize({ width: Math.max(120, box.clientWidth), height: HEIGHT }),
    );
    watch.observe(box);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [content]);

  if (empty)
    return html`<section class="chart">
      <h2>${title}</h2>
      <p class="hint">Nothing to draw yet.</p>
    </section>`;
  const last = lines.map((line) => `${line.name} ${written(share, line.values.at(-1))}`).join(", ");
  return html`<section class="chart">
    <h2>${title}</h2>
    <p class="legend">
      ${lines.map(
        (line) =>
          html`<span key=${line.name}
            ><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
              <rect y="3" width="10" height="4" fill=${colourOf(line.colour)} /></svg
            >${line.name}</span
          >`,
      )}
    </p>
    <div
      ref=${place}
      role="img"
      aria-label=${`${title} over labels, at the end ${last}. The table below has the numbers.`}
    ></div>
    <details onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
      <summary>Table</summary>
      ${open && html`<${Table} ...${{ title, x, lines, share, band }} />`}
    </details>
  </section>`;
}
