/** How long a person has looked at an item. Time in which the page was hidden does not count. */
export class Clock {
  #before = 0;
  #since = performance.now();

  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#before += performance.now() - this.#since;
      this.#since = performance.now();
    });
  }

  restart() {
    this.#before = 0;
    this.#since = performance.now();
  }

  seconds() {
    return (this.#before + performance.now() - this.#since) / 1000;
  }
}
