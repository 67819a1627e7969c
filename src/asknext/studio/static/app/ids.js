/**
 * Names that nobody else gives, also where the page came over plain HTTP from another machine: there the
 * browser has no `crypto.randomUUID`.
 *
 * @returns {string}
 */
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
