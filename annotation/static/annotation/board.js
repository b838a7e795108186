// Keeps the drawn bar of the board in step with the counts that live progress writes beside it.
const bar = document.querySelector("[data-bar]");

function count(name) {
  const place = document.querySelector(`[data-bar-count="${name}"] [data-poll-text]`);
  return Number((place?.textContent ?? "").replace(/\D/g, "")) || 0;
}

function draw() {
  const names = [...bar.querySelectorAll("[data-part]")];
  const counts = names.map((part) => count(part.dataset.part));
  const all = counts.reduce((sum, n) => sum + n, 0) || 1;
  let start = 0;
  names.forEach((part, n) => {
    const width = (100 * counts[n]) / all;
    part.setAttribute("x", `${start}%`);
    part.setAttribute("width", `${width}%`);
    start += width;
  });
}

if (bar) {
  const watch = new MutationObserver(draw);
  for (const place of document.querySelectorAll("[data-bar-count]"))
    watch.observe(place, { childList: true, characterData: true, subtree: true });
}
