import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Activity, IDLE_MS } from "../src/core/activity";
import { Api } from "../src/core/api";
import { MemoryStore } from "../src/core/db";
import { Drafts } from "../src/core/drafts";
import { History } from "../src/core/history";
import { type Command, Keys } from "../src/core/keys";
import { Outbox } from "../src/core/outbox";
import { type Place, Sealer } from "../src/core/seal";
import { apiOf, json, KEY, Line, OWNER, sealerOf, until } from "./fakes";

const PLACE: Place = { kind: "draft", tenant: "t", person: "p", task: "x", version: 1 };

describe("calls", () => {
  it.each([
    [401, {}, "signed-out"],
    [403, {}, "signed-out"],
    [403, { code: "not_allowed" }, "refused"],
    [404, { code: "not_found" }, "refused"],
    [409, { code: "task_not_held" }, "conflict"],
    [400, { code: "answer_invalid", field: "q" }, "invalid"],
    [423, { code: "tenant_dark" }, "dark"],
    [503, { code: "queue_busy" }, "failed"],
    [500, {}, "failed"],
  ])("tells %s %o apart as %s", async (status, body, kind) => {
    const api = new Api(
      "",
      () => "",
      async () => json(status, body),
    );
    const reply = await api.post("x");
    expect(reply.ok ? "" : reply.problem.kind).toBe(kind);
  });

  it("says that it is offline, and when a page came instead of an answer", async () => {
    const away = new Api(
      "",
      () => "",
      () => Promise.reject(new TypeError("Failed to fetch")),
    );
    const page = new Api(
      "",
      () => "",
      async () => new Response("<html>", { status: 200 }),
    );
    for (const api of [away, page]) {
      const reply = await api.get("x");
      expect(reply.ok ? "" : reply.problem.kind).toBe("offline");
    }
  });

  it("sends nothing in the name of somebody who signed in later", async () => {
    let token = "one";
    const line = new Line();
    const api = new Api("", () => token, line.send);
    api.verify = async () => ({ ok: true, value: false });
    await api.post("first");
    token = "two";
    const reply = await api.post("second");
    expect(reply.ok ? "" : reply.problem.code).toBe("other_person");
    expect(line.to("second")).toEqual([]);
    api.verify = async () => ({ ok: true, value: true });
    expect((await api.post("third")).ok).toBe(true);
  });

  it("keeps lone surrogates and NUL on the way out", async () => {
    let sent = "";
    const api = new Api(
      "",
      () => "",
      async (_path, init) => {
        sent = String(init.body);
        return json(200, {});
      },
    );
    await api.post("x", { text: "\ud800\u0000😀" });
    expect(sent).toContain("\\ud800\\u0000😀");
  });
});

describe("sealing", () => {
  it("opens what it sealed, in its place only", async () => {
    const sealer = sealerOf();
    const sealed = (await sealer.seal(PLACE, { text: "secret \ud800" }))!;
    expect(await sealer.open(PLACE, sealed)).toEqual({ ok: true, value: { text: "secret \ud800" } });
    for (const moved of [
      { task: "y" },
      { person: "q" },
      { tenant: "u" },
      { version: 2 },
      { kind: "outbox" as const },
    ])
      expect(await sealer.open({ ...PLACE, ...moved }, sealed)).toEqual({ ok: false, why: "damaged" });
    expect(new TextDecoder("latin1").decode(sealed.body)).not.toContain("secret");
  });

  it("cannot open without its key, and can again with it", async () => {
    const sealed = (await sealerOf().seal(PLACE, 1))!;
    expect(await sealerOf(btoa("x".repeat(32)), "k2").open(PLACE, sealed)).toEqual({
      ok: false,
      why: "no-key",
    });
    expect(await sealerOf().open(PLACE, sealed)).toEqual({ ok: true, value: 1 });
    const dark = new Sealer(async () => ({
      ok: false,
      problem: { kind: "dark", status: 423, code: "tenant_dark", message: "", body: {} },
    }));
    expect(await dark.seal(PLACE, 1)).toBeNull();
    expect(await dark.open(PLACE, sealed)).toEqual({ ok: false, why: "no-key" });
  });
});

describe("active time", () => {
  it("counts work, stops a minute after the last sign, and nothing while hidden", () => {
    let now = 0;
    const activity = new Activity(() => now);
    activity.show(1_000);
    now = 10_000;
    activity.note();
    expect(activity.ms).toBe(11_000);
    now += 10 * IDLE_MS;
    expect(activity.ms).toBe(11_000 + IDLE_MS);
    expect(activity.ms).toBe(11_000 + IDLE_MS);
    activity.note();
    now += 500;
    activity.pause();
    now += 5_000;
    activity.note();
    now += 500;
    expect(activity.ms).toBe(11_000 + IDLE_MS + 1_000);
    expect(activity.leadMs).toBe(now);
  });
});

describe("history", () => {
  const edit = (history: History, before: object, after: object, typing = false) =>
    history.edited("t1", "q", before as never, after as never, typing);

  it("joins typing, undoes, redoes, and forgets what came after a new edit", () => {
    let now = 0;
    const history = new History(() => now);
    edit(history, {}, { q: "a" }, true);
    now = 300;
    edit(history, { q: "a" }, { q: "ab" }, true);
    now = 5_000;
    edit(history, { q: "ab" }, { q: "abc" }, true);
    expect(history.toUndo()).toMatchObject({ before: { q: "ab" }, after: { q: "abc" } });
    history.undone();
    expect(history.toUndo()).toMatchObject({ before: {}, after: { q: "ab" } });
    expect(history.toRedo()).toMatchObject({ after: { q: "abc" } });
    history.redone();
    history.undone();
    edit(history, { q: "ab" }, { q: "x" });
    expect(history.canRedo.value).toBe(false);
    history.forget("t1");
    expect(history.canUndo.value).toBe(false);
  });
});

describe("keys", () => {
  let ran: string[] = [];
  const command = (id: string, key: string, more: Partial<Command> = {}): Command => ({
    id,
    key,
    label: id,
    group: "task",
    run: () => ran.push(id),
    ...more,
  });
  const press = (
    keys: Keys,
    key: string,
    more: KeyboardEventInit = {},
    target: EventTarget = document.body,
  ) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    Object.defineProperty(event, "target", { value: target });
    keys.handle(event);
    return event.defaultPrevented;
  };

  beforeEach(() => {
    ran = [];
    localStorage.clear();
    delete document.documentElement.dataset.keys;
  });

  it("run, print, and refuse a key that is taken", () => {
    const keys = new Keys();
    keys.provide([command("skip", "S"), command("flag", "F")]);
    expect(press(keys, "s")).toBe(true);
    expect(keys.remap("skip", "F")?.id).toBe("flag");
    expect(keys.printed("skip")).toBe("S");
    expect(keys.remap("skip", "X")).toBeNull();
    expect(keys.printed("skip")).toBe("X");
    press(keys, "s");
    press(keys, "x");
    expect(ran).toEqual(["skip", "skip"]);
    expect(new Keys().isRemapped("skip")).toBe(true);
  });

  it("give way to an option of the schema, and take their own key back", () => {
    const keys = new Keys();
    keys.provide([command("skip", "S")]);
    keys.remap("skip", "X");
    const away = keys.provide([command("option.1", "X", { fixed: true })]);
    expect([keys.printed("option.1"), keys.printed("skip")]).toEqual(["X", "S"]);
    away();
    expect(keys.printed("skip")).toBe("X");
  });

  it("never act in a text field, under a dialog, switched off, or without Alt when they stand with it", () => {
    const keys = new Keys();
    keys.provide([command("skip", "S"), command("submit", "Enter", { chord: "enter", inText: true })]);
    const text = document.body.appendChild(document.createElement("textarea"));
    press(keys, "s", {}, text);
    expect(ran).toEqual([]);
    press(keys, "Enter", { ctrlKey: true }, text);
    expect(ran).toEqual(["submit"]);
    const dialog = document.body.appendChild(document.createElement("dialog"));
    dialog.setAttribute("open", "");
    press(keys, "s");
    dialog.remove();
    document.documentElement.dataset.keys = "off";
    press(keys, "s");
    document.documentElement.dataset.keys = "alt";
    press(keys, "s");
    expect(ran).toEqual(["submit"]);
    press(keys, "ß", { altKey: true, code: "KeyS" });
    expect(ran).toEqual(["submit", "skip"]);
    text.remove();
  });
});

/** What the server has not is in the browser: sealing takes as long as the machine lets it. */
const isKept = (store: MemoryStore) =>
  expect.poll(async () => (await store.draft("t1"))?.dirty, { timeout: 5000 }).toBe(true);

describe("drafts", () => {
  afterEach(() => vi.useRealTimers());
  const body = (text: string) => ({ answer: { q: text }, schema_version: 1 });
  const made = (line: Line, store = new MemoryStore()) =>
    new Drafts(OWNER, apiOf(line), store, sealerOf(), 5);

  it("go to this browser at once, and the newest one to the server", async () => {
    const line = new Line(async () => json(200, { version: 1 }));
    const store = new MemoryStore();
    const drafts = made(line, store);
    await drafts.load("t1", null);
    for (const text of ["a", "ab", "abc"]) drafts.change("t1", body(text));
    await until(() => drafts.saved.value === "saved");
    expect(line.to("draft").at(-1)?.body).toEqual({ version: 0, body: body("abc") });
    const again = made(line, store);
    expect(await again.load("t1", { version: 1, body: body("abc") })).toEqual(body("abc"));
  });

  it("are there again after a killed tab whose server heard nothing", async () => {
    const line = new Line();
    line.cut();
    const store = new MemoryStore();
    made(line, store).change("t1", body("typed"));
    await isKept(store);
    expect(await made(line, store).load("t1", null)).toEqual(body("typed"));
  });

  it("ask when the server's is another one, and send what was chosen on top of it", async () => {
    const line = new Line(async () => json(200, { version: 8 }));
    line.instead = () => json(409, { code: "draft_conflict", version: 7, body: body("theirs") });
    const drafts = made(line);
    await drafts.load("t1", null);
    drafts.change("t1", body("mine"));
    await until(() => drafts.conflict.value !== null);
    const calls = line.calls.length;
    await drafts.flush();
    expect(line.calls.length).toBe(calls);
    line.mend();
    expect(drafts.resolve("mine")).toEqual(body("mine"));
    await until(() => drafts.saved.value === "saved");
    expect(line.calls.at(-1)?.body).toEqual({ version: 7, body: body("mine") });
  });

  it("ask on opening too, when both sides went on", async () => {
    const line = new Line();
    line.cut();
    const store = new MemoryStore();
    const first = made(line, store);
    await first.load("t1", { version: 2, body: body("base") });
    first.change("t1", body("mine"));
    await isKept(store);
    const second = made(line, store);
    await second.load("t1", { version: 3, body: body("theirs") });
    expect(second.conflict.value).toMatchObject({ version: 3, mine: body("mine"), theirs: body("theirs") });
    expect(second.resolve("theirs")).toEqual(body("theirs"));
  });

  it("say so when the browser's storage is full, and go on to the server", async () => {
    class Full extends MemoryStore {
      override async putDraft(): Promise<void> {
        throw new DOMException("full", "QuotaExceededError");
      }
    }
    const line = new Line(async () => json(200, { version: 1 }));
    const drafts = made(line, new Full());
    await drafts.load("t1", null);
    drafts.change("t1", body("a"));
    await until(() => drafts.full.value);
    await until(() => drafts.saved.value === "saved");
  });
});

describe("the outbox", () => {
  const parcel = (text: string) => ({
    kind: "submission" as const,
    answer: { q: text },
    lead_ms: 1,
    active_ms: 1,
    schema_version: 1,
  });
  const made = (line: Line, store = new MemoryStore()) =>
    new Outbox(OWNER, "p1", apiOf(line), store, sealerOf(KEY));

  it("sends in order, once each, with the key of the answer", async () => {
    const line = new Line();
    const outbox = made(line);
    const ids = [await outbox.put("t1", parcel("a")), await outbox.put("t2", parcel("b"))];
    await until(() => outbox.waiting.value === 0);
    expect(line.calls.map(({ path }) => path)).toEqual(["tasks/t1/submission", "tasks/t2/submission"]);
    expect(line.calls.map(({ body }) => body.idempotency_key)).toEqual(ids);
  });

  it("keeps answers while the server is away, also over a restart of the tab", async () => {
    const line = new Line();
    line.cut();
    const store = new MemoryStore();
    const outbox = made(line, store);
    const id = await outbox.put("t1", parcel("a"));
    await until(() => outbox.state.value === "offline");
    expect(outbox.waiting.value).toBe(1);
    line.mend();
    const again = made(line, store);
    const end = again.start();
    await until(() => line.to("submission").length === 2 && again.waiting.value === 0);
    expect(line.calls.at(-1)?.body).toMatchObject({ idempotency_key: id, answer: { q: "a" } });
    end();
  });

  it("keeps everything when signed out, and asks", async () => {
    const line = new Line();
    line.instead = () => json(401, {});
    const outbox = made(line);
    await outbox.put("t1", parcel("a"));
    await until(() => outbox.state.value === "signed-out");
    expect(outbox.waiting.value).toBe(1);
    line.mend();
    await outbox.flush();
    expect(outbox.waiting.value).toBe(0);
  });

  it.each(["task_not_held", "answer_differs"])(
    "shows what was refused with %s, and drops nothing",
    async (code) => {
      const line = new Line();
      line.instead = (path) => (path.includes("t1") ? json(409, { code, message: "no" }) : null);
      const outbox = made(line);
      await outbox.put("t1", parcel("a"));
      await outbox.put("t2", parcel("b"));
      await until(() => outbox.waiting.value === 0);
      expect(outbox.refused.value).toMatchObject([{ task: "t1", code, parcel: { answer: { q: "a" } } }]);
      expect(line.to("t2")).toHaveLength(1);
      await outbox.flush();
      expect(line.to("t1")).toHaveLength(1);
      line.mend();
      await outbox.again(outbox.refused.value[0]!.id);
      await until(() => outbox.waiting.value === 0 && outbox.refused.value.length === 0);
      expect(line.to("t1")).toHaveLength(2);
    },
  );

  it("keeps the answer in the tab when the disk is full, and says so", async () => {
    class Full extends MemoryStore {
      override async submit(): Promise<void> {
        throw new DOMException("full", "QuotaExceededError");
      }
    }
    const line = new Line();
    line.cut();
    const outbox = made(line, new Full());
    await outbox.put("t1", parcel("a"));
    expect(outbox.onlyInTab.value).toBe(true);
    await until(() => outbox.state.value === "offline");
    line.mend();
    await outbox.flush();
    expect([outbox.waiting.value, outbox.onlyInTab.value]).toEqual([0, false]);
  });
});
