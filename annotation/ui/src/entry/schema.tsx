/**
 * The schema editor: a form over the textarea that holds the JSON. Both show one value; the textarea is what is sent.
 *
 *     <div data-schema-editor data-schema="id of the textarea"></div>
 *
 * Nothing is kept in the browser: leaving with unpublished changes asks first.
 */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Editor } from "../parts/editor/Editor";
import "../style/editor.css";

function Page({ field, json }: { field: HTMLTextAreaElement; json: HTMLElement | null }) {
  const [text, setText] = useState(field.value);
  const [view, setView] = useState<"form" | "json">("form");
  useEffect(() => {
    const follow = () => setText(field.value);
    field.addEventListener("input", follow);
    return () => field.removeEventListener("input", follow);
  }, []);
  useEffect(() => {
    if (json) json.hidden = view !== "json";
  }, [view]);
  return (
    <Editor
      text={text}
      view={view}
      onView={setView}
      onText={(next) => {
        field.value = next;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }}
    />
  );
}

/** Ask before work is lost: it is kept on this page and nowhere else. */
function guard(form: HTMLFormElement, field: HTMLTextAreaElement): void {
  const first = field.value;
  const note = form.querySelector<HTMLElement>("[data-unsaved]");
  let sending = false;
  const changed = () => "unpublished" in form.dataset || field.value !== first;
  const show = () => {
    if (note) note.hidden = !changed();
  };
  form.addEventListener("submit", () => {
    sending = true;
  });
  field.addEventListener("input", show);
  addEventListener("beforeunload", (event) => {
    if (!sending && changed()) event.preventDefault();
  });
  addEventListener("pageshow", () => {
    sending = false;
  });
  show();
}

for (const host of document.querySelectorAll<HTMLElement>("[data-schema-editor]")) {
  const field = document.getElementById(host.dataset.schema ?? "") as HTMLTextAreaElement | null;
  const form = field?.form;
  if (!field || !form) continue;
  guard(form, field);
  render(<Page field={field} json={form.querySelector<HTMLElement>("[data-json]")} />, host);
}
