/** Pictures, loaded and decoded before they are looked at. */

const KEPT = 40;
/** @type {Map<string, HTMLImageElement>} */
const pictures = new Map();

/**
 * @param {string} url
 * @returns {HTMLImageElement} the same element each time, so that it is painted at once
 */
export function picture(url) {
  let image = pictures.get(url);
  if (!image) {
    image = new Image();
    image.draggable = false;
    image.src = url;
    image.decode().catch(() => {}); // the view shows the failure
  }
  pictures.delete(url);
  pictures.set(url, image);
  for (const old of [...pictures.keys()].slice(0, Math.max(0, pictures.size - KEPT))) pictures.delete(old);
  return image;
}

/** A picture that did not load is forgotten, so that the next look tries again. @param {string} url */
export const forget = (url) => pictures.delete(url);
