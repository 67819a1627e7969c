import { get, Refused } from "./api.js";
import { Session } from "./session.js";
import { listen } from "./stream.js";
import { openTab } from "./tab.js";
import { html, render } from "../vendor/htm-preact.js";
import { App } from "./views/app.js";
import { Closed } from "./views/shut.js";

/** Open the project, take up what an earlier visit left, and draw. */
async function start() {
  const place = /** @type {HTMLElement} */ (document.getElementById("app"));
  try {
    const project = await get("/api/project");
    const session = new Session(project, await openTab(project.id));
    document.title = `${session.state.project.name} – asknext`;
    place.replaceChildren();
    render(html`<${App} session=${session} />`, place);
    await session.start();
    listen(
      (status) => session.take(status),
      (up, why) => session.connect(up, why),
    );
  } catch (error) {
    const closed = error instanceof Refused && error.status === 401;
    const title = closed ? "This page is closed to you" : "The page could not be opened";
    place.replaceChildren();
    render(html`<${Closed} title=${title} why=${/** @type {Error} */ (error).message} />`, place);
  }
}

void start();
