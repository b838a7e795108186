/**
 * One event's page: its proof, checked in this browser, with the log's key as the page has it or from the reader's pin.
 * What is compared is what stands on the page: a step that leads elsewhere turns red.
 */
import { checkConsistency, checkInclusion, leafHash, nodeHash } from "../core/log/tree";
import { parseBase64, same } from "../core/log/bytes";
import { readConsistency, readProof } from "../core/log/proofs";
import { Refused, Wrong } from "../core/log/errors";
import { HALVES, checkOpening, parseLeaf } from "../core/log/leaf";
import { type Pin, Policy, parsePin } from "../core/log/policy";

const section = document.querySelector<HTMLElement>("#proof[data-proof]");
const button = document.querySelector<HTMLButtonElement>("#verify-here");
const said = document.querySelector<HTMLElement>("#proof-said");
const chosen = document.querySelector<HTMLInputElement>("#own-pin");

if (section && button && said) {
  button.hidden = false;
  button.addEventListener("click", () => void show(section, button, said));
}

async function show(proof: HTMLElement, pressed: HTMLButtonElement, words: HTMLElement): Promise<void> {
  pressed.disabled = true;
  tell(words, "", "Checking…");
  for (const step of proof.querySelectorAll("[data-step]")) step.removeAttribute("data-ok");
  for (const step of proof.querySelectorAll("[data-step]")) step.removeAttribute("data-wrong");
  try {
    tell(words, "ok", await check(proof));
  } catch (reason) {
    if (!(reason instanceof Refused)) console.error(reason);
    tell(
      words,
      "bad",
      reason instanceof Refused
        ? `It does not hold: ${reason.message}.`
        : "The proof did not arrive. Try again.",
    );
  } finally {
    pressed.disabled = false;
  }
}

async function check(proof: HTMLElement): Promise<string> {
  const { dataset } = proof;
  const pin = await ownPin();
  const file = readProof(await bytesOf(dataset["proof"]!));
  const index = BigInt(dataset["index"]!);
  if (file.index !== index || !file.extra) throw new Wrong("the proof is of another event");
  const signed = await (pin?.policy ?? new Policy(dataset["policy"]!)).openCheckpoint(file.checkpoint);
  climb(proof, file.extra, file.path);
  const { checkpoint } = signed;
  checkInclusion(file.path, index, checkpoint.size, leafHash(file.extra), checkpoint.head);
  mark(proof, "root", same(shownAt(proof, "root"), checkpoint.head));
  const leaf = parseLeaf(file.extra);
  let opened = 0;
  for (const half of HALVES) {
    const opening = dataset[half];
    if (!opening) continue;
    checkOpening(leaf, half, parseBase64(opening));
    opened += 1;
  }
  const about =
    opened === HALVES.length
      ? "what happened and who did it are what was logged"
      : "what is left of it is what was logged";
  if (!pin)
    return `It holds: ${about}, and the log signed it. The key came from us; a pin of your own says more.`;
  await extendsPin(pin, checkpoint.size, dataset["growth"]!);
  return `It holds under your own pin: ${about}, and the log only grew since you took it.`;
}

/** Compute every node from the event up, and hold it against the one that the page shows. */
function climb(proof: HTMLElement, leaf: Uint8Array, path: readonly Uint8Array[]): void {
  let node = leafHash(leaf);
  mark(proof, "leaf", same(shownAt(proof, "leaf"), node));
  for (const [at, sibling] of path.entries()) {
    const left = proof.querySelector(`[data-step="${at}"]`)?.hasAttribute("data-left") ?? false;
    node = left ? nodeHash(sibling, node) : nodeHash(node, sibling);
    mark(proof, String(at), same(shownAt(proof, String(at)), node));
  }
}

/** Show that the log over `size` events, which has just been checked, extends the pinned one. */
async function extendsPin(pin: Pin, size: bigint, address: string): Promise<void> {
  const pinned = pin.signed.checkpoint;
  if (pinned.size === 0n) return;
  const growth = readConsistency(await bytesOf(`${address}?old=${pinned.size}`));
  const newest = (await pin.policy.openCheckpoint(growth.checkpoint)).checkpoint;
  if (growth.oldSize !== pinned.size || newest.size < size)
    throw new Wrong("the proof of growth is of other sizes");
  checkConsistency(growth.path, pinned, newest);
}

function shownAt(proof: HTMLElement, step: string): Uint8Array {
  return parseBase64(proof.querySelector(`[data-step="${step}"] > code`)?.textContent ?? "");
}

function mark(proof: HTMLElement, step: string, holds: boolean): void {
  proof.querySelector(`[data-step="${step}"]`)?.setAttribute(holds ? "data-ok" : "data-wrong", "");
  if (!holds)
    throw new Wrong(
      step === "root" ? "the signed root is another one" : "a hash on this page is another one",
    );
}

async function ownPin(): Promise<Pin | null> {
  const file = chosen?.files?.[0];
  return file ? parsePin(new Uint8Array(await file.arrayBuffer())) : null;
}

async function bytesOf(address: string): Promise<Uint8Array> {
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

function tell(words: HTMLElement, tone: string, text: string): void {
  words.textContent = text;
  words.dataset["tone"] = tone;
}
