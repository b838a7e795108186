/** Entry of the practice page: the same desk, answered in the browser. */
import "../style/label.css";
import "../style/markdown.css";
import "../style/spans.css";
import "../style/workspace.css";
import { effect } from "@preact/signals";
import { PracticeServer, PRACTICE_PERSON, PRACTICE_PROJECT } from "../desk/practice/server";
import { configOf, startDesk } from "../desk/start";

const host = document.getElementById("workspace");
if (host) {
  const server = new PracticeServer();
  const config = { ...configOf(host), person: PRACTICE_PERSON, project: PRACTICE_PROJECT, practice: true };
  void startDesk(host, config, server.send).then((work) =>
    effect(() => {
      const task = work.shown.value?.task.id;
      work.hint.value = server.slots.find(({ id }) => id === task)?.lesson.hint ?? "";
    }),
  );
}
