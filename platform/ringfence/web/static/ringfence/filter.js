// <input type="search" data-filter="table id" data-filter-says="{shown} of {all} shown">.
import { announce } from "./live.js";

export function startFiltering() {
  for (const input of document.querySelectorAll("input[data-filter]")) {
    const rows = [...document.querySelectorAll(`#${CSS.escape(input.dataset.filter)} tbody tr`)];
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
        if (!row.hidden) shown += 1;
      }
      announce((input.dataset.filterSays ?? "").replace("{shown}", shown).replace("{all}", rows.length));
    });
  }
}
