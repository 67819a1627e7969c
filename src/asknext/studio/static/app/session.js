import { get, post, Refused } from "./api.js";
import { nameOf, seat } from "./classes.js";
import { Clock } from "./clock.js";
import { makeLetter, Outbox } from "./outbox.js";
import { Queue } from "./queue.js";
import { loadSettings, recall, remember, saveSettings } from "./settings.js";
import { createStore } from "./store.js";

/** @import { Scene } from "./commands.js" */
/** @import { Letter } from "./outbox.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Answer, Class, Project, Served, Status } from "./types.js" */

/**
 * What one person does here: answers, takes back, comments. Every change goes through the outbox, in order.
 *
 * @typedef {{items: Served[], answer: Answer, letter: string}} Deed
 * @typedef {"label" | "bulk" | "review" | "map"} Mode
 * @typedef {"help" | "settings" | "classes" | null} Dialog
 * @typedef {"new" | "find" | "comment" | "why" | null} Box
 *
 * @typedef {object} State
 * @property {Project} project
 * @property {Class[]} classes
 * @property {Record<string, number>} places
 * @property {Settings} settings
 * @property {Status | null} status
 * @property {boolean} connected
 * @property {Mode} mode
 * @property {Dialog} dialog
 * @property {Box} box
 * @property {string} said what the last key did, in words
 * @property {boolean} shown whether that is shown too, and not only read out
 * @property {Deed[]} done
 * @property {Deed[]} undone
 * @property {{item: number, model: {name: string, p: number} | null} | null} opinion
 * @property {{letter: Letter, sentence: string}[]} returned
 * @property {string} [edited] the class whose menu was asked for
 * @property {Served[] | null} group items chosen together, for the grid
 * @property {number} ticks raised when queue or outbox change
 */

const REMEMBERED = 200;

export class Session {
  /** @type {Scene | null} */
  scene = null;
  /** @type {((action: string) => void) | null} */
  zoom = null;

  /** @param {Project} project */
  constructor(project) {
    this.name = project.id ?? project.name;
    const places = seat(recall(`asknext places ${this.name}`, {}), project.classes);
    /** @type {State} */
    const state = {
      project,
      classes: project.classes,
      places,
      settings: loadSettings(),
      status: null,
      connected: true,
      mode: "label",
      dialog: null,
      box: null,
      said: "",
      shown: false,
      done: [],
      undone: [],
      opinion: null,
      returned: [],
      group: null,
      ticks: 0,
    };
    this.store = createStore(state);
    const tick = () => this.store.set({ ticks: this.store.get().ticks + 1 });
    this.outbox = new Outbox(this.name, {
      send: (letter) => post(letter.path, letter.body),
      final: (error) => error instanceof Refused && ![401, 403, 429].includes(error.status),
      changed: tick,
      delivered: (letter) => void this.#delivered(letter),
      returned: (letter, error) => this.#returned(letter, error),
    });
    this.queue = new Queue(
      (n, held) => get(`/api/next?n=${n}&held=${held.join(",")}`).then((reply) => reply.items),
      () => this.outbox.items,
      tick,
    );
    this.clock = new Clock();
  }

  async start() {
    await this.outbox.open();
    saveSettings(this.state.settings);
    await this.queue.refill();
  }

  get state() {
    return this.store.get();
  }

  /** @param {Partial<State>} patch */
  set(patch) {
    this.store.set(patch);
  }

  /** @param {string} sentence */
  say(sentence) {
    this.set({ said: sentence, shown: true });
  }

  /** @param {Partial<Settings>} patch */
  change(patch) {
    const settings = { ...this.state.settings, ...patch };
    saveSettings(settings);
    this.set({ settings });
  }

  /** @param {Status} status */
  take(status) {
    this.set({ status });
    if (!this.outbox.letters.length) this.setClasses(status.classes);
    if (this.queue.drained) void this.queue.refill();
  }

  /** @param {boolean} connected */
  connect(connected) {
    if (connected === this.state.connected) return;
    this.set({ connected });
    if (connected) {
      void this.outbox.flush();
      void this.queue.refill();
    }
  }

  /** @param {Class[]} classes */
  setClasses(classes) {
    const places = seat(this.state.places, classes);
    remember(`asknext places ${this.name}`, places);
    this.set({ classes, places });
  }

  /** @param {string} name */
  #know(name) {
    if (this.state.classes.some((c) => c.name === name)) return;
    this.setClasses([...this.state.classes, { name, count: 0, provisional: false }]);
  }

  /** The answer to the item in front. @param {Answer} answer */
  answer(answer) {
    const served = this.queue.current;
    if (!served) return this.say("There is no item to answer.");
    return this.answerAll([served], answer, this.clock.seconds());
  }

  /**
   * One answer to several items.
   *
   * @param {Served[]} items
   * @param {Answer} answer
   * @param {number} [seconds] that it took; unknown for a group
   */
  answerAll(items, answer, seconds) {
    if (!items.length) return this.say("Select items first.");
    if ("class" in answer) this.#know(answer.class);
    const letter = this.#send(items, answer, seconds);
    const done = [...this.state.done, { items, answer, letter }].slice(-REMEMBERED);
    const what = items.length === 1 ? `Item ${items[0].item}` : `${items.length} items`;
    const said = `${what}: ${nameOf(answer)}.`;
    this.set({ done, undone: [], box: null, opinion: null, said, shown: false });
    this.queue.drop(items.map((served) => served.item));
    this.clock.restart();
    return undefined;
  }

  /** @param {Served[]} items @param {Answer} answer @param {number} [seconds] @returns {string} */
  #send(items, answer, seconds) {
    const { path, body, items: ids } = this.#answerLetter(items, answer, seconds);
    return this.outbox.add(path, body, ids).id;
  }

  /** @param {Served[]} items @param {Answer} answer @param {number} [seconds] */
  #answerLetter(items, answer, seconds) {
    const ids = items.map((served) => served.item);
    /** @type {any} */
    const body = { id: crypto.randomUUID(), items: ids, answer };
    if (seconds !== undefined) body.seconds = Math.round(seconds * 100) / 100;
    if (items.some((served) => served.answer)) body.replace = true;
    return makeLetter("/api/answers", body, ids);
  }

  /**
   * Take back the last answer: unsent it is destroyed, sent it is retracted, a correction gives way to
   * what was.
   */
  undo() {
    const deed = this.state.done.at(-1);
    if (!deed) return this.say("There is nothing to undo.");
    this.set({ done: this.state.done.slice(0, -1), undone: [...this.state.undone, deed], opinion: null });
    if (deed.items.length === 1) {
      this.queue.putFirst(deed.items[0]);
      this.set({ mode: "label", group: null });
    } else this.set({ mode: "bulk", group: deed.items });
    this.clock.restart();
    this.say(`Undone: ${nameOf(deed.answer)}.`);
    const ids = deed.items.filter((served) => !served.answer).map((served) => served.item);
    const back = ids.length ? [makeLetter("/api/retract", { id: crypto.randomUUID(), items: ids }, ids)] : [];
    for (const served of deed.items)
      if (served.answer) back.push(this.#answerLetter([served], served.answer));
    this.outbox.cancel(deed.letter, back);
    return undefined;
  }

  redo() {
    const deed = this.state.undone.at(-1);
    if (!deed) return this.say("There is nothing to redo.");
    const undone = this.state.undone.slice(0, -1);
    this.answerAll(deed.items, deed.answer);
    this.set({ undone, mode: "label", group: null, said: `Done again: ${nameOf(deed.answer)}.` });
    return undefined;
  }

  /** @param {string} text */
  comment(text) {
    const served = this.queue.current;
    this.set({ box: null });
    if (!served || !text.trim()) return;
    this.outbox.add("/api/comments", { id: crypto.randomUUID(), items: [served.item], text: text.trim() });
    this.say("Comment kept.");
  }

  /** What the model thought of the item answered last; of one that is not answered it is not told. */
  async askOpinion() {
    const deed = this.state.done.at(-1);
    if (!deed || deed.items.length > 1) return this.say("Answer an item first; then the model may speak.");
    const { item } = deed.items[0];
    if (this.outbox.items.includes(item))
      return this.say("The answer is still on its way; ask again in a moment.");
    const served = await this.look(item);
    if (!served) return undefined;
    this.set({ opinion: { item, model: served.model } });
    return undefined;
  }

  /** @param {number} item @returns {Promise<Served | null>} */
  async look(item) {
    try {
      return await get(`/api/items/${item}`);
    } catch (error) {
      this.say(/** @type {Error} */ (error).message);
      return null;
    }
  }

  /** Bring an item in front, answered or not. @param {number} item */
  async open(item) {
    const served = await this.look(item);
    if (!served) return;
    this.queue.putFirst(served);
    this.set({ mode: "label", group: null });
    this.clock.restart();
  }

  /** @param {Letter} letter */
  async #delivered(letter) {
    const last = this.state.done.at(-1);
    if (this.state.settings.opinion === "after" && last?.letter === letter.id) await this.askOpinion();
  }

  /** @param {Letter} letter @param {Error} error */
  #returned(letter, error) {
    const returned = [...this.state.returned, { letter, sentence: error.message }];
    this.set({ returned, done: this.state.done.filter((deed) => deed.letter !== letter.id) });
  }

  /**
   * What the server refused: send it as a correction, or let it go.
   *
   * @param {string} id
   * @param {boolean} again
   */
  settle(id, again) {
    const entry = this.state.returned.find(({ letter }) => letter.id === id);
    this.set({ returned: this.state.returned.filter(({ letter }) => letter.id !== id) });
    if (!entry || !again) return;
    const { path, body, items } = entry.letter;
    this.outbox.add(path, { ...body, id: crypto.randomUUID(), replace: true }, items);
  }
}
