// <button data-copy="id of what to copy" data-copied="word to show">.
import { announce } from "./live.js";

const SHOWN_MS = 2000;

export function startCopying() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const word = button.querySelector("span") ?? button;
    const before = word.textContent;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      if (!source) return;
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
      } catch {
        // The clipboard may be refused (plain http, policy): select the text so that the person can.
        getSelection().selectAllChildren(source);
        return;
      }
      word.textContent = button.dataset.copied;
      announce(button.dataset.copied);
      setTimeout(() => {
        word.textContent = before;
      }, SHOWN_MS);
    });
  }
}
