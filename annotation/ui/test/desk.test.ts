import { afterEach, describe, expect, it } from "vitest";
import type { Work } from "../src/desk/work";
import { deskOf, json, until } from "./fakes";

let now: Work | null = null;
afterEach(() => now?.stop());

async function desk() {
  const made = await deskOf();
  now = made.work;
  // What is ahead is fetched, its questions too.
  await until(() => made.line.to("schema").length === 3 && made.work.queue.ahead.value.length === 3);
  await new Promise((resolve) => setTimeout(resolve));
  return made;
}
const shownIs = (work: Work, id: string) =>
  until(() => work.shown.value?.task.id === id, `${id} is not shown`);

describe("the desk", () => {
  it("shows the next task before the server has heard of the answer", async () => {
    const { work, line } = await desk();
    line.cut();
    work.change("tone", "pleased");
    expect(await work.submit()).toBe(true);
    await shownIs(work, "lesson-2");
    expect(work.outbox.waiting.value).toBe(1);
    line.mend();
    await work.outbox.flush();
    expect(work.outbox.waiting.value).toBe(0);
    expect(line.to("lesson-1/submission").at(-1)?.body).toMatchObject({ answer: { tone: "pleased" } });
  });

  it("says what is open and sends nothing", async () => {
    const { work, line } = await desk();
    expect(await work.submit()).toBe(false);
    expect(work.tried.value).toBe(true);
    expect(line.to("submission")).toEqual([]);
  });

  it("takes back an answer that was not sent, without asking the server", async () => {
    const { work, line } = await desk();
    line.cut();
    work.change("tone", "mixed");
    await work.submit();
    await shownIs(work, "lesson-2");
    await work.undo();
    await shownIs(work, "lesson-1");
    expect(work.answer.value).toEqual({ tone: "mixed" });
    expect(work.outbox.waiting.value).toBe(0);
    expect(line.to("reopen")).toEqual([]);
  });

  it("takes back an answer that was sent, and sends it once more on redo", async () => {
    const { work, line, server } = await desk();
    work.change("tone", "mixed");
    await work.submit();
    await until(() => server.slots[0]?.state === "done" && work.outbox.waiting.value === 0);
    await work.undo();
    await shownIs(work, "lesson-1");
    expect(work.answer.value).toEqual({ tone: "mixed" });
    await work.redo();
    await shownIs(work, "lesson-2");
    await until(() => line.to("lesson-1/submission").length === 2);
  });

  it("takes back a skip", async () => {
    const { work, server } = await desk();
    await work.skip("unclear", "");
    await until(() => server.slots[0]?.state === "skipped");
    await work.undo();
    await shownIs(work, "lesson-1");
  });

  it("undoes and redoes edits", async () => {
    const { work } = await desk();
    work.change("tone", "mixed");
    work.change("tone", "pleased");
    await work.undo();
    expect(work.answer.value).toEqual({ tone: "mixed" });
    await work.undo();
    expect(work.answer.value).toEqual({});
    await work.redo();
    await work.redo();
    expect(work.answer.value).toEqual({ tone: "pleased" });
  });

  it("keeps all when signed out and goes on where it stopped", async () => {
    const { work, line } = await desk();
    line.instead = () => json(401, {});
    work.change("tone", "mixed");
    await work.submit();
    await until(() => work.block.value?.kind === "signed-out");
    line.mend();
    await work.goOn();
    await until(() => work.outbox.waiting.value === 0);
    expect(work.block.value).toBeNull();
    expect(line.to("lesson-1/submission").at(-1)?.body).toMatchObject({ answer: { tone: "mixed" } });
  });

  it("stops for somebody else's session", async () => {
    const { work, line } = await desk();
    line.instead = (path) =>
      path.includes("/desk?")
        ? json(200, { me: { member: "other" }, schema: null, schema_version: 1 })
        : null;
    expect(await work.refresh()).toBe(false);
    expect(work.block.value?.kind).toBe("other-person");
  });

  it("takes no task before the purpose is agreed to", async () => {
    const { work, line } = await desk();
    const info = work.info.value!;
    work.info.value = { ...info, purpose: { version: 1, accepted: false } };
    expect(work.consent.value).toBe("purpose");
    await work.decide("purpose", "accepted");
    expect(line.to("acknowledgements")[0]?.body).toEqual({
      kind: "purpose",
      version: 1,
      decision: "accepted",
    });
    expect(work.consent.value).toBeNull();
  });

  it("takes no task before the quiz is passed, and the server says what is right", async () => {
    const { work, line } = await desk();
    const info = work.info.value!;
    const quiz = [{ text: "Which?", choices: ["One", "Two"] }];
    const asked = { ...info.guidelines, version: 3, acknowledged: null, required: true, quiz };
    work.info.value = { ...info, guidelines: asked };
    expect(work.consent.value).toBe("quiz");
    work.info.value = { ...info, guidelines: { ...asked, required: false } };
    expect(work.consent.value).toBeNull();
    work.info.value = { ...info, guidelines: asked };
    const wrong = { passed: false, tries: 1, answers: [{ right: false, explanation: "Two, since …" }] };
    line.instead = (path) => (path.endsWith("/quiz") ? json(200, wrong) : null);
    expect(await work.answerQuiz([0])).toEqual(wrong);
    expect(line.to("/quiz")[0]?.body).toEqual({ version: 3, answers: [0] });
    expect(work.consent.value).toBe("quiz");
    const right = { passed: true, tries: 2, answers: [{ right: true, explanation: "" }] };
    line.instead = (path) => (path.endsWith("/quiz") ? json(200, right) : null);
    await work.answerQuiz([1]);
    expect(work.consent.value).toBeNull();
  });

  it("tells when the lease of the shown task was lost, and keeps the answer", async () => {
    const { work, line } = await desk();
    work.change("tone", "mixed");
    line.instead = (path) =>
      path.endsWith("/heartbeat")
        ? json(200, {
            held: [],
            lost: ["lesson-1", "lesson-2"],
            schema_version: 1,
            guidelines_version: 1,
            epoch: 1,
          })
        : null;
    await work.queue.beat();
    expect(work.queue.lost.value).toBe(true);
    expect(work.answer.value).toEqual({ tone: "mixed" });
    line.mend();
    work.queue.letGo();
    await shownIs(work, "lesson-3");
  });

  it("asks what is still held when an answer was not taken, and shows the item again if it comes", async () => {
    const { work, line } = await desk();
    work.change("tone", "mixed");
    line.instead = (path) => {
      if (path.endsWith("/submission")) return json(409, { code: "task_not_held", message: "" });
      if (!path.endsWith("/heartbeat")) return null;
      const lost = ["lesson-2", "lesson-3", "lesson-4", "lesson-5"];
      return json(200, { held: [], lost, schema_version: 1, guidelines_version: 1, epoch: 1 });
    };
    await work.submit();
    await until(() => work.outbox.refused.value.length === 1 && work.queue.lost.value);
    expect(line.to("heartbeat")).toHaveLength(1);
    line.mend();
    await work.queue.again();
    const { current, ahead } = work.queue;
    expect([current.value, ...ahead.value].map((task) => task?.id)).toContain("lesson-1");
  });

  it("says how much is left, whatever is held ahead or on its way", async () => {
    const { work, line } = await desk();
    const said = () => {
      const { today, left_for_me: left } = work.info.value!.progress;
      return [today + work.more.value, left! - work.more.value];
    };
    expect(said()).toEqual([0, 5]);
    await work.refresh();
    expect(said()).toEqual([0, 5]);
    line.cut();
    work.change("tone", "mixed");
    await work.submit();
    expect(said()).toEqual([1, 4]);
    line.mend();
    await work.refresh();
    expect(said()).toEqual([1, 4]);
    await work.outbox.flush();
    expect(said()).toEqual([1, 4]);
    await work.undo();
    await until(() => said()[0] === 0);
    expect(said()).toEqual([0, 5]);
    await work.skip("unclear", "");
    await until(() => said()[1] === 4);
    expect(said()).toEqual([0, 4]);
  });

  it("gives back what was not begun when it leaves", async () => {
    const { work, line } = await desk();
    await until(() => work.queue.ahead.value.length === 3);
    work.leave();
    await until(() => line.to("release").length === 3);
    expect(line.to("lesson-1/release")).toEqual([]);
  });

  it("tells why there is nothing left", async () => {
    const { work } = await desk();
    for (let n = 0; n < 5; n++) {
      const id = work.shown.value?.task.id;
      await work.skip("other", "");
      await until(() => work.shown.value?.task.id !== id);
    }
    await until(() => work.queue.reason.value?.code === "done");
    expect(work.shown.value).toBeNull();
    expect(work.drafts.saved.value).toBe("none");
  });
});
