/** Where the work is, in words. */
import { t, tn } from "../core/words";
import type { Work } from "./work";

export type InWords = { tone: "ok" | "busy" | "warn" | "bad"; text: string; short: string };

export function savedInWords(work: Work): InWords {
  const waiting = work.outbox.waiting.value;
  const away = work.outbox.state.value === "offline" || work.queue.problem.value?.kind === "offline";
  if (work.config.practice) {
    return { tone: "ok", text: t("Practice: nothing is sent"), short: t("Practice") };
  }
  if (work.outbox.onlyInTab.value && waiting > 0) {
    const text = tn("1 answer is only in this tab", "{n} answers are only in this tab", waiting);
    return { tone: "bad", text, short: t("Not sent") };
  }
  if (away) {
    const kept = tn("Offline · 1 answer kept here", "Offline · {n} answers kept here", waiting);
    return { tone: "warn", text: waiting ? kept : t("Offline · kept on this computer"), short: t("Offline") };
  }
  switch (work.drafts.saved.value) {
    case "unsaved":
      return { tone: "bad", text: t("Not saved"), short: t("Not saved") };
    case "saving":
      return { tone: "busy", text: t("Saving"), short: t("Saving") };
    case "here":
      return { tone: "busy", text: t("Saved on this computer"), short: t("Saved here") };
    default:
      if (waiting > 0)
        return {
          tone: "busy",
          text: tn("Sending 1 answer", "Sending {n} answers", waiting),
          short: t("Sending"),
        };
      return { tone: "ok", text: t("Saved"), short: t("Saved") };
  }
}
