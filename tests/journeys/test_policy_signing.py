"""Two people make keys in their browsers, sign a policy with the keyboard alone, and see it rule."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tenants.neutrality import admin_key
from tests.journeys.browsers import PATIENCE_MS, need_chromium, sign_in, watched_page
from tests.journeys.demo_install import DemoInstall
from tests.ui.conftest import ARGUMENTS, CHROMIUM

SECRETS = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith("ringfence-admin-keys-")) continue;
    const database = await new Promise((done) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => done(request.result);
    });
    const all = database.transaction("keys").objectStore("keys").getAll();
    await new Promise((done) => (all.onsuccess = done));
    for (const key of all.result) {
      const out = await crypto.subtle.exportKey("pkcs8", key).then(() => "exported", (error) => error.name);
      found.push([name, key.extractable, key.usages.join(), out]);
    }
    database.close();
  }
  return found;
}"""
MOST_TABS = 200


@pytest.fixture(scope="module")
def chromium(running_demo: DemoInstall) -> Iterator[Browser]:
    """One browser for both people, each in a profile of their own."""
    need_chromium()
    running_demo.settle()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def press(page: Page, name: str) -> None:
    """Reach a button by Tab once it is on, and press Enter: no mouse."""
    expect(page.get_by_role("button", name=name)).to_be_enabled()
    page.evaluate("() => { document.body.tabIndex = -1; document.body.focus(); }")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not come to {name!r}")


def test_two_people_sign_a_policy_with_keys_in_their_browsers(demo: DemoInstall, chromium: Browser) -> None:
    troubles: list[str] = []
    pages: dict[str, Page] = {}
    for name in ("Nora", "Adam"):
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        pages[name] = watched_page(context, troubles)
        sign_in(pages[name], demo, demo.person(name))
    nora, adam = pages["Nora"], pages["Adam"]
    base = f"{demo.base_url}/w/{demo.person('Nora').tenant}/neutrality/policy"

    # The demo's first keys lie in files: each makes one here in turn, and the other endorses it.
    adam.goto(f"{base}/keys")
    press(adam, "Make the key")
    expect(adam.get_by_text("The key is registered")).to_be_visible()
    ((name, extractable, usages, exported),) = adam.evaluate(SECRETS)
    assert (extractable, usages, exported) == (False, "sign", "InvalidAccessError")
    assert name.startswith(f"ringfence-admin-keys-{demo.person('Adam').tenant}-")
    _endorse_by_file(demo, nora, base, "nora")

    nora.goto(f"{base}/keys")
    press(nora, "Make the key")
    expect(nora.get_by_text("The key is registered")).to_be_visible()
    adam.goto(f"{base}/keys")
    press(adam, "Endorse it with the key in this browser")
    expect(adam.get_by_text("The key is active.")).to_be_visible()

    nora.goto(f"{base}/edit")
    nora.get_by_label("Further time").fill("20")
    press(nora, "Keep the draft")
    expect(nora.get_by_text("The draft is kept.")).to_be_visible()
    expect(nora.get_by_role("row", name=re.compile("Further time"))).to_contain_text("More")
    here = nora.url.split("?")[0]
    press(nora, "Put it up for signature")
    expect(nora.get_by_text("The version is up for signature.")).to_be_visible()
    press(nora, "Sign with the key in this browser")
    expect(nora.get_by_text("Your signature is kept.")).to_be_visible()
    adam.goto(here)
    press(adam, "Sign with the key in this browser")
    expect(adam.get_by_text("Enough admins have signed.")).to_be_visible()
    adam.goto(base)
    section = adam.locator("section", has=adam.get_by_role("heading", name="In force"))
    expect(section).to_contain_text("Signed")
    expect(section).to_contain_text("has 20 more days")
    assert troubles == []

    # In another browser her key is not there, and the page says so.
    other = chromium.new_context()
    stranger = watched_page(other, troubles)
    sign_in(stranger, demo, demo.person("Nora"))
    stranger.goto(f"{base}/edit")
    stranger.get_by_role("button", name="Keep the draft").click()
    stranger.get_by_role("button", name="Put it up for signature").click()
    expect(stranger.get_by_text("This browser holds no key of yours")).to_be_visible()


def _endorse_by_file(demo: DemoInstall, page: Page, base: str, name: str) -> None:
    """Endorse the waiting key with the key file of the demo's story, as the command does."""
    content = json.loads((demo.layout.var / "admin-keys" / f"{name}.key").read_text())
    private = admin_key.open_key(content, demo.person(name.capitalize()).password)
    page.goto(f"{base}/keys")
    form = page.locator("form[data-sign-form]").first
    request = json.loads(form.locator("[data-sign-request]").evaluate("(e) => e.value"))
    form.locator("textarea[name=file]").fill(json.dumps(admin_key.sign(private, request)))
    form.get_by_role("button", name="Bring the signature").click()
    expect(page.get_by_text("The key is active.")).to_be_visible()
