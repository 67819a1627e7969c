import { picture } from "./pictures.js";

/** @import { Served } from "./types.js" */

/**
 * The items that wait here to be answered, fetched ahead of the person with their pictures.
 *
 */

const AHEAD = 8;
const REFILL_AT = 6;
const PAUSE = 3000;

export class Queue {
  /** @type {Served[]} */
  items = [];
  /** Has the server nothing more for this person, as far as is known? */
  drained = false;
  /** Why the last fetch failed, if it did. @type {unknown} */
  trouble = null;
  #fetching = false;

  /**
   * @param {(n: number, held: number[]) => Promise<Served[]>} fetch
   * @param {() => number[]} unsent items answered here, of which the server does not know yet
   * @param {() => void} changed
   */
  constructor(fetch, unsent, changed) {
    this.fetch = fetch;
    this.unsent = unsent;
    this.changed = changed;
  }

  /** @returns {Served | undefined} */
  get current() {
    return this.items[0];
  }

  /** @param {number[]} ids */
  drop(ids) {
    const gone = new Set(ids);
    this.items = this.items.filter((served) => !gone.has(served.item));
    this.changed();
    void this.refill();
  }

  /** @param {Served} served */
  putFirst(served) {
    this.items = [served, ...this.items.filter((other) => other.item !== served.item)];
    this.changed();
  }

  /** The numbers of the items here. */
  get ids() {
    return this.items.map((served) => served.item);
  }

  /** Fetch until enough lie ahead. Asks again until it succeeds. */
  async refill() {
    if (this.#fetching || this.items.length >= REFILL_AT) return;
    this.#fetching = true;
    try {
      const held = () => [...new Set([...this.ids, ...this.unsent()])];
      const fresh = await this.fetch(AHEAD - this.items.length, held());
      const have = new Set(held());
      const news = fresh.filter((served) => !have.has(served.item));
      for (const { content } of news) if ("image" in content) picture(content.image);
      this.drained = news.length === 0;
      this.items = [...this.items, ...news];
      this.trouble = null;
    } catch (error) {
      this.trouble = error;
      setTimeout(() => this.refill(), PAUSE);
    }
    this.#fetching = false;
    this.changed();
    if (!this.drained && this.items.length && this.items.length < REFILL_AT) void this.refill();
  }
}
