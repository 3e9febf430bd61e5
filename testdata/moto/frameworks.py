"""What the frameworks should say of a run, worked out from the verdicts of its rules and from the table of recommendations of the IAM part of
each, and from nothing else that Sekisho says of frameworks.

    check(tally, run, settings)

compares each recommendation of each framework of a report, number by number.
"""

from __future__ import annotations

from settings import Limits
from truth import FAIL, INAPPLICABLE, PASS, UNKNOWN

NOT_ASSESSED = "not_assessed"
MANUAL = ()  # no rule decides it

# The versions of the CIS benchmark by the column of the table that has their numbers.
COLUMNS = (("7.0",), ("6.0",), ("5.0",), ("2.0", "3.0", "4.0"), ("1.4", "1.5"))
CIS = (
    (("2.1.1", "", "", "", ""), ("root-centralized",)),
    (("2.1.2", "", "", "", ""), MANUAL),
    (("2.1.3", "", "", "", ""), MANUAL),
    (("2.1.4", "", "", "", ""), MANUAL),
    (("2.1.5", "", "", "", ""), MANUAL),
    (("2.1.6", "", "", "", ""), MANUAL),
    (("2.2", "2.1", "1.1", "1.1", "1.1"), MANUAL),
    (("2.3", "2.2", "1.2", "1.2", "1.2"), ("security-contact",)),
    (("", "", "", "1.3", "1.3"), MANUAL),
    (("2.4", "2.3", "1.3", "1.4", "1.4"), ("root-no-access-keys",)),
    (("2.5", "2.4", "1.4", "1.5", "1.5"), ("root-mfa",)),
    (("2.6", "2.5", "1.5", "1.6", "1.6"), ("root-hardware-mfa",)),
    (("2.7", "2.6", "1.6", "1.7", "1.7"), ("root-not-used",)),
    (("2.8", "2.7", "1.7", "1.8", "1.8"), ("password-min-length",)),
    (("2.9", "2.8", "1.8", "1.9", "1.9"), ("password-reuse",)),
    (("2.10", "2.9", "1.9", "1.10", "1.10"), ("console-mfa",)),
    (("", "2.10", "1.10", "1.11", "1.11"), ("access-key-at-setup",)),
    (("2.11", "2.11", "1.11", "1.12", "1.12"), ("access-key-unused", "password-unused")),
    (("", "2.12", "1.12", "1.13", "1.13"), ("access-key-single",)),
    (("2.12", "2.13", "1.13", "1.14", "1.14"), ("access-key-rotation",)),
    (("2.13", "2.14", "1.14", "1.15", "1.15"), ("user-permissions-through-groups",)),
    (("2.14", "2.15", "1.15", "1.16", "1.16"), ("admin-policy-attached",)),
    (("2.15", "2.16", "1.16", "1.17", "1.17"), ("support-role",)),
    (("2.16", "2.17", "1.17", "1.18", "1.18"), MANUAL),
    (("2.17", "2.18", "1.18", "1.19", "1.19"), ("server-certificate-expired",)),
    (("2.18", "2.19", "1.19", "1.20", "1.20"), ("access-analyzer",)),
    (("2.19", "2.20", "1.20", "1.21", "1.21"), ("identity-federation",)),
    (("2.20", "2.21", "1.21", "1.22", ""), ("cloudshell-full-access",)),
    (("2.21", "", "", "", ""), MANUAL),
)
# IAM.7 and IAM.10 of Security Hub ask for several settings of the password policy at once.
FSBP = {
    "IAM.1": ("admin-policy-attached", "admin-policy-inline"),
    "IAM.2": ("user-permissions-through-groups",),
    "IAM.3": ("access-key-rotation",),
    "IAM.4": ("root-no-access-keys",),
    "IAM.5": ("console-mfa",),
    "IAM.6": ("root-hardware-mfa",),
    "IAM.7": ("password-policy", "password-min-length", "password-uppercase", "password-lowercase", "password-symbol", "password-number"),
    "IAM.8": ("access-key-unused", "password-unused"),
    "IAM.9": ("root-mfa",),
    "IAM.10": ("password-policy", "password-min-length", "password-reuse", "password-uppercase", "password-lowercase", "password-number",
               "password-expiry"),
    "IAM.11": ("password-uppercase",),
    "IAM.12": ("password-lowercase",),
    "IAM.13": ("password-symbol",),
    "IAM.14": ("password-number",),
    "IAM.15": ("password-min-length",),
    "IAM.16": ("password-reuse",),
    "IAM.17": ("password-expiry",),
    "IAM.18": ("support-role",),
    "IAM.19": ("machine-user-mfa",),
    "IAM.20": ("root-not-used",),
    "IAM.21": ("service-wildcard",),
    "IAM.22": ("access-key-unused", "password-unused"),
    "IAM.23": ("analyzer-tags",),
    "IAM.24": ("role-tags",),
    "IAM.25": ("user-tags",),
    "IAM.26": ("server-certificate-expired",),
    "IAM.27": ("cloudshell-full-access",),
    "IAM.28": ("access-analyzer",),
    "Account.1": ("security-contact",),
}
TABLE = {f"cis-{version}": {numbers[column]: rules for numbers, rules in CIS if numbers[column]}
         for column, versions in enumerate(COLUMNS) for version in versions} | {"fsbp": FSBP}
ALL = tuple(TABLE)

# What a rule that the frameworks have a number for is judged by, where single users may have limits of their own.
LIMITS = {"access-key-rotation": "access_key_max_age_days", "access-key-unused": "access_key_unused_days",
          "password-unused": "password_unused_days", "access-key-at-setup": "access_key_setup_minutes"}
SMALLER_IS_LOOSER = ("access_key_setup_minutes",)
TAG_RULES = ("user-tags", "role-tags", "analyzer-tags")


def check(tally, run, settings):
    """Compares the frameworks of a report, which must be all there are."""
    rules = {rule["id"]: rule["status"] for rule in run.report["rules"]}
    tally.equal("frameworks", sorted(f["id"] for f in run.report["frameworks"]), sorted(ALL))
    for framework in run.report["frameworks"]:
        want = {number: _verdict(deciding, rules, settings) for number, deciding in TABLE[framework["id"]].items()}
        got = {r["id"]: r["verdict"] for r in framework["recommendations"]}
        tally.equal(f"{framework['id']}: the numbers in their order", list(got), list(want))
        for number in want:
            tally.equal(f"{framework['id']} {number}", got.get(number), want[number])
        counted = {verdict: list(want.values()).count(verdict) for verdict in framework["summary"]}
        tally.equal(f"{framework['id']}: summary", framework["summary"], counted)


def _verdict(deciding, rules, settings):
    """fail > unknown > not assessed > pass > not applicable; a pass by a limit that is looser than the framework's is none."""
    verdicts = [_of_rule(rule, rules, settings) for rule in deciding]
    for verdict in (FAIL, UNKNOWN, NOT_ASSESSED, PASS, INAPPLICABLE):
        if verdict in verdicts:
            return verdict
    return NOT_ASSESSED


def _of_rule(rule, rules, settings):
    verdict = rules.get(rule, NOT_ASSESSED)
    if rule in TAG_RULES and not settings.required_tags or verdict == PASS and _loose(rule, settings):
        return NOT_ASSESSED
    return verdict


def _loose(rule, settings):
    limit = LIMITS.get(rule)
    for entry in settings.own:
        number = dict(entry.limits).get(limit)
        if number is not None:
            default = getattr(Limits(), limit)
            if number < default if limit in SMALLER_IS_LOOSER else number > default:
                return True
    return False
