// The page's one polite live region.
const region = document.getElementById("live");

/** Say `text` to assistive technology; the same text twice is said twice. */
export function announce(text) {
  if (!region || !text) return;
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}
