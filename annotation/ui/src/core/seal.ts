/**
 * What is kept in the browser is sealed: AES-256-GCM under a key that the server gives to this person in this
 * workspace and that lives in memory only. Each sealed body is bound to its place; moved elsewhere it does not open.
 */
import type { Reply } from "./api";

export type Place = {
  kind: "draft" | "outbox";
  tenant: string;
  person: string;
  task: string;
  version: number;
};
export type Sealed = { key: string; iv: Uint8Array<ArrayBuffer>; body: ArrayBuffer };
export type BrowserKey = { key: string; id: string };
export type Opened<T> = { ok: true; value: T } | { ok: false; why: "no-key" | "damaged" };

const IV_BYTES = 12;

export class Sealer {
  private held: { id: string; key: CryptoKey } | null = null;
  private asking: Promise<boolean> | null = null;

  constructor(private readonly ask: () => Promise<Reply<BrowserKey>>) {}

  get ready(): boolean {
    return this.held !== null;
  }

  /** Fetch the key, unless it is there. Says whether it is. */
  async unlock(): Promise<boolean> {
    if (this.held) return true;
    this.asking ??= this.fetchKey().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** Forget the key: signed out, or dark. */
  forget(): void {
    this.held = null;
  }

  async seal(place: Place, value: unknown): Promise<Sealed | null> {
    if (!(await this.unlock()) || !this.held) return null;
    const { id, key } = this.held;
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const body = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: bound(place) },
      key,
      new TextEncoder().encode(JSON.stringify(value)),
    );
    return { key: id, iv, body };
  }

  async open<T>(place: Place, sealed: Sealed): Promise<Opened<T>> {
    if (!(await this.unlock()) || !this.held || this.held.id !== sealed.key)
      return { ok: false, why: "no-key" };
    try {
      const opened = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv: sealed.iv, additionalData: bound(place) },
        this.held.key,
        sealed.body,
      );
      return { ok: true, value: JSON.parse(new TextDecoder().decode(opened)) as T };
    } catch {
      return { ok: false, why: "damaged" };
    }
  }

  private async fetchKey(): Promise<boolean> {
    const reply = await this.ask();
    if (!reply.ok) return false;
    const raw = Uint8Array.from(atob(reply.value.key), (char) => char.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    raw.fill(0);
    this.held = { id: reply.value.id, key };
    return true;
  }
}

function bound({ kind, tenant, person, task, version }: Place): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([kind, tenant, person, task, version]));
}
