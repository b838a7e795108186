// Single keys (WCAG 2.1.4): data-key="1" clicks its control. Never inside a text field, never under a dialog; can be
// switched off or moved to Alt. "?" opens the sheet, which is written from the page itself.
const TEXT_INPUTS = new Set(["checkbox", "radio", "button", "submit", "reset", "file", "range", "color", "image"]);

function writes(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element instanceof HTMLInputElement) return !TEXT_INPUTS.has(element.type);
  return element.isContentEditable || element.matches("textarea, select");
}

/** The key as printed on the control: with Alt, or on a non-Latin keyboard, the place of the key decides. */
function keyOf(event) {
  const place = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
  const own = /^[\x20-\x7e]$/.test(event.key) && !event.altKey;
  return (place && !own && event.key.length === 1 ? place[1] : event.key).toLowerCase();
}

function nameOf(control) {
  const named = control.getAttribute("aria-label") ?? (control.labels?.[0] ?? control).textContent;
  const words = named.trim().replace(/\s+/g, " ");
  const cap = ` ${control.dataset.key}`;
  return words.endsWith(cap) ? words.slice(0, -cap.length) : words;
}

function openSheet(sheet) {
  const list = sheet.querySelector("[data-key-list]");
  list.replaceChildren();
  for (const control of document.querySelectorAll("[data-key]")) {
    const cap = document.createElement("kbd");
    cap.textContent = control.dataset.key;
    const term = document.createElement("dt");
    term.append(cap);
    const what = document.createElement("dd");
    what.textContent = nameOf(control);
    list.append(term, what);
  }
  sheet.querySelector("[data-key-none]").hidden = list.childElementCount > 0;
  sheet.showModal();
}

export function startKeys() {
  const sheet = document.getElementById("key-sheet");
  for (const button of document.querySelectorAll("[data-key-sheet]")) {
    button.addEventListener("click", () => sheet && openSheet(sheet));
  }
  document.addEventListener("keydown", (event) => {
    const mode = document.documentElement.dataset.keys ?? "on";
    if (mode === "off" || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.altKey !== (mode === "alt") || event.repeat || writes(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?" && sheet) {
      event.preventDefault();
      openSheet(sheet);
      return;
    }
    // Enter and Space on a link or button mean that link or button.
    if ((event.key === "Enter" || event.key === " ") && event.target.closest("a, button, summary")) return;
    const key = keyOf(event);
    for (const control of document.querySelectorAll("[data-key]")) {
      if (control.dataset.key.toLowerCase() !== key || control.disabled || !control.checkVisibility()) continue;
      event.preventDefault();
      control.focus();
      control.click();
      return;
    }
  });
}
