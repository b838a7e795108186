// Admin keys in the browser: made here, never extractable, kept in a database named by workspace and member.
//   <form data-make-key data-tenant>  makes a key; it signs for itself, and its public half is sent.
//   <form data-sign-form data-tenant data-member data-key="public half">  signs the request in its [data-sign-request].
// Buttons are off until the script is there and, for signing, the key is found.
// The signed text is built here from the request's fields, as platform/docs/policy.md writes it down.
const OWN = null;
const ACTS = {
  "ringfence neutrality policy v1": [
    ["version", "version"],
    ["sha256", "sha256"],
    ["replaces", "replaces"],
    ["not before", "not_before"],
  ],
  "ringfence mitigation plan v1": [["plan", "plan"], ["sha256", "sha256"], ["policy", "policy"]],
  "ringfence admin key possession v1": [["member", "member"], ["key", OWN]],
  "ringfence admin key endorsement v1": [["member", "member"], ["key", "key"], ["endorsed by", OWN]],
  "ringfence key recovery stop v1": [["recovery", "recovery"], ["stopped by", OWN]],
};
const ALGORITHM = { name: "Ed25519" };
const STORE = "keys";

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function messageOf(request, key) {
  const lines = [request.act, `tenant ${request.tenant}`];
  for (const [words, name] of ACTS[request.act]) {
    const value = name === OWN ? key : request[name];
    if (typeof value !== "string" || value === "" || /[^\x20-\x7e]/.test(value)) throw new Error(`malformed ${words}`);
    lines.push(`${words} ${value}`);
  }
  if ("sha256" in request) {
    const found = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(request.document));
    if (hex(found) !== request.sha256) throw new Error("the document is not the one that its digest names");
  }
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function opened(tenant) {
  const request = indexedDB.open(`ringfence-admin-keys-${tenant}`, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

async function keep(tenant, key, privateKey) {
  const database = await opened(tenant);
  const change = database.transaction(STORE, "readwrite");
  change.objectStore(STORE).put(privateKey, key);
  await new Promise((resolve, reject) => {
    change.oncomplete = resolve;
    change.onerror = () => reject(change.error);
    change.onabort = () => reject(change.error);
  });
  database.close();
}

async function kept(tenant, key) {
  const database = await opened(tenant);
  const found = await settled(database.transaction(STORE).objectStore(STORE).get(key));
  database.close();
  return found;
}

function say(form, words) {
  form.querySelector("[data-sign-says]").textContent = words;
}

async function signAndSend(form, privateKey, key) {
  const request = JSON.parse(form.querySelector("[data-sign-request]").value);
  const signature = await crypto.subtle.sign(ALGORITHM, privateKey, await messageOf(request, key));
  form.elements.key.value = key;
  form.elements.signature.value = hex(signature);
  // Not `requestSubmit`: it would come back to the listener that has just held the form.
  form.submit();
}

/** Call `act` in place of sending when the form is sent by `button`; `act` sends the form itself. */
function insteadOfSending(form, button, act) {
  form.addEventListener("submit", (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    act();
  });
}

function startMaking(form) {
  const { member } = JSON.parse(form.querySelector("[data-sign-request]").value);
  insteadOfSending(form, form.querySelector("[data-make]"), async () => {
    let pair;
    try {
      pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    } catch {
      say(form, form.dataset.notAble);
      return;
    }
    const key = hex(await crypto.subtle.exportKey("raw", pair.publicKey));
    // Kept before it is registered: a key that is registered and not here would be lost.
    await keep(`${form.dataset.tenant}-${member}`, key, pair.privateKey);
    navigator.storage?.persist?.();
    await signAndSend(form, pair.privateKey, key);
  });
  form.querySelector("[data-make]").disabled = false;
}

async function startSigning(form) {
  const button = form.querySelector("[data-sign]");
  const { key, tenant, member } = form.dataset;
  let privateKey;
  insteadOfSending(form, button, async () => {
    try {
      await signAndSend(form, privateKey, key);
    } catch (error) {
      say(form, `${form.dataset.notAble} (${error.message})`);
    }
  });
  try {
    privateKey = await kept(`${tenant}-${member}`, key);
  } catch {
    privateKey = undefined;
  }
  if (privateKey) {
    button.disabled = false;
    return;
  }
  say(form, form.dataset.noKey);
  form.querySelector("details").open = true;
}

for (const form of document.querySelectorAll("form[data-make-key]")) startMaking(form);
for (const form of document.querySelectorAll("form[data-sign-form]")) startSigning(form);

// A file that somebody chooses is read here and shown as text: the server takes no files.
for (const input of document.querySelectorAll("[data-file-into]")) {
  input.addEventListener("change", async () => {
    document.getElementById(input.dataset.fileInto).value = (await input.files[0]?.text()) ?? "";
  });
}
