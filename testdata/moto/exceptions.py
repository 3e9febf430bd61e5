"""What exceptions should do to a run, worked out from the same run without them.

    check(tally, plain, run, settings)

An exception makes nothing of a failure but a failure that is borne: it is no pass, counts for no exit status, and touches nothing else.
"""

from __future__ import annotations

import fnmatch
import re

from sekisho import CLEAN, FINDING, HARMLESS, UNDECIDED
from truth import FAIL, UNKNOWN


def check(tally, plain, run, settings):
    """Compares a run with exceptions with one without, under settings that are the same but for these."""
    report = run.report
    tally.equal("exceptions: the other verdicts", run.verdicts({}), plain.verdicts({}))
    tally.equal("exceptions: Security Status", report["security_status"], plain.report["security_status"])
    tally.equal("exceptions: the frameworks' verdicts", _frameworks(report), _frameworks(plain.report))
    categories = {rule["id"]: rule["category"] for rule in report["rules"]}
    account = report["account"]["id"]

    want, states = {}, []
    for number, allowance in enumerate(settings.allowances):
        failing = [f for f in plain.report["findings"] if f["status"] == FAIL and _bears(allowance, f, categories, account)]
        state, borne = _state(allowance, failing, plain.report["findings"], categories, account)
        if state == "used":
            new = [f for f in failing if _name(f) not in want]
            want |= {_name(f): number for f in new}
            state, borne = ("used", len(new)) if new else ("unused", 0)
        states.append((allowance.rule, allowance.resource, state, borne))

    got = {_name(f): next(n for n, a in enumerate(settings.allowances) if (a.rule, a.resource) == (f["exception"]["rule"], f["exception"]["resource"]))
           for f in report["findings"] if "exception" in f}
    tally.equal("failures that are excepted, and by which exception", got, want)
    tally.equal("excepted findings that don't fail", [_name(f) for f in report["findings"] if "exception" in f and f["status"] != FAIL], [])
    tally.equal("states of the exceptions", sorted((e["rule"], e["resource"], e["state"], e["findings"]) for e in report["exceptions"]), sorted(states))
    tally.equal("excepted in the summary", report["summary"]["excepted"], len(want))
    tally.equal("failures in the summary", report["summary"]["fail"], plain.report["summary"]["fail"])
    tally.equal("excepted by rule", {r["id"]: r["excepted"] for r in report["rules"] if r["excepted"]},
                {rule: sum(name[0] == rule for name in want) for rule in {name[0] for name in want}})
    tally.equal("exit status with exceptions", run.status, _deserved(plain.report["findings"], want))


def _name(finding):
    return finding["rule"], finding["resource"], finding["item"], finding["message"]


def _frameworks(report):
    return {(f["id"], r["id"]): r["verdict"] for f in report.get("frameworks", ()) for r in f["recommendations"]}


def _of_rule(allowance, rule, categories):
    return fnmatch.fnmatchcase(rule, allowance.rule) or categories[rule] == allowance.rule


def _bears(allowance, finding, categories, account):
    if allowance.account not in ("", account) or not _of_rule(allowance, finding["rule"], categories):
        return False
    if allowance.unique_id and allowance.unique_id != finding.get("resource_id"):
        return False
    arn, item, short = finding["resource"], finding["item"], _short(finding)
    pattern = re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in allowance.resource), re.DOTALL)
    names = (arn, finding["name"], short, item, f"{short}#{item}", f"{arn}#{item}", finding.get("resource_id"))
    return any(name and pattern.fullmatch(name) for name in names)


def _short(finding):
    """The account has the ARN of its root user."""
    short = ":".join(finding["resource"].split(":")[5:])
    return "account" if short == "root" and finding["name"] != "root user" else short


def _state(allowance, failing, findings, categories, account):
    """What becomes of an exception, and how many failures it names. One that names none is needed no more only where its rule ran and what it
    names was decided."""
    if allowance.account not in ("", account):
        return "other_account", 0
    if not any(_of_rule(allowance, rule, categories) for rule in categories):
        return "not_judged", 0
    if allowance.days <= 0:
        return "expired", len(failing)
    if not set("*?") & set(allowance.resource) and len({_short(f) for f in failing}) > 1:
        return "ambiguous", len(failing)
    if failing:
        return "used", len(failing)
    hidden = any(f["status"] == UNKNOWN and _of_rule(allowance, f["rule"], categories)
                 and (_bears(allowance, f, categories, account) or f["resource"].endswith(":root") and not f["item"]) for f in findings)
    return ("not_judged" if hidden else "unused"), 0


def _deserved(findings, borne):
    """The exit status with the default --fail-on low."""
    if any(f["status"] == FAIL and f["severity"] not in HARMLESS and _name(f) not in borne for f in findings):
        return FINDING
    return UNDECIDED if any(f["status"] == UNKNOWN for f in findings) else CLEAN
