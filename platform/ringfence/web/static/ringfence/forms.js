// A form is sent once; the first error takes the focus. <form data-repeat> may be sent again (downloads).
export function startForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "repeat" in form.dataset) return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    // Not `disabled`: the browser would leave the button's own name and value out of what it sends.
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  // The back button can restore a page whose form was sent.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
    }
  });
  document.querySelector("[data-error-summary], [aria-invalid=true]")?.focus();
}
