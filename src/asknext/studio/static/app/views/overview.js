import { html } from "../../vendor/htm-preact.js";
import { Sections } from "./panel.js";

/** @import { Session } from "../session.js" */

/** How far the labelling is, over the whole place: for those who look on. @param {{session: Session}} props */
export const Overview = ({ session }) =>
  html`<div class="overview" tabindex="0" role="region" aria-label="Overview">
    <${Sections} session=${session} />
  </div>`;
