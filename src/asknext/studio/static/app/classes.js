/** @import { Answer } from "./types.js" */

/** Names, colours and nearness of classes. */

/**
 * Okabe and Ito's colours, which the colour-blind tell apart, then Tol's muted ones. Never without the
 * name.
 */
const COLOURS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#f0e442",
  "#882255",
  "#44aa99",
  "#999933",
  "#aa4499",
  "#332288",
  "#117733",
  "#88ccee",
  "#ddcc77",
  "#cc6677",
];
export const OUTSIDE = "#8a8f98";

/** @param {number} place */
export const colourOf = (place) => COLOURS[place % COLOURS.length];

/**
 * Which place (key and colour) each class has. A class keeps its place as long as it lives, so that no key
 * changes its meaning under the finger when another is merged away; a new class takes the first free place.
 *
 * @param {Record<string, number>} places
 * @param {{name: string}[]} classes
 * @returns {Record<string, number>}
 */
export function seat(places, classes) {
  const kept = Object.fromEntries(
    classes.filter((c) => c.name in places).map((c) => [c.name, places[c.name]]),
  );
  const taken = new Set(Object.values(kept));
  let next = 0;
  for (const { name } of classes) {
    if (name in kept) continue;
    while (taken.has(next)) next += 1;
    taken.add(next);
    kept[name] = next;
  }
  return kept;
}

/** @param {string} name */
const plain = (name) =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} insertions, deletions and changes that make b of a
 */
function edits(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/**
 * The classes whose names are the same but for case, accents, punctuation, a plural or one typing error.
 *
 * @template {{name: string}} C
 * @param {string} name
 * @param {C[]} classes
 * @returns {C[]}
 */
export function nearEqual(name, classes) {
  const wanted = plain(name);
  if (!wanted) return [];
  return classes.filter((c) => {
    const other = plain(c.name);
    if (other === wanted || other === `${wanted}s` || wanted === `${other}s`) return true;
    return Math.min(other.length, wanted.length) >= 4 && edits(wanted, other) <= 1;
  });
}

/**
 * The classes that a typed beginning may mean, likeliest first.
 *
 * @template {{name: string}} C
 * @param {string} typed
 * @param {C[]} classes
 * @returns {C[]}
 */
export function matching(typed, classes) {
  const wanted = plain(typed);
  const rank = (/** @type {C} */ c) => {
    const name = plain(c.name);
    if (name === wanted) return 0;
    if (name.startsWith(wanted)) return 1;
    if (name.split(" ").some((word) => word.startsWith(wanted))) return 2;
    return name.includes(wanted) ? 3 : 4;
  };
  const ranked = classes.map((c) => ({ c, rank: rank(c) })).filter((entry) => entry.rank < 4);
  return ranked.sort((a, b) => a.rank - b.rank).map((entry) => entry.c);
}

/** @param {Answer | null} answer */
export function nameOf(answer) {
  if (!answer) return "no answer";
  if ("class" in answer) return answer.class;
  return { "out-of-scope": "out of scope", unsure: "unsure", skipped: "skipped" }[answer.kind];
}
