/**
 * Points on a canvas: placing, drawing, finding.
 *
 * @typedef {{ids: number[], x: number[], y: number[], value: any[], answered: boolean[], hidden?: boolean[]}} Points
 * @typedef {{x: Float32Array, y: Float32Array}} Places
 */

const MARGIN = 14;
const REACH = 12;

/** Even, colour-blind safe steps from dark to bright (cividis). */
const RAMP = [
  "#00224e",
  "#123570",
  "#3b496c",
  "#575d6d",
  "#707173",
  "#8a8678",
  "#a59c74",
  "#c3b369",
  "#e1cc55",
  "#fee838",
];

/** @param {number[]} values @returns {[number, number]} */
function ends(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high > low ? high : low + 1];
}

/** @param {Points} points @param {number} width @param {number} height @returns {Places} */
export function project(points, width, height) {
  const put = (/** @type {number[]} */ values, /** @type {number} */ size) => {
    const [low, high] = ends(values);
    return Float32Array.from(
      values,
      (value) => MARGIN + ((value - low) / (high - low)) * (size - 2 * MARGIN),
    );
  };
  return { x: put(points.x, width), y: put(points.y, height) };
}

/**
 * @param {Points} points
 * @param {(value: any, answered: boolean) => string} ofClass
 * @returns {(i: number) => string}
 */
function paint(points, ofClass) {
  const numbers = points.value.filter((value) => typeof value === "number");
  if (!numbers.length) return (i) => ofClass(points.value[i], points.answered[i]);
  const [low, high] = ends(numbers);
  return (i) => {
    const value = points.value[i];
    return typeof value === "number"
      ? RAMP[Math.min(9, Math.floor((10 * (value - low)) / (high - low)))]
      : "#8a8f98";
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Points} points
 * @param {Places} at
 * @param {number[]} size
 * @param {(value: any, answered: boolean) => string} ofClass
 * @param {[number, number][]} lasso
 */
export function draw(canvas, points, at, [width, height], ofClass, lasso) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(scale, scale);
  const colour = paint(points, ofClass);
  const radius = points.ids.length > 5000 ? 1.5 : 2.5;
  for (let pass = 0; pass < 2; pass += 1) {
    for (let i = 0; i < points.ids.length; i += 1) {
      if (points.hidden?.[i] || points.answered[i] !== (pass === 1)) continue;
      pen.fillStyle = colour(i);
      const r = pass ? radius + 1.5 : radius;
      pen.fillRect(at.x[i] - r, at.y[i] - r, 2 * r, 2 * r);
    }
  }
  if (lasso.length < 2) return;
  pen.beginPath();
  for (const [x, y] of lasso) pen.lineTo(x, y);
  pen.closePath();
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.setLineDash([5, 4]);
  pen.lineWidth = 1.5;
  pen.stroke();
}

/**
 * @param {Points} points
 * @param {Places} at
 * @param {[number, number]} spot
 * @returns {number | null} the item nearest to a spot
 */
export function nearest(points, at, [x, y]) {
  let best = REACH * REACH;
  let found = null;
  for (let i = 0; i < points.ids.length; i += 1) {
    if (points.hidden?.[i]) continue;
    const far = (at.x[i] - x) ** 2 + (at.y[i] - y) ** 2;
    if (far < best) {
      best = far;
      found = points.ids[i];
    }
  }
  return found;
}

/**
 * The items inside a line drawn around them, by the even-odd rule.
 *
 * @param {Points} points
 * @param {Places} at
 * @param {[number, number][]} line
 * @returns {number[]}
 */
export function inside(points, at, line) {
  const within = (/** @type {number} */ x, /** @type {number} */ y) => {
    let odd = false;
    for (let i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
      const [[ax, ay], [bx, by]] = [line[i], line[j]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
    return odd;
  };
  return points.ids.filter((_, i) => !points.hidden?.[i] && within(at.x[i], at.y[i]));
}
