// Wakes the components of the pages; all of them work without it.
import { initAll } from "./govuk.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
