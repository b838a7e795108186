/** Entry of the labeling page. */
import "../style/label.css";
import "../style/markdown.css";
import "../style/spans.css";
import "../style/workspace.css";
import { configOf, startDesk } from "../desk/start";

const host = document.getElementById("workspace");
if (host) void startDesk(host, configOf(host));
