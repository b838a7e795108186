// <button data-confirm="question" data-confirm-action="verb" data-confirm-word="word to type"> inside a form.
export function startConfirming() {
  const dialog = document.getElementById("confirm");
  if (!dialog) return;
  const yes = dialog.querySelector("[data-confirm-yes]");
  const asked = dialog.querySelector("[data-confirm-asked]");
  const typed = asked.querySelector("input");
  const agreed = new WeakSet();
  let waiting = null;

  const allow = () => {
    yes.disabled = Boolean(waiting?.dataset.confirmWord) && typed.value.trim() !== waiting.dataset.confirmWord;
  };
  typed.addEventListener("input", allow);

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.confirm || agreed.delete(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = button;
    dialog.querySelector("[data-confirm-question]").textContent = button.dataset.confirm;
    yes.textContent = button.dataset.confirmAction || button.textContent.trim();
    asked.hidden = !button.dataset.confirmWord;
    asked.querySelector("b").textContent = button.dataset.confirmWord ?? "";
    typed.value = "";
    allow();
    dialog.showModal();
    (asked.hidden ? dialog.querySelector("[value=no]") : typed).focus();
  }, { capture: true });

  dialog.addEventListener("close", () => {
    const button = waiting;
    waiting = null;
    if (dialog.returnValue !== "yes" || !button) return;
    agreed.add(button);
    button.form.requestSubmit(button);
  });
  dialog.addEventListener("cancel", () => {
    dialog.returnValue = "no";
  });
}
