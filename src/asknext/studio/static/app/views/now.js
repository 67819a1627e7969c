import { html, useEffect, useState } from "../../vendor/htm-preact.js";

/** The time that goes by, in words. @param {number} milliseconds */
export function elapsed(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** How long something lasts by now, to the second; nothing reads it out. @param {{since: number}} props */
export function Since({ since }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<span class="since" aria-live="off">${elapsed(now - since)}</span>`;
}
