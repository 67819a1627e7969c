/**
 * Turns between the tabs of a browser. Over plain HTTP from another machine there are no locks; then each tab
 * goes by itself: a letter may be sent twice, which changes nothing, since its id is the same.
 *
 * @param {string} name
 * @param {() => Promise<void>} deed
 * @returns {Promise<void>}
 */
export const inTurn = async (name, deed) => (navigator.locks ? navigator.locks.request(name, deed) : deed());

/**
 * Whether this page alone has the name; it has it then until it is left.
 *
 * @param {string} name
 * @returns {Promise<boolean>}
 */
export function hold(name) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}
