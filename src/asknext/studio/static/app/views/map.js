import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { get } from "../api.js";
import { colourOf, OUTSIDE } from "../classes.js";
import { draw, inside, nearest, project } from "../scatter.js";
import { Glimpse } from "./item.js";
import { ActionButton, count, Swatch } from "./parts.js";

/** @import { Points } from "../scatter.js" */
/** @import { Session } from "../session.js" */


const AT_ONCE = 48;
const COLOURS = [
  ["answers", "answers"],
  ["class", "answers and the model's classes"],
  ["uncertainty", "uncertainty"],
  ["ood", "unlike the labelled"],
];

/** @param {Session} session @param {number[]} ids */
async function choose(session, ids) {
  const unsent = new Set(session.outbox.items);
  const taken = ids.filter((id) => !unsent.has(id)).slice(0, AT_ONCE);
  const group = (await Promise.all(taken.map((id) => session.look(id)))).filter(Boolean);
  if (!group.length) return session.say("There is no item in there.");
  session.set({ mode: "bulk", group: /** @type {any} */ (group) });
  session.say(
    ids.length > AT_ONCE ? `The first ${AT_ONCE} of ${ids.length} items.` : `${group.length} items.`,
  );
  return undefined;
}

/**
 * All items in two dimensions: look, draw around some, answer them together.
 *
 * @param {{session: Session}} props
 */
export function MapView({ session }) {
  const canvas = useRef(null);
  const [colour, setColour] = useState("answers");
  const [points, setPoints] = useState(/** @type {Points | null} */ (null));
  const [error, setError] = useState("");
  const [open, setOpen] = useState(true);
  const [hover, setHover] = useState(/** @type {any} */ (null));
  const [lasso, setLasso] = useState(/** @type {[number, number][]} */ ([]));
  const [size, setSize] = useState([0, 0]);
  const { places, classes } = session.state;
  const byClass = colour === "answers" || colour === "class";
  const asked = byClass ? "class" : colour;

  useEffect(() => {
    get(`/api/map?color=${asked}`).then(
      (reply) => {
        setPoints(reply);
        setError("");
      },
      (/** @type {Error} */ problem) => setError(problem.message),
    );
  }, [asked, session.state.status?.ranking?.round]);
  useLayoutEffect(() => {
    const box = /** @type {any} */ (canvas.current).parentElement;
    const watch = new ResizeObserver(() => setSize([box.clientWidth, box.clientHeight]));
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  const shown = points && !open ? { ...points, hidden: points.answered } : points;
  const ofClass = (/** @type {any} */ value, /** @type {boolean} */ answered) =>
    value in places && (answered || colour === "class") ? colourOf(places[value]) : OUTSIDE;
  const at = shown && size[0] ? project(shown, size[0], size[1]) : null;
  useLayoutEffect(() => {
    if (shown && at) draw(/** @type {any} */ (canvas.current), shown, at, size, ofClass, lasso);
  }, [points, open, size, lasso, colour, places, session.state.settings.theme]);

  const where = (/** @type {any} */ event) => [event.offsetX, event.offsetY];
  const down = (/** @type {any} */ event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setLasso([/** @type {any} */ (where(event))]);
    setHover(null);
  };
  const move = (/** @type {any} */ event) => {
    if (lasso.length) return setLasso([...lasso, /** @type {any} */ (where(event))]);
    const found = at && shown ? nearest(shown, at, /** @type {any} */ (where(event))) : null;
    if (found === null) return setHover(null);
    if (hover?.item !== found) setHover({ item: found, x: event.offsetX, y: event.offsetY });
    return undefined;
  };
  const up = () => {
    const drawn = lasso;
    setLasso([]);
    if (!at || !shown || !drawn.length) return;
    if (drawn.length < 4) {
      const found = nearest(shown, at, drawn[0]);
      if (found !== null) void session.open(found);
    } else void choose(session, inside(shown, at, drawn));
  };
  useEffect(() => {
    if (!hover || hover.served) return undefined;
    const timer = setTimeout(async () => {
      const served = await session.look(hover.item);
      if (served) setHover((/** @type {any} */ now) => (now?.item === hover.item ? { ...now, served } : now));
    }, 120);
    return () => clearTimeout(timer);
  }, [hover]);

  const answered = points ? points.answered.filter(Boolean).length : 0;
  const summary =
    points && !points.ids.length
      ? "The map comes with the first round"
      : points
        ? `${count(points.ids.length)} of ${count(session.state.project.n)} items, ${count(answered)} answered`
        : "";
  return html` <div class="meta">
      <h2>Map</h2>
      <label
        >Colour
        <select value=${colour} onChange=${(/** @type {any} */ event) => setColour(event.target.value)}>
          ${COLOURS.map(([value, says]) => html`<option key=${value} value=${value}>${says}</option>`)}
        </select></label
      >
      <label
        ><input
          type="checkbox"
          checked=${open}
          onChange=${(/** @type {any} */ event) => setOpen(event.target.checked)}
        />
        answered ones too</label
      >
      <span class="hint"
        >${error || summary}. Draw around items to answer them together; click one to open it.</span
      >
      <span class="tools"
        ><button type="button" class="quiet" onClick=${() => session.set({ mode: "label" })}>
          Back <kbd aria-hidden="true">Esc</kbd>
        </button></span
      >
    </div>
    <div class="map">
      <canvas
        ref=${canvas}
        role="img"
        aria-label=${`Map of the items: ${summary}. By keyboard, similar items are reached with the key of Similar.`}
        onPointerDown=${down}
        onPointerMove=${move}
        onPointerUp=${up}
        onPointerLeave=${() => setHover(null)}
      ></canvas>
      ${
        hover?.served &&
        html`<div
          class="tip"
          ref=${(/** @type {any} */ tip) => {
            if (tip) {
              tip.style.left = `${Math.min(hover.x + 14, size[0] - 220)}px`;
              tip.style.top = `${Math.min(hover.y + 14, size[1] - 190)}px`;
            }
          }}
        >
          <${Glimpse} content=${hover.served.content} /><span
            >item
            ${hover.item}${hover.served.answer && "class" in hover.served.answer ? ` · ${hover.served.answer.class}` : ""}</span
          >
        </div>`
      }
    </div>
    <div class="legend">
      ${
        byClass
          ? html`${classes.map(({ name }) => html`<span key=${name}><${Swatch} place=${places[name]} /><span dir="auto">${name}</span></span>`)}<span
                ><${Swatch} />
                ${colour === "class" ? "no class; large: answered" : "not answered, or no class"}</span
              >`
          : html`<span class="ramp" aria-hidden="true"></span><span>low (dark) to high (bright)</span>`
      } <${ActionButton} session=${session} action="bulk" quiet />
    </div>`;
}
