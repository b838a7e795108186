/** The page's one polite live region. */
export function announce(text: string): void {
  const region = document.getElementById("live");
  if (!region || !text) return;
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}
