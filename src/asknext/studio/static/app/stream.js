import { get } from "./api.js";

/** @import { Status } from "./types.js" */

const PAUSE = 3000;

/**
 * The status, each time it changes. The browser reconnects by itself, but not after an error answer.
 *
 * @param {(status: Status) => void} take
 * @param {(up: boolean, why?: unknown) => void} connected
 */
export function listen(take, connected) {
  /** @type {EventSource} */
  let source;
  const open = () => {
    source = new EventSource("/api/stream");
    const read = (/** @type {MessageEvent} */ event) => take(JSON.parse(event.data));
    source.addEventListener("message", read);
    source.addEventListener("status", read);
    source.addEventListener("open", () => connected(true));
    source.addEventListener("error", () => {
      connected(false);
      if (source.readyState !== EventSource.CLOSED) return;
      get("/api/status").catch((error) => connected(false, error));
      setTimeout(open, PAUSE);
    });
  };
  open();
}
