// The labeling form: submits through the API, so that a refusal or a dead session leaves the answer on the page.
// Without script the same form is posted the plain way. Nothing is kept in the browser's storage.
import { announce } from "/static/ringfence/live.js";

const form = document.querySelector(".desk-form");
const place = form?.querySelector("[data-submit-to]");
const began = performance.now();

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** Show why the answer was not taken; `goOn` offers the next item, `signIn` the way in. */
function refuse(text, { goOn = false, signIn = false } = {}) {
  const box = form.querySelector("[data-refusal]");
  box.querySelector("[data-refusal-text]").textContent = text;
  box.querySelector("[data-go-on]").hidden = !goOn;
  box.querySelector("[data-sign-in]").hidden = !signIn;
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
  announce(text);
}

function questions() {
  return [...form.querySelectorAll("[data-question]")];
}

function answered(question) {
  return question.querySelector("input:checked") !== null;
}

/** Only one question listens to the digits at a time: the one in focus, else the first that is open. */
function giveKeys() {
  const all = questions();
  const focused = all.find((question) => question.contains(document.activeElement) && !answered(question));
  const active = focused ?? all.find((question) => !answered(question)) ?? all.at(-1);
  for (const question of all) {
    for (const input of question.querySelectorAll("input")) {
      input.dataset.keyOfItsOwn ??= input.dataset.key ?? "";
      if (question === active && input.dataset.keyOfItsOwn) input.dataset.key = input.dataset.keyOfItsOwn;
      else delete input.dataset.key;
    }
  }
}

async function submit() {
  const answer = {};
  for (const input of form.querySelectorAll("[data-question] input:checked")) answer[input.name.slice(2)] = input.value;
  let response;
  let body = {};
  try {
    response = await fetch(place.dataset.submitTo, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": cookie("csrftoken") },
      body: JSON.stringify({
        answer,
        lead_ms: Math.round(performance.now() - began),
        schema_version: Number(form.elements.schema_version.value),
      }),
    });
    body = await response.json();
  } catch {
    if (!response) {
      refuse(place.dataset.saysOffline);
      return;
    }
  }
  if (response.ok) {
    location.replace(place.dataset.next);
    return new Promise(() => {});
  }
  if (response.status === 401 || (response.status === 403 && !body.code)) refuse(place.dataset.saysSignedOut, { signIn: true });
  else if (response.status >= 500) refuse(place.dataset.saysOffline);
  else refuse(body.message ?? place.dataset.saysOffline, { goOn: response.status === 409 });
}

if (form && place) {
  let busy = false;
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("data-skip")) return;
    event.preventDefault();
    const open = questions().find((question) => question.querySelector("[required]") && !answered(question));
    if (open) {
      refuse(place.dataset.saysOpen);
      open.querySelector("input").focus();
      return;
    }
    if (busy) return;
    busy = true;
    submit().finally(() => {
      busy = false;
    });
  });
  // The form says itself what is missing, where the refusal is read too.
  form.noValidate = true;
  form.addEventListener("change", giveKeys);
  form.addEventListener("focusin", giveKeys);
  giveKeys();
}
