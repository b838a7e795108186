// The one entry of every page: each module looks for its own data attributes and stays idle without them.
import { startConfirming } from "./confirm.js";
import { startCopying } from "./copy.js";
import { startFiltering } from "./filter.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startMenus } from "./menus.js";
import { startPolling } from "./polling.js";
import { startPreferences } from "./preferences.js";
import { showTimes } from "./times.js";

startPreferences();
showTimes(document);
startMenus();
startConfirming();
startForms();
startCopying();
startFiltering();
startKeys();
startPolling();
