import { picture } from "./pictures.js";

/** @import { Served } from "./types.js" */

/**
 * The items that wait here to be answered, fetched ahead of the person with their pictures; and a reserve, lent
 * to nobody, for the time that the server is lost.
 */

const AHEAD = 8;
const REFILL_AT = 6;
const PAUSE = 3000;
const RESERVE = 48;
const FRESH = 60_000;

export class Queue {
  /** @type {Served[]} */
  items = [];
  /** Has the server nothing more for this person, as far as is known? */
  drained = false;
  /** Why the last fetch failed, if it did. @type {unknown} */
  trouble = null;
  /** @type {Served[]} */
  reserve = [];
  #stocked = -FRESH;
  #fetching = false;

  /**
   * @param {(n: number, held: number[], lend: boolean) => Promise<Served[]>} fetch
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
    this.reserve = this.reserve.filter((served) => !gone.has(served.item));
    if (this.trouble) this.#fallBack();
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

  /** How many items can be answered without the server. */
  get ahead() {
    return this.items.length + this.reserve.length;
  }

  #held() {
    return [...new Set([...this.ids, ...this.unsent()])];
  }

  /** Fetch until enough lie ahead. Asks again until it succeeds. */
  async refill() {
    if (this.#fetching || (this.items.length >= REFILL_AT && !this.trouble)) return;
    this.#fetching = true;
    try {
      const fresh = await this.fetch(Math.max(1, AHEAD - this.items.length), this.#held(), true);
      const have = new Set(this.#held());
      const news = fresh.filter((served) => !have.has(served.item));
      for (const { content } of news) if ("image" in content) picture(content.image);
      this.drained = news.length === 0;
      this.items = [...this.items, ...news];
      this.trouble = null;
      void this.#stock();
    } catch (error) {
      this.trouble = error;
      this.#fallBack();
      setTimeout(() => this.refill(), PAUSE);
    }
    this.#fetching = false;
    this.changed();
    if (!this.drained && this.items.length && this.items.length < REFILL_AT) void this.refill();
  }

  /** Renew the reserve, where it is old. Their pictures stay with the browser, not in memory. */
  async #stock() {
    if (performance.now() - this.#stocked < FRESH) return;
    this.#stocked = performance.now();
    try {
      const found = await this.fetch(RESERVE, this.#held(), false);
      const have = new Set(this.#held());
      this.reserve = found.filter((served) => !have.has(served.item));
      for (const { content } of this.reserve) if ("image" in content) await fetch(content.image);
    } catch {
      this.#stocked = -FRESH; // the next fetch tries again
    }
  }

  /** Without the server, go on with the reserve. */
  #fallBack() {
    if (this.items.length) return;
    const have = new Set(this.unsent());
    const left = this.reserve.filter((served) => !have.has(served.item));
    [this.items, this.reserve] = [left.slice(0, AHEAD), left.slice(AHEAD)];
  }
}
