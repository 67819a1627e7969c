import { newId } from "./ids.js";
import { inTurn } from "./locks.js";

/**
 * What was decided here and not yet confirmed by the server. It lies in IndexedDB, so that neither a lost
 * server nor a closed tab loses it, and leaves in the order in which it came, one at a time, also when several
 * tabs are open.
 *
 * @typedef {{id: string, path: string, body: any, items: number[], sent?: boolean, key?: number}} Letter
 * @typedef {object} Hooks
 * @property {(letter: Letter) => Promise<any>} send
 * @property {(error: unknown) => boolean} final is this error an answer, so that sending again is of no use?
 * @property {() => void} changed
 * @property {(letter: Letter, reply: any) => void} delivered
 * @property {(letter: Letter, error: any) => void} returned
 */

const WAITS = [500, 1000, 2000, 4000, 8000];

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {string} path @param {any} body @param {number[]} items @returns {Letter} */
export const makeLetter = (path, body, items) => ({ id: body.id, path, body, items });

/** What withdraws the last word on an item. @param {number} item */
export const reopening = (item) => makeLetter("/api/reopen", { id: newId(), items: [item] }, [item]);

export class Outbox {
  /** @type {"idle" | "sending" | "waiting"} */
  state = "idle";
  /** Why the last delivery failed, if it did. @type {Error | null} */
  trouble = null;
  /** @type {Letter[]} */
  letters = [];
  #failures = 0;
  #running = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Promise<unknown>} */
  #written = Promise.resolve();

  /** @param {string} project @param {Hooks} hooks */
  constructor(project, hooks) {
    this.name = `asknext ${project}`;
    this.hooks = hooks;
  }

  /** Take up what an earlier visit left, and begin to send. */
  async open() {
    const request = indexedDB.open(this.name, 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore("letters", { keyPath: "key", autoIncrement: true });
    this.database = await result(request);
    this.letters = await this.#store("readonly").then((store) => result(store.getAll()));
    this.flush();
  }

  /** @param {IDBTransactionMode} mode */
  async #store(mode) {
    const transaction = /** @type {IDBDatabase} */ (this.database).transaction("letters", mode, {
      durability: "strict",
    });
    return transaction.objectStore("letters");
  }

  /** The items that the server does not know to be answered yet. */
  get items() {
    return this.letters.flatMap((letter) => letter.items);
  }

  /**
   * @param {string} path
   * @param {any} body
   * @param {number[]} [items] that the letter is about
   * @returns {Letter}
   */
  add(path, body, items = []) {
    const letter = makeLetter(path, body, items);
    this.#write([letter], async (store) => void (await result(store.add(letter))));
    return letter;
  }

  /**
   * Take a letter back. If it has never left, it vanishes; otherwise others must follow it.
   *
   * @param {string} id of the letter
   * @param {Letter[]} others what takes it back where it may have arrived; they keep this place in the order
   */
  cancel(id, others) {
    this.#write(others, async (store) => {
      const found = (await result(store.getAll())).find((letter) => letter.id === id);
      const gone = found && !found.sent;
      if (gone) await result(store.delete(found.key));
      else for (const letter of others) await result(store.add(letter));
      this.#forget(gone ? [id, ...others.map((letter) => letter.id)] : []);
    });
  }

  /** @param {Letter[]} letters @param {(store: IDBObjectStore) => Promise<void>} deed */
  #write(letters, deed) {
    this.letters = [...this.letters, ...letters];
    this.#written = this.#written
      .then(() => this.#store("readwrite"))
      .then(deed)
      .then(
        () => void this.flush(),
        (error) => this.#wait(new Error(`This browser could not keep an answer: ${error.message}.`)),
      );
    this.hooks.changed();
  }

  /** @param {string[]} ids */
  #forget(ids) {
    this.letters = this.letters.filter((letter) => !ids.includes(letter.id));
    this.hooks.changed();
  }

  /** Send all, the oldest first, until nothing is left or the server is gone. */
  async flush() {
    if (this.#running || !this.database) return;
    this.#running = true;
    clearTimeout(this.#timer);
    try {
      do {
        await inTurn(this.name, async () => {
          for (let letter = await this.#take(); letter; letter = await this.#take())
            await this.#deliver(letter);
        });
      } while (await this.#rest());
      this.state = "idle";
    } catch (error) {
      this.#wait(/** @type {Error} */ (error));
    }
    this.#running = false;
    this.hooks.changed();
  }

  /** @param {Error} trouble */
  #wait(trouble) {
    this.trouble = trouble;
    this.state = "waiting";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), WAITS[Math.min(this.#failures++, WAITS.length - 1)]);
    this.hooks.changed();
  }

  /**
   * How many letters are still here; those that another tab has sent are no longer.
   *
   * @returns {Promise<number>}
   */
  async #rest() {
    const before = new Set(this.letters.map((letter) => letter.id));
    await this.#written;
    const kept = new Set((await result((await this.#store("readonly")).getAll())).map((letter) => letter.id));
    this.letters = this.letters.filter((letter) => kept.has(letter.id) || !before.has(letter.id));
    return this.letters.length;
  }

  /**
   * The oldest letter, marked as sent in the same transaction: nobody withdraws it from now on.
   *
   * @returns {Promise<Letter | undefined>}
   */
  async #take() {
    const store = await this.#store("readwrite");
    const letter = (await result(store.openCursor()))?.value;
    if (letter) await result(store.put({ ...letter, sent: true }));
    return letter;
  }

  /** @param {Letter} letter */
  async #deliver(letter) {
    this.state = "sending";
    let reply;
    let refusal;
    try {
      reply = await this.hooks.send(letter);
    } catch (error) {
      if (!this.hooks.final(error)) throw error;
      refusal = error;
    }
    await result((await this.#store("readwrite")).delete(/** @type {number} */ (letter.key)));
    this.#failures = 0;
    this.trouble = null;
    this.#forget([letter.id]);
    if (refusal) this.hooks.returned(letter, refusal);
    else this.hooks.delivered(letter, reply);
  }
}
