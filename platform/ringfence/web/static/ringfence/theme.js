// Runs before the first paint: applies what this person chose in this browser. Classic, because modules wait.
"use strict";
{
  const root = document.documentElement;
  root.dataset.script = "on";
  try {
    for (const name of ["theme", "density", "keys", "fill"]) {
      const chosen = localStorage.getItem(`ringfence.${name}`);
      if (chosen) root.dataset[name] = chosen;
    }
  } catch {
    // A browser may refuse storage; the page then follows the system.
  }
}
