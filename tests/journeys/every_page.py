"""Which pages there are, who opens each, and what a visit of all of them looks at."""

NOBODY = "nobody"
HALF_WAY = "Adam, who has shown the password alone"
PAGES = {
    "people:login": NOBODY,
    "people:ask-reset": NOBODY,
    "people:new-password": NOBODY,
    "people:invitation": NOBODY,
    "people:mail": NOBODY,
    "people:second-factor": "Lena",
    "people:choose": "Lena",
    "people:switch": "Lena",
    "people:account": "Adam",
    "people:declaration": "Lena",
    "demo-story": "Lena",
    "demo-styleguide": NOBODY,
    "api": NOBODY,
    "tenants:home": "Lena",
    "tenants:admission": "Lena",
    "tenants:neutrality": "Cora",
    "tenants:verdict": "Cora",
    "tenants:ownership": "Cora",
    "tenants:operator-conflict": "Nora",
    "attesting:attestations": "Cora",
    "attesting:exposures": "Cora",
    "attesting:exposure": "Cora",
    "tenants:state": "Nora",
    "tenants:closing": "Nora",
    "closed": NOBODY,
    "tenants:keys": "Adam",
    "tenants:platform": "Opal",
    "registry:parties": "Opal",
    "registry:new-party": "Opal",
    "registry:doubts": "Opal",
    "registry:party": "Opal",
    "registry:describe": "Opal",
    "registry:interest": "Opal",
    "registry:tie": "Opal",
    "registry:withdraw": "Opal",
    "registry:imports": "Opal",
    "registry:import": "Opal",
    "registry:attestations": "Opal",
    "tenants:support-asks": "Opal",
    "tenants:support": "Nora",
    "tenants:support-visit": "Nora",
    "tenants:members": "Adam",
    "tenants:tokens": "Adam",
    "tenants:setup": "Nora",
    "audit:log": "Cora",
    "audit:event": "Cora",
    "bundles:list": "Cora",
    "bundles:one": "Cora",
    "isolation:reports": "Cora",
    "isolation:sabotage": "Cora",
    "annotation:projects": "Mina",
    "annotation:new-project": "Mina",
    "annotation:project": "Mina",
    "annotation:schema": "Mina",
    "annotation:guidelines": "Mina",
    "annotation:people": "Mina",
    "annotation:items": "Mina",
    "annotation:item": "Mina",
    "annotation:imports": "Mina",
    "annotation:import": "Mina",
    "annotation:exports": "Mina",
    "annotation:export": "Mina",
    "annotation:label": "Lena",
    "annotation:practice": "Lena",
    "annotation:receipts": "Lena",
    "annotation:purpose": "Mina",
    "annotation:agreement": "Mina",
    "annotation:terms": "Lena",
    "annotation:comments": "Mina",
    "annotation:work": "Lena",
    "isolation:report": "Cora",
    "webhooks:list": "Adam",
    "webhooks:one": "Adam",
    "policy:policy": "Cora",
    "policy:edit": "Adam",
    "policy:keys": "Adam",
    "policy:plans": "Adam",
    "policy:plan": "Adam",
    "policy:version": "Adam",
    "policy:trial": "Adam",
    "attesting:attestation": "Cora",
}
"""Who looks at each page: a first name of the demo, or nobody signed in."""

NO_PAGES = {
    "people:start": "leads on to one's own pages, or to the sign-in",
    "people:invitation-link": "leads on to the invitation; followed on the way there",
    "people:reset-link": "leads on to the new password; followed on the way there",
    "api-schema": "a file for programs",
    "healthz": "JSON for whoever watches the processes",
    "annotation:progress": "JSON that a project's overview polls",
    "annotation:import-progress": "JSON that an import's page polls",
    "annotation:import-errors": "the refused rows as a file",
    "annotation:export-progress": "JSON that an export's page polls",
    "annotation:export-file": "the exported file",
    "annotation:work-statement": "a statement of one's own work as a file",
    "annotation:work-pin": "the pin of the work log as a file",
    "annotation:work-receipt": "a work receipt as a file",
    "people:commitment": "asked only of whoever is about to take work that closes other work (test_rivals)",
    "attesting:attestation-file": "the signed attestation",
    "attesting:exposure-progress": "JSON that the page of an exposure report polls",
    "attesting:exposure-file": "a report as a file",
    "closing-certificate": "the certificate of a closed workspace as a file (test_closing)",
    "public-attestation": "JSON for programs, for everybody",
    "registry:import-progress": "JSON that the page of an import polls",
    "tenants:support-watch": "JSON that the page of a support visit polls",
    "audit:event-proof": "the proof of one event as a file",
    "audit:pin": "the pin file",
    "audit:succession": "the succession as a file (test_succession_page)",
    "audit:verifier": "the verifier as a file",
    "audit:verifier-page": "the verifier for browsers as a file (test_verifier_page)",
    "bundles:progress": "JSON that the page of a bundle polls",
    "bundles:file": "a bundle as a file",
    "audit:state": "JSON that the log's page polls",
    "isolation:progress": "JSON that the page of a run polls",
    "isolation:file": "a report as a file",
    "webhooks:progress": "JSON that a webhook's page polls",
    "policy:command": "the command as a file",
    "policy:file": "a version as a file to sign",
    "policy:plan-file": "a plan as a file to sign",
}
"""What answers GET and is no page for people, and why."""

MORE = {
    "absent": (NOBODY, "/no-such-page", 404),
    "refused by policy": ("Ines", "/w/{tenant}/", 403),
    "second factor asked for": (HALF_WAY, "/second-factor", 200),
    "operator at home": ("Opal", "/w/{operator}/", 200),
    "empty project": ("Mina", "/w/{tenant}/projects/{empty}", 200),
    "nobody has asked": ("Mina", "/w/{tenant}/projects/{empty}/comments", 200),
    "what waits": ("Mina", "/w/{tenant}/projects/{project_id}/comments?state=open", 200),
    "no purpose yet": ("Mina", "/w/{tenant}/projects/{empty}/purpose", 200),
    "a schema to begin with": ("Mina", "/w/{tenant}/projects/{empty}/schema", 200),
    "a template": ("Mina", "/w/{tenant}/projects/{empty}/schema?template={template}", 200),
    "the purpose before the first item": ("Lena", "/w/{tenant}/projects/{owed}/label", 200),
    "nothing to label": ("Luca", "/w/{tenant}/projects/{done}/label", 200),
    "no work yet": ("Luca", "/w/{tenant}/work?from=2020-01-01&to=2020-01-02", 200),
    "no items": ("Mina", "/w/{tenant}/projects/{empty}/items", 200),
    "one run": ("Cora", "/w/{tenant}/isolation/{wall_id}", 200),
}
"""Other faces of these pages: name -> (who, path, status)."""

SAME_NAMES = {
    "attesting:exposure": ("report_id", "exposure_id"),
    "registry:import": ("import_id", "registry_import"),
}
"""Routes whose id goes by a name that another room's id has too: route -> (its name, ours)."""

WITH_TERMS = {"annotation:purpose", "annotation:agreement", "annotation:terms"}
"""Seen in a project that asks for something before the first item."""

PURPOSE = {"trains": "A model that hears tone.", "sector": "research", "defence": False, "disturbing": False}
READY = "#workspace :is(.ws-item, .ws-empty, dialog[open], .ws-failed)"
"""The workspace has drawn what it has to show."""

MOST_TABS = 500
TABS_AT_ONCE = 20
CHECK_SECONDS = 900
"""A run takes three minutes of processor time; on a machine that is busy with other things, much more."""

SIDEWAYS = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
    .filter((e) => !e.closest(".table-scroll, pre, .visually-hidden, dialog"))
    .map((e) => e.outerHTML.slice(0, 120)).concat(`${document.documentElement.scrollWidth} px wide`)"""

FROM_THE_TOP = "() => { document.body.tabIndex = -1; document.body.focus(); }"
"""Some pages begin in their first field."""

STOPS = """() => {
  const all = () => [...document.querySelectorAll("*")];
  const found = (window.keyboardStops = { ended: false, stops: [] });
  let first = null;
  document.addEventListener("focusin", ({ target: e }) => {
    found.ended ||= e === first;
    first ??= e;
    if (found.ended) return;
    const ids = (e.getAttribute("aria-labelledby") ?? "").split(" ");
    const by = ids.map((id) => document.getElementById(id)?.textContent);
    const words = [e.getAttribute("aria-label"), ...by, ...[...(e.labels ?? [])].map((l) => l.textContent), e.title];
    if (!e.matches("input, select, textarea")) words.push(e.textContent);
    found.stops.push({ name: words.join(" ").trim(), html: e.outerHTML.slice(0, 160),
      skip: e.matches("a.skip[href='#main']"), place: all().indexOf(e) });
  });
}"""
"""Note each element that the keyboard comes to, until it is at the first one again."""
