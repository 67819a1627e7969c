import { get, part, post, Refused, Unreachable } from "./api.js";
import { nameOf, seat } from "./classes.js";
import { Clock } from "./clock.js";
import { health, watchPerson } from "./health.js";
import { keepDeeds, pushed } from "./history.js";
import { newId } from "./ids.js";
import { makeLetter, Outbox, reopening } from "./outbox.js";
import { Queue } from "./queue.js";
import { may } from "./roles.js";
import { remember, saveSettings } from "./settings.js";
import { firstState, placesOf } from "./state.js";
import { createStore } from "./store.js";

/** @import { Scene } from "./commands.js" */
/** @import { Kept } from "./history.js" */
/** @import { Letter } from "./outbox.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Returned, State } from "./state.js" */
/** @import { Tab } from "./tab.js" */
/** @import { Answer, Class, Project, Served, Status } from "./types.js" */

/** What no delivery will change. @param {unknown} error */
const isFinal = (error) => error instanceof Refused && ![401, 429].includes(error.status);

/** What one person does here: answers, takes back, comments. Every change goes through the outbox, in order. */
export class Session {
  /** @type {Scene | null} */
  scene = null;
  /** @type {((action: string) => void) | null} */
  zoom = null;
  /** Somebody else who came in with this browser. @type {string | null} */
  intruder = null;
  /** Why the stream was ended, if it was. @type {unknown} */
  closed = null;

  /** @param {Project} project @param {Tab} tab */
  constructor(project, tab) {
    this.tab = tab;
    this.name = project.id;
    const state = firstState(project, tab.id);
    this.store = createStore(state);
    let { done, undone } = state;
    this.store.subscribe(() => {
      if (this.state.done === done && this.state.undone === undone) return;
      ({ done, undone } = this.state);
      keepDeeds(tab.id, this.state);
    });
    const tick = () => {
      this.tab.look(this.queue.current?.item ?? null);
      this.set({ ticks: this.state.ticks + 1, ...health(this) });
    };
    this.outbox = new Outbox(`${this.name} ${project.actor}`, {
      send: (letter) => {
        if (this.intruder) throw new Unreachable(`This browser is ${this.intruder}'s now.`);
        return post(letter.path, letter.body);
      },
      final: isFinal,
      changed: tick,
      delivered: (letter) => void this.#delivered(letter),
      returned: (letter, error) => this.#returned(letter, error),
    });
    this.queue = new Queue(
      async (n, held, lend) => {
        if (!may(this, "answer")) return [];
        return (await get(`/api/next?n=${n}&held=${held.join(",")}&tab=${tab.id}&lend=${lend}`)).items;
      },
      () => this.outbox.items,
      tick,
    );
    this.clock = new Clock();
  }

  async start() {
    await this.outbox.open();
    saveSettings(this.state.settings);
    const front = this.tab.front !== null && may(this, "answer") ? await this.look(this.tab.front) : null;
    if (front && !front.answer) this.queue.putFirst(front);
    await this.queue.refill();
    window.addEventListener("pagehide", () => {
      if (this.queue.ids.length) part("/api/release", { items: this.queue.ids, tab: this.tab.id });
    });
    watchPerson(this.name, this.state.project.actor, (intruder) => {
      this.intruder = intruder;
      this.set(health(this));
    });
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

  /** @param {boolean} connected @param {unknown} [why] it was ended, where the server told */
  connect(connected, why = null) {
    const news = connected !== this.state.connected;
    this.closed = why;
    this.set({ connected });
    this.set(health(this));
    if (news && connected) {
      void this.outbox.flush();
      void this.queue.refill();
    }
  }

  /** @param {Class[]} classes */
  setClasses(classes) {
    const places = seat(this.state.places, classes);
    remember(placesOf(this.name), places);
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
   * @param {Kept[]} items
   * @param {Answer} answer
   * @param {number} [seconds] that it took; unknown for a group
   */
  answerAll(items, answer, seconds) {
    if (!items.length) return this.say("Select items first.");
    if ("class" in answer) this.#know(answer.class);
    const { path, body, items: ids } = this.answerLetter(items, answer, seconds);
    const letter = this.outbox.add(path, body, ids).id;
    const done = pushed(this.state.done, { items, answer, letter });
    const what = items.length === 1 ? `Item ${items[0].item}` : `${items.length} items`;
    const said = `${what}: ${nameOf(answer)}.`;
    this.set({ done, undone: [], box: null, opinion: null, said, shown: false });
    this.queue.drop(items.map((served) => served.item));
    this.clock.restart();
    return undefined;
  }

  /** @param {Kept[]} items @param {Answer} answer @param {number} [seconds] */
  answerLetter(items, answer, seconds) {
    const ids = items.map((served) => served.item);
    /** @type {any} */
    const body = { id: newId(), items: ids, answer };
    if (seconds !== undefined) body.seconds = Math.round(seconds * 100) / 100;
    if (items.some((served) => served.answer)) body.replace = true;
    return makeLetter("/api/answers", body, ids);
  }

  /** The last word on an item. @param {number} item @param {Answer} answer @returns {string} id of its letter */
  adjudicate(item, answer) {
    if ("class" in answer) this.#know(answer.class);
    this.set({ box: null, said: `Item ${item}: ${nameOf(answer)}, the last word.`, shown: false });
    return this.outbox.add("/api/adjudicate", { id: newId(), items: [item], answer }, [item]).id;
  }

  /** Withdraws the last word on the item in front, and goes on. */
  reopen() {
    const served = this.queue.current;
    if (!served?.decided) return this.say("There is no last word here that could be withdrawn.");
    const { path, body, items } = reopening(served.item);
    this.outbox.add(path, body, items);
    this.queue.drop(items);
    return this.say(`Item ${served.item}: the last word is withdrawn.`);
  }

  /** @param {string} text */
  comment(text) {
    const served = this.queue.current;
    this.set({ box: null });
    if (!served || !text.trim()) return;
    this.outbox.add("/api/comments", { id: newId(), items: [served.item], text: text.trim() });
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

  /** @param {Letter} letter @param {Refused} error */
  #returned(letter, error) {
    const conflict = error.status === 409 && letter.path === "/api/answers";
    const returned = [...this.state.returned, { letter, sentence: error.message, conflict }];
    this.set({ returned, done: this.state.done.filter((deed) => deed.letter !== letter.id) });
  }

  /**
   * What the server refused: send it as a correction, or let it go.
   *
   * @param {Returned[]} some
   * @param {boolean} again
   */
  settle(some, again) {
    this.set({ returned: this.state.returned.filter((one) => !some.includes(one)) });
    for (const { letter } of again ? some : []) {
      this.outbox.add(letter.path, { ...letter.body, id: newId(), replace: true }, letter.items);
    }
  }
}
