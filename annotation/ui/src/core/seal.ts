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
  /** The key for new work. */
  private current: string | null = null;
  private readonly keys = new Map<string, CryptoKey>();
  private readonly asking = new Map<string, Promise<boolean>>();

  /** `ask` gives the key of that id; without one, the key for new work. */
  constructor(private readonly ask: (id?: string) => Promise<Reply<BrowserKey>>) {}

  /** Fetch the key for new work, unless it is there. Says whether it is. */
  unlock(): Promise<boolean> {
    return this.current === null ? this.fetchOnce("") : Promise.resolve(true);
  }

  /** Forget the keys: the workspace is dark. */
  forget(): void {
    this.current = null;
    this.keys.clear();
  }

  async seal(place: Place, value: unknown): Promise<Sealed | null> {
    await this.unlock();
    const id = this.current;
    const key = id === null ? undefined : this.keys.get(id);
    if (id === null || !key) return null;
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const body = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: bound(place) },
      key,
      new TextEncoder().encode(JSON.stringify(value)),
    );
    return { key: id, iv, body };
  }

  async open<T>(place: Place, sealed: Sealed): Promise<Opened<T>> {
    if (!this.keys.has(sealed.key)) await this.unlock();
    if (!this.keys.has(sealed.key)) await this.fetchOnce(sealed.key);
    const key = this.keys.get(sealed.key);
    if (!key) return { ok: false, why: "no-key" };
    try {
      const opened = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv: sealed.iv, additionalData: bound(place) },
        key,
        sealed.body,
      );
      return { ok: true, value: JSON.parse(new TextDecoder().decode(opened)) as T };
    } catch {
      return { ok: false, why: "damaged" };
    }
  }

  private fetchOnce(id: string): Promise<boolean> {
    let asking = this.asking.get(id);
    if (!asking) {
      asking = this.fetchKey(id).finally(() => this.asking.delete(id));
      this.asking.set(id, asking);
    }
    return asking;
  }

  private async fetchKey(wanted: string): Promise<boolean> {
    const reply = await (wanted ? this.ask(wanted) : this.ask());
    if (!reply.ok) return false;
    const raw = Uint8Array.from(atob(reply.value.key), (char) => char.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    raw.fill(0);
    this.keys.set(reply.value.id, key);
    if (!wanted) this.current = reply.value.id;
    return true;
  }
}

function bound({ kind, tenant, person, task, version }: Place): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([kind, tenant, person, task, version]));
}
