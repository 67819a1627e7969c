import { useLayoutEffect, useReducer } from "../vendor/htm-preact.js";

/**
 * One value that everybody may read and that tells its listeners when it changes.
 *
 * @template {object} S
 * @param {S} initial
 */
export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get: () => state,
    /** @param {Partial<S>} patch */
    set(patch) {
      state = { ...state, ...patch };
      for (const listener of [...listeners]) listener();
    },
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * The state, and a new drawing whenever it changes.
 *
 * @template {object} S
 * @param {{get: () => S, subscribe: (listener: () => void) => () => boolean}} store
 * @returns {S}
 */
export function useStore(store) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => {
    const stop = store.subscribe(() => redraw(null));
    return () => void stop();
  }, [store]);
  return store.get();
}
