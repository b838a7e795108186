// Theme, density and single keys: kept in this browser, never sent.
export function startPreferences() {
  const root = document.documentElement;
  for (const control of document.querySelectorAll("select[data-preference]")) {
    const name = control.dataset.preference;
    control.value = root.dataset[name] ?? "";
    control.addEventListener("change", () => {
      if (control.value) root.dataset[name] = control.value;
      else delete root.dataset[name];
      for (const twin of document.querySelectorAll(`select[data-preference="${name}"]`)) twin.value = control.value;
      try {
        if (control.value) localStorage.setItem(`ringfence.${name}`, control.value);
        else localStorage.removeItem(`ringfence.${name}`);
      } catch {
        // Without storage the choice lasts for this page.
      }
    });
  }
}
