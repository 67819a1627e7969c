import { seat } from "./classes.js";
import { loadDeeds } from "./history.js";
import { loadSettings, recall } from "./settings.js";

/** @import { Deed, Kept } from "./history.js" */
/** @import { Letter } from "./outbox.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Class, Project, Status } from "./types.js" */

/**
 * What the page shows now.
 *
 * @typedef {"label" | "bulk" | "review" | "disagreements" | "map"} Mode
 * @typedef {"help" | "settings" | "classes" | null} Dialog
 * @typedef {"new" | "find" | "comment" | "why" | null} Box
 * @typedef {{letter: Letter, sentence: string, conflict: boolean}} Returned `conflict`: answered already
 *
 * @typedef {object} State
 * @property {Project} project
 * @property {Class[]} classes
 * @property {Record<string, number>} places
 * @property {Settings} settings
 * @property {Status | null} status
 * @property {boolean} connected
 * @property {number | null} lostSince when the server stopped to answer, in milliseconds
 * @property {string | null} shut why this person is not let in, where that is so
 * @property {Mode} mode
 * @property {Dialog} dialog
 * @property {Box} box
 * @property {string} said what the last key did, in words
 * @property {boolean} shown whether that is shown too, and not only read out
 * @property {Deed[]} done
 * @property {Deed[]} undone
 * @property {{item: number, model: {name: string, p: number} | null} | null} opinion
 * @property {Returned[]} returned what the server refused
 * @property {string} [edited] the class whose menu was asked for
 * @property {Kept[] | null} group items chosen together, for the grid
 * @property {number} ticks raised when queue or outbox change
 */

/** Where the places of the classes are kept. @param {string} project its id */
export const placesOf = (project) => `asknext places ${project}`;

/** @param {Project} project @param {string} tab its id @returns {State} */
export const firstState = (project, tab) => ({
  project,
  classes: project.classes,
  places: seat(recall(placesOf(project.id), {}), project.classes),
  settings: loadSettings(),
  status: null,
  connected: true,
  lostSince: null,
  shut: null,
  mode: "label",
  dialog: null,
  box: null,
  said: "",
  shown: false,
  ...loadDeeds(tab),
  opinion: null,
  returned: [],
  group: null,
  ticks: 0,
});
