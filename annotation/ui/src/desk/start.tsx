/** Puts the desk into the page and ties it to the life of the page. */
import { render } from "preact";
import { Api, type Send } from "../core/api";
import { MemoryStore, openStore } from "../core/db";
import { Desk } from "./Desk";
import type { Config } from "./info";
import { Work } from "./work";

/** `send`: practice answers its calls itself and keeps nothing. */
export async function startDesk(host: HTMLElement, config: Config, send?: Send): Promise<Work> {
  const store = send ? new MemoryStore() : await openStore(config.tenant, config.person);
  const work = new Work(config, send ? new Api("", undefined, send) : new Api(config.api), store);
  render(<Desk work={work} />, host);
  addEventListener("pagehide", () => work.leave());
  addEventListener("pageshow", (event) => event.persisted && void work.comeBack());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) void work.drafts.flush();
    else if (work.block.peek()) void work.goOn();
  });
  addEventListener("focus", () => work.block.peek() && void work.goOn());
  addEventListener("beforeunload", (event) => {
    if (work.config.practice) return;
    if (work.outbox.onlyInTab.peek() || work.drafts.saved.peek() === "unsaved") event.preventDefault();
  });
  await work.start();
  return work;
}

/** What the page says to the workspace: a data attribute with JSON. */
export function configOf(host: HTMLElement): Config {
  return JSON.parse(host.dataset.config ?? "{}") as Config;
}
