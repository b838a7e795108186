/** Calls of the server's API. A refusal is a value, never an exception: each kind asks for something else. */
import type { Json } from "./types";

export type ProblemKind =
  /** No answer came: the network, or the server, is away. */
  | "offline"
  /** Sign in again; nothing is lost. */
  | "signed-out"
  /** The workspace's keys are out of reach: nothing is readable for now. */
  | "dark"
  /** Not allowed, or not there. */
  | "refused"
  /** What is on the server differs: `code` says how, `body` holds what it sent. */
  | "conflict"
  /** What was sent does not fit; `field` says where. */
  | "invalid"
  /** The server failed; asking again later may help. */
  | "failed";
export type Problem = {
  kind: ProblemKind;
  status: number;
  code: string;
  message: string;
  field?: string;
  body: { [key: string]: Json };
};
export type Reply<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export type Send = (address: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 30_000;

export class Api {
  /** Asks whether the browser is still signed in as the person this page was made for. */
  verify: (() => Promise<Reply<boolean>>) | null = null;
  private known: string | null = null;

  constructor(
    private readonly base: string,
    private readonly token: () => string = csrfToken,
    private readonly send: Send = (address, init) => fetch(address, init),
  ) {}

  get<T>(path: string): Promise<Reply<T>> {
    return this.call("GET", path);
  }

  post<T>(path: string, body: unknown = {}, options: { leaving?: boolean } = {}): Promise<Reply<T>> {
    return this.call("POST", path, body, options.leaving);
  }

  put<T>(path: string, body: unknown, options: { leaving?: boolean } = {}): Promise<Reply<T>> {
    return this.call("PUT", path, body, options.leaving);
  }

  delete<T>(path: string): Promise<Reply<T>> {
    return this.call("DELETE", path);
  }

  private async call<T>(method: string, path: string, body?: unknown, leaving = false): Promise<Reply<T>> {
    const stranger = method === "GET" ? null : await this.stranger(leaving);
    if (stranger) return { ok: false, problem: stranger };
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = this.token();
    const init: RequestInit = { method, headers, credentials: "same-origin", redirect: "error" };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    if (leaving) init.keepalive = true;
    else init.signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await this.send(this.base + path, init);
      const read = await readBody(response);
      if (response.ok) return { ok: true, value: read as T };
      return { ok: false, problem: problemOf(response.status, read) };
    } catch {
      return { ok: false, problem: plain("offline", "offline") };
    }
  }

  /**
   * A sign-in changes the form token. It may have been somebody else's, in another tab: nothing of this person's
   * work is sent in that name.
   */
  private async stranger(leaving: boolean): Promise<Problem | null> {
    const token = this.token();
    if (this.known === null || !this.verify) this.known = token;
    if (this.known === token) return null;
    if (leaving || !this.verify) return plain("signed-out", "other_person");
    const same = await this.verify();
    if (!same.ok) return same.problem;
    if (!same.value) return plain("signed-out", "other_person");
    this.known = token;
    return null;
  }
}

/** Worth asking again by itself, later. */
export function passes(problem: Problem): boolean {
  return problem.kind === "offline" || problem.kind === "failed" || problem.kind === "dark";
}

function plain(kind: ProblemKind, code: string): Problem {
  return { kind, status: 0, code, message: "", body: {} };
}

async function readBody(response: Response): Promise<{ [key: string]: Json }> {
  if (response.status === 204) return {};
  const text = await response.text();
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null ? (read as { [key: string]: Json }) : {};
  } catch {
    // A page instead of JSON: a proxy's, or the form token's refusal.
    if (response.ok) throw new Error("not an answer of the API");
    return {};
  }
}

function problemOf(status: number, body: { [key: string]: Json }): Problem {
  const code = typeof body.code === "string" ? body.code : "";
  const problem: Problem = {
    kind: kindOf(status, code),
    status,
    code,
    message: typeof body.message === "string" ? body.message : "",
    body,
  };
  if (typeof body.field === "string") problem.field = body.field;
  return problem;
}

function kindOf(status: number, code: string): ProblemKind {
  if (status === 401) return "signed-out";
  // Without a code of ours it is the form token, which a new session has changed.
  if (status === 403) return code ? "refused" : "signed-out";
  if (status === 409) return "conflict";
  if (status === 400 || status === 413 || status === 422) return "invalid";
  if (code === "tenant_dark" || code === "dark") return "dark";
  if (status === 429 || status >= 500) return "failed";
  return "refused";
}

/** Read from the cookie each time: a new session brings a new one. */
export function csrfToken(): string {
  return (
    document.cookie
      .split("; ")
      .find((pair) => pair.startsWith("csrftoken="))
      ?.slice("csrftoken=".length) ?? ""
  );
}
