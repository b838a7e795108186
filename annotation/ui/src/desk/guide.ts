/** The guidelines as answers see them: which names have a heading there, and the way to it. */
import { computed } from "@preact/signals";
import { bears, headingsOf } from "../engines/markdown/headings";
import type { Guide } from "../parts/guide";
import type { Desk } from "./context";

export function guideOf({ work, view }: Desk): Guide {
  const headings = computed(() => headingsOf(work.info.value?.guidelines.markdown ?? ""));
  return {
    speaksOf: (name) => headings.value.some((heading) => bears(heading, name)),
    open: (name, from) => {
      view.panel.value = "guidelines";
      view.panelOpen.value = true;
      view.from = from;
      view.place.value = name;
    },
  };
}

/** To the heading that bears a name, with the focus: what follows is read from there. */
export function goToHeading(host: HTMLElement, name: string): void {
  for (const heading of host.querySelectorAll<HTMLElement>("h1, h2, h3, h4, h5, h6")) {
    if (!bears(heading.textContent ?? "", name)) continue;
    heading.tabIndex = -1;
    heading.scrollIntoView({ block: "start" });
    heading.focus({ preventScroll: true });
    return;
  }
}
