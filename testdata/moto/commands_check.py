"""Runs what sekisho permissions --commands prints, with the aws command, and compares the audit of the folder with the live one.

    commands_check.py SEKISHO ENDPOINT

are the program, built, and the endpoint of a running emulator; a second account is in moto. Each disagreement is printed; the exit status is 1
where there is one. The folder lacks what is asked of users who fail: what hangs on that may be unknown in its audit, a key is named by its
number, and nothing is seen of what changed since the credential report. Everything else must be the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

from people import Account, Group, User
from sekisho import Sekisho
from standin import KEYS, REGION, StandIn

SECONDS = 900
# A check that compares less than this has lost a part of itself.
LEAST_COMPARISONS = 800
# How findings name what the folder doesn't have: the sections that are read user by user.
PER_USER = ("login-profile was not read", "mfa-devices was not read", "access-keys was not read", "access-key-last-used was not read",
            "the kinds of the user's MFA devices were not read")
# The emulator's user whose keys are others since the credential report was made. What the report says of them fails in the folder's audit.
CHANGED = "user/machines/invoice-mailer"
# The errors that say something, as (code, operation) of each that the commands keep.
NO_CONTACT = ("ResourceNotFoundException", "GetAlternateContact")
EMULATOR_KEEPS = [NO_CONTACT, ("AccountNotManagementOrDelegatedAdministratorException", "ListOrganizationsFeatures")]
MOTO_KEEPS = [NO_CONTACT, NO_CONTACT, NO_CONTACT, ("NoSuchEntity", "GetAccountPasswordPolicy"), ("404", "ListRegions")]
# What moto lacks (5.2): neither audit gets an answer. Of two the aws command can't even read the error.
MOTO_LACKS = ["account:ListRegions", "iam:ListOrganizationsFeatures", "iam:ListServiceSpecificCredentials"]
UNREADABLE = "Unable to parse response"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: commands_check.py SEKISHO ENDPOINT")
    binary, endpoint = os.path.abspath(sys.argv[1]), sys.argv[2]
    problems = []
    compared = check(binary, endpoint, EMULATOR_KEEPS, [], problems)
    if compared < LEAST_COMPARISONS:
        problems.append(f"compared {compared} verdicts, want {LEAST_COMPARISONS} at least")
    with StandIn() as moto:  # where no password policy is set, which is an error and an answer
        moto.build(Account(users=(User("person", password=True, signed_in=0.5, age=10.5, groups=("people",)),), groups=(Group("people"),)))
        compared += check(binary, moto.endpoint, MOTO_KEEPS, MOTO_LACKS, problems)
    for problem in problems:
        print("commands_check:", problem)
    print(f"commands_check: {compared} verdicts compared, {len(problems)} disagreements")
    sys.exit(1 if problems else 0)


def check(binary, endpoint, keeps, lacks, problems):
    """Saves one account's answers and compares the audits; returns how many verdicts there were. The commands keep some errors, and what the
    account's server lacks is a gap in both audits."""
    sekisho = Sekisho(binary, endpoint)
    with tempfile.TemporaryDirectory() as work:
        folder = os.path.join(work, "it's a folder")
        save(binary, endpoint, folder, keeps, lacks, problems)
        live, saved = sekisho.audit(), sekisho.audit("--from", folder)
    if saved.stderr:
        problems.append(f"got {saved.stderr.strip()!r} on stderr, want nothing")
    for name, run in (("live", live), ("saved", saved)):
        if sorted(gap["action"] for gap in run.report["gaps"]) != lacks:
            problems.append(f"{name}: got the gaps {run.report['gaps']}, want one each of {lacks}")
        if run.report["depth"]["ran"] != "deep":
            problems.append(f"{name}: got the depth {run.report['depth']}, want a deep run of so few users")
    if saved.report["account"] != live.report["account"] or saved.report["caller"] != live.report["caller"]:
        problems.append(f"got {saved.report['account']} as {saved.report['caller']}, want {live.report['account']} as {live.report['caller']}")
    return compare(live, saved, problems)


def save(binary, endpoint, folder, keeps, lacks, problems):
    """Has the shell run the commands, as a person would who is signed in, and checks what it says of errors and who may read what it wrote."""
    home = os.path.dirname(folder)
    environment = {
        "PATH": os.environ.get("PATH", ""), "HOME": home, "NO_PROXY": "127.0.0.1", "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1], "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.path.join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE": os.path.join(home, "credentials"),
    }
    script = subprocess.run([binary, "permissions", "--commands"], env=environment, cwd=home, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
    done = subprocess.run(["sh", "-s", "--", folder], input=script, env=environment, cwd=home, capture_output=True, text=True, timeout=SECONDS)
    kept = re.findall(r"An error occurred \((\w+)\) when calling the (\w+) operation", done.stderr)
    unreadable, commands = done.stderr.count(UNREADABLE), len(re.findall("(?m)^aws ", done.stderr))
    if done.returncode or sorted(kept) != sorted(keeps) or unreadable != len(lacks) - sum(code.isdigit() for code, _ in keeps) or commands != len(kept) + unreadable:
        problems.append(f"the commands: got exit status {done.returncode} and {done.stderr.strip()!r} on stderr, want 0, {keeps} and what there is no answer to of {lacks}")
    for name in [".", *os.listdir(folder)]:
        mode = os.stat(os.path.join(folder, name)).st_mode & 0o777
        if mode & 0o077:
            problems.append(f"got mode {mode:o} of {name}, want nothing for group and others")
    again = subprocess.run(["sh", "-s", "--", folder], input=script, env=environment, cwd=home, capture_output=True, text=True, timeout=SECONDS)
    if again.returncode == 0:
        problems.append("got exit status 0 for a folder that is there already, want a refusal")


def compare(live, saved, problems):
    """Compares the verdicts on each thing of the account; returns how many there were."""
    want, got = verdicts(live), verdicts(saved)
    excused = unknown_per_user(saved)
    for thing in sorted(set(want) | set(got)):
        rule, resource = thing
        if resource == CHANGED and "fail" in got.get(thing, []) and rule.startswith("access-key"):
            continue
        if got.get(thing) != want.get(thing) and not (got.get(thing) == ["unknown"] and thing in excused):
            problems.append(f"{rule}, {resource}: got {got.get(thing)} from the folder, want {want.get(thing)}")
    return len(want)


def verdicts(run):
    """The verdicts as {(rule, resource): statuses}; keys are gathered by their user, for not every audit knows their IDs."""
    found = {}

    def add(rule, resource, status):
        found.setdefault((rule, resource.split("#")[0]), []).append(status)

    for finding in run.report["findings"]:
        add(finding["rule"], ":".join(finding["resource"].split(":")[5:]), finding["status"])
    for rule, passed in run.report["passed"].items():
        for resource in passed["resources"]:
            add(rule, resource, "pass")
    for rule, reasons in run.report["not_applicable"].items():
        for reason in reasons:
            for resource in reason["resources"]:
                add(rule, resource, "not_applicable")
    return {thing: sorted(statuses) for thing, statuses in found.items()}


def unknown_per_user(run):
    """What is unknown for want of a user's own answers, as (rule, resource)."""
    return {(f["rule"], ":".join(f["resource"].split(":")[5:])) for f in run.report["findings"] if f["status"] == "unknown" and any(s in f["message"] for s in PER_USER)}


if __name__ == "__main__":
    main()
