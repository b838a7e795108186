/** Entry of the labeling page. */
import "../style/workspace.css";
import { configOf, startDesk } from "../desk/start";

const host = document.getElementById("workspace");
if (host) void startDesk(host, configOf(host));
