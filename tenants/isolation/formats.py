"""A report as text for people, JSON for scripts, and JUnit XML for build servers."""

import json
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

MARKS = {"pass": "pass", "fail": "FAIL", "learned": "note", "inconclusive": "????", "error": "ERR "}
VERDICTS = {
    0: "Every wall stands, and every planted violation was found.",
    1: "A wall does not hold. The findings above say which, and show what was seen.",
    2: "A planted violation was not found, or a check is red over standing walls: do not trust the checks named above.",
    3: "Some questions could not be answered, so this is not a pass.",
}


def as_text(report: dict[str, Any]) -> str:
    """Return a report for a terminal: one line for each check, evidence below those that need it."""
    lines = []
    for check in report["checks"]:
        planted = check["rehearsal"]["planted"]
        found = sum(plant["detected"] for plant in planted)
        lines.append(
            f"{MARKS[check['status']]}  {check['check']}  {check['title']}"
            f"  ({check['examined']} of {check['expected']} examined, {found} of {len(planted)} plants found,"
            f" {check['ms']} ms)"
        )
        lines += [f"        - {text}" for text in check["evidence"]]
        if check["more"]:
            lines.append(f"        - and {check['more']} more")
        if check["trouble"]:
            lines.append(f"        ! {check['trouble']}")
        if check["status"] == "inconclusive":
            lines += [f"        ? {note}" for note in check["notes"]]
        if check["rehearsal"]["trouble"]:
            lines.append(f"        ! in the shadow: {check['rehearsal']['trouble']}")
        lines += [
            f"        ! not found: {plant['wall']}, {plant['words']} ({plant['trouble']})"
            for plant in planted
            if not plant["detected"]
        ]
    lines.append("")
    if report["trouble"]:
        lines.append(f"! {report['trouble']}")
    lines.append(
        f"{VERDICTS[report['exit_code']]}  {report['detected']} of {report['planted']} plants found"
        f" in {report['seconds']} s."
    )
    return "\n".join(lines)


def as_json(report: dict[str, Any]) -> str:
    """Return a report as JSON, keys in order, so that equal reports are equal bytes."""
    return json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False)


def as_junit(report: dict[str, Any]) -> str:
    """Return a report as JUnit XML: a case for each check, and one for each plant."""
    suite = Element(
        "testsuite", name="isolation", time=str(report["seconds"]), timestamp=report["started_at"]
    )
    cases = failures = errors = 0
    for check in report["checks"]:
        case = SubElement(
            suite, "testcase", classname=check["check"], name=check["title"], time=str(check["ms"] / 1000)
        )
        cases += 1
        if check["status"] == "fail":
            failures += 1
            SubElement(case, "failure", message="violation").text = "\n".join(check["evidence"])
        elif check["status"] == "learned":
            SubElement(case, "system-out").text = "\n".join(check["evidence"])
        elif check["status"] != "pass":
            errors += 1
            said = check["trouble"] or "\n".join(check["notes"])
            SubElement(case, "error", message=check["status"]).text = said
        for plant in check["rehearsal"]["planted"]:
            cases += 1
            planted = SubElement(
                suite,
                "testcase",
                classname=f"{check['check']}.planted",
                name=f"{plant['wall']}: {plant['words']}",
            )
            if not plant["detected"]:
                failures += 1
                SubElement(planted, "failure", message="not detected").text = plant["trouble"]
        if not check["rehearsal"]["quiet"]:
            cases, errors = cases + 1, errors + 1
            quiet = SubElement(
                suite, "testcase", classname=f"{check['check']}.planted", name="quiet before and after"
            )
            SubElement(quiet, "error", message="not quiet").text = check["rehearsal"]["trouble"]
    suite.set("tests", str(cases))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    return tostring(suite, encoding="unicode", xml_declaration=True)


FORMATS = {"text": as_text, "json": as_json, "junit": as_junit}
