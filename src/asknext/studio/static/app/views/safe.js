import { html, useErrorBoundary } from "../../vendor/htm-preact.js";

/** A part that may fail by itself: the others go on. @param {{children?: any, what: string}} props */
export function Safe({ children, what }) {
  const [error, again] = useErrorBoundary();
  if (!error) return children;
  return html`<div class="notice bad" role="alert">
    <span>${what} could not be shown (${error.message}). Answers are safe.</span>
    <button type="button" onClick=${again}>Try again</button>
  </div>`;
}
