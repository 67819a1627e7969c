/** The server said no: `message` is its one sentence. Sending it again changes nothing. */
export class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** No answer came: the server is away, or broke. Sending it again may help. */
export class Unreachable extends Error {}

const PATIENCE = 20_000;

/**
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
  } catch {
    throw new Unreachable("The server does not answer. Is `asknext label` still running?");
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  const told = String(body?.error ?? `the server answered ${response.status}.`);
  const sentence = told[0].toUpperCase() + told.slice(1);
  if (response.status >= 500) throw new Unreachable(sentence);
  throw new Refused(response.status, sentence);
}

/** @param {string} path */
export const get = (path) => call(path, {});

/** @param {object} body @returns {RequestInit} */
const posting = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", "X-Asknext": "1" },
  body: JSON.stringify(body),
});

/** @param {string} path @param {object} body */
export const post = (path, body = {}) => call(path, posting(body));

/**
 * A last word while the page is left; nobody hears the reply. A beacon could not carry the header.
 *
 * @param {string} path
 * @param {object} body
 */
export const part = (path, body) => void fetch(path, { ...posting(body), keepalive: true }).catch(() => {});
