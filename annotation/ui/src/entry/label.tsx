/** Entry of the labeling page. */
import { render } from "preact";
import { partOf } from "../parts/questions";

const host = document.getElementById("workspace");
if (host) {
  const entry = partOf({ id: "q", type: "choice", text: "", options: [] });
  render(<p>{entry ? "" : ""}</p>, host);
}
