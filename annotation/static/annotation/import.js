// Sends a file with visible progress. Without script the form does the same, without the bar.
import { announce } from "../ringfence/live.js";

for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const said = form.querySelector("#upload-said");
  const meter = form.querySelector("[data-upload-meter]");
  const button = form.querySelector("button");
  let sending = null;

  const say = (text) => {
    said.hidden = !text;
    said.querySelector("span").textContent = text;
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (text) announce(text);
  };
  const stop = (text) => {
    sending = null;
    meter.hidden = true;
    button.removeAttribute("aria-disabled");
    say(text);
  };
  const tooLarge = () => (input.files[0]?.size ?? 0) > Number(form.dataset.mostBytes);

  input.addEventListener("change", () => say(tooLarge() ? form.dataset.tooLarge : ""));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    if (tooLarge()) {
      say(form.dataset.tooLarge);
      input.focus();
      return;
    }
    say("");
    meter.hidden = false;
    button.setAttribute("aria-disabled", "true");
    sending = new XMLHttpRequest();
    sending.open("POST", form.action);
    sending.setRequestHeader("Accept", "application/json");
    sending.responseType = "json";
    sending.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = total ? Math.floor((loaded / total) * 100) : 0;
      meter.querySelector("progress").value = percent;
      meter.querySelector("[data-upload-percent]").textContent = `${percent} %`;
    });
    sending.addEventListener("load", () => {
      const answer = sending.response;
      if (answer?.url) location.assign(answer.url);
      else stop(answer?.message ?? form.dataset.lost);
    });
    for (const end of ["error", "abort", "timeout"]) sending.addEventListener(end, () => stop(form.dataset.lost));
    sending.send(new FormData(form));
  });
  addEventListener("beforeunload", (event) => {
    if (sending && sending.readyState !== XMLHttpRequest.DONE) event.preventDefault();
  });
}
