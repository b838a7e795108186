/** Where unsent work is kept: one IndexedDB for each workspace and person. Only sealed bodies and ids are in it. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Sealed } from "./seal";

export type DraftRow = {
  task: string;
  /** Version of the server's draft that this one was made from; 0: none. */
  base: number;
  /** Not on the server yet. */
  dirty: boolean;
  sealed: Sealed;
};
export type OutRow = {
  /** The idempotency key of the sending. */
  id: string;
  task: string;
  /** Counts up: sent in this order. */
  place: number;
  /** Refused by the server: kept, shown, not sent again by itself. */
  refused: boolean;
  sealed: Sealed;
};

export interface Store {
  /** What is kept here outlives the tab. */
  readonly lasting: boolean;
  draft(task: string): Promise<DraftRow | undefined>;
  putDraft(row: DraftRow): Promise<void>;
  removeDraft(task: string): Promise<void>;
  draftTasks(): Promise<string[]>;
  outbox(): Promise<OutRow[]>;
  putOut(row: OutRow): Promise<void>;
  /** The answer into the outbox and its draft away, together or not at all, on the disk when it returns. */
  submit(row: OutRow): Promise<void>;
  /** The other way round, for an answer that was taken back before it was sent. */
  takeBack(id: string, draft: DraftRow): Promise<boolean>;
  removeOut(id: string): Promise<void>;
}

interface Tables extends DBSchema {
  drafts: { key: string; value: DraftRow };
  outbox: { key: string; value: OutRow };
}

export class IndexedStore implements Store {
  readonly lasting = true;

  private constructor(private readonly db: IDBPDatabase<Tables>) {}

  static async open(tenant: string, person: string): Promise<IndexedStore> {
    const db = await openDB<Tables>(`ringfence.${tenant}.${person}`, 1, {
      upgrade(made) {
        made.createObjectStore("drafts", { keyPath: "task" });
        made.createObjectStore("outbox", { keyPath: "id" });
      },
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
      },
    });
    return new IndexedStore(db);
  }

  draft(task: string): Promise<DraftRow | undefined> {
    return this.db.get("drafts", task);
  }

  async putDraft(row: DraftRow): Promise<void> {
    await this.db.put("drafts", row);
  }

  async removeDraft(task: string): Promise<void> {
    await this.db.delete("drafts", task);
  }

  draftTasks(): Promise<string[]> {
    return this.db.getAllKeys("drafts");
  }

  async outbox(): Promise<OutRow[]> {
    return (await this.db.getAll("outbox")).sort((one, other) => one.place - other.place);
  }

  async putOut(row: OutRow): Promise<void> {
    await this.db.put("outbox", row);
  }

  async submit(row: OutRow): Promise<void> {
    const unit = this.db.transaction(["outbox", "drafts"], "readwrite", { durability: "strict" });
    await Promise.all([
      unit.objectStore("outbox").put(row),
      unit.objectStore("drafts").delete(row.task),
      unit.done,
    ]);
  }

  async takeBack(id: string, draft: DraftRow): Promise<boolean> {
    const unit = this.db.transaction(["outbox", "drafts"], "readwrite", { durability: "strict" });
    const there = (await unit.objectStore("outbox").getKey(id)) !== undefined;
    if (there) {
      await Promise.all([unit.objectStore("outbox").delete(id), unit.objectStore("drafts").put(draft)]);
    }
    await unit.done;
    return there;
  }

  async removeOut(id: string): Promise<void> {
    await this.db.delete("outbox", id);
  }
}

/** For a browser that keeps nothing (storage refused or full), and for practice: lasts as long as the tab. */
export class MemoryStore implements Store {
  readonly lasting: boolean = false;
  protected readonly drafts = new Map<string, DraftRow>();
  protected readonly out = new Map<string, OutRow>();

  async draft(task: string): Promise<DraftRow | undefined> {
    return this.drafts.get(task);
  }

  async putDraft(row: DraftRow): Promise<void> {
    this.drafts.set(row.task, row);
  }

  async removeDraft(task: string): Promise<void> {
    this.drafts.delete(task);
  }

  async draftTasks(): Promise<string[]> {
    return [...this.drafts.keys()];
  }

  async outbox(): Promise<OutRow[]> {
    return [...this.out.values()].sort((one, other) => one.place - other.place);
  }

  async putOut(row: OutRow): Promise<void> {
    this.out.set(row.id, row);
  }

  async submit(row: OutRow): Promise<void> {
    this.out.set(row.id, row);
    this.drafts.delete(row.task);
  }

  async takeBack(id: string, draft: DraftRow): Promise<boolean> {
    if (!this.out.delete(id)) return false;
    this.drafts.set(draft.task, draft);
    return true;
  }

  async removeOut(id: string): Promise<void> {
    this.out.delete(id);
  }
}

/** A lasting store if the browser grants one, and its wish to keep it when space runs short. */
export async function openStore(tenant: string, person: string): Promise<Store> {
  try {
    const store = await IndexedStore.open(tenant, person);
    void navigator.storage?.persist?.().catch(() => false);
    return store;
  } catch {
    return new MemoryStore();
  }
}
