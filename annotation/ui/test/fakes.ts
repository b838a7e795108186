/** Pieces for tests: a server that can be away or refuse, keys that are there, time that stands still. */
import { vi } from "vitest";
import { Api, type Send } from "../src/core/api";
import { MemoryStore } from "../src/core/db";
import { Sealer } from "../src/core/seal";
import type { Config } from "../src/desk/info";
import { PracticeServer } from "../src/desk/practice/server";
import { Work } from "../src/desk/work";

export const OWNER = { tenant: "acme", person: "lena" };
export const CONFIG: Config = {
  tenant: "acme",
  person: "practice",
  project: "practice",
  api: "",
  pages: { projects: "", signIn: "", receipts: "", practice: "", label: "" },
};

export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

/** Between the workspace and a server: counts calls, and answers some of them itself. */
export class Line {
  readonly calls: { method: string; path: string; body: Record<string, unknown> }[] = [];
  /** `null` lets a call through; a throw is a network that is away. */
  instead: (path: string, method: string) => Response | null = () => null;

  constructor(private readonly server: Send = async () => json(200, {})) {}

  readonly send: Send = async (path, init) => {
    const method = init.method ?? "GET";
    const body = typeof init.body === "string" ? JSON.parse(init.body) : {};
    this.calls.push({ method, path, body });
    return this.instead(path, method) ?? (await this.server(path, init));
  };

  to(what: string): { method: string; path: string; body: Record<string, unknown> }[] {
    return this.calls.filter(({ path }) => path.includes(what));
  }

  cut(): void {
    this.instead = () => {
      throw new TypeError("Failed to fetch");
    };
  }

  mend(): void {
    this.instead = () => null;
  }
}

export const KEY = btoa("k".repeat(32));

export function sealerOf(key = KEY, id = "k1"): Sealer {
  return new Sealer(async () => ({ ok: true, value: { key, id } }));
}

export function apiOf(line: Line): Api {
  return new Api("", () => "token", line.send);
}

/** A whole desk on the practice server. */
export async function deskOf(): Promise<{ work: Work; line: Line; server: PracticeServer }> {
  const server = new PracticeServer();
  const line = new Line(server.send);
  const work = new Work({ ...CONFIG }, apiOf(line), new MemoryStore());
  await work.start();
  await until(() => work.shown.value !== null, "nothing is shown");
  return { work, line, server };
}

export async function until(what: () => boolean, said = "it never came"): Promise<void> {
  await vi.waitFor(
    () => {
      if (!what()) throw new Error(said);
    },
    { timeout: 5000 },
  );
}
