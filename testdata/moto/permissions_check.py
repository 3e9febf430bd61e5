"""Audits an account in moto, with moto's authorization on, as a user who is allowed what sekisho permissions prints and nothing else.

    permissions_check.py SEKISHO

is the program, built. Each gap that the policy is to blame for is printed; the exit status is 1 where there is one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from people import Account, Group, Key, User, app
from sekisho import Sekisho
from standin import StandIn

# Rules and the depth.
SELECTIONS = (("*", "auto"), ("*", "deep"), ("*", "standard"), ("root", "auto"), ("mfa", "auto"), ("access-keys", "auto"), ("passwords", "auto"),
              ("other-credentials", "auto"), ("account", "auto"), ("ssh-key-age", "standard"), ("account-alias", "auto"))
# What moto lacks (5.2) is no fault of the policy's: a gap for each that is asked for, whatever moto says there.
LACKING = {"iam:ListServiceSpecificCredentials", "iam:ListOrganizationsFeatures", "account:ListRegions"}
# What is asked once about each of several users, or not at all.
SINGLE = {"iam:ListAccessKeys", "iam:ListSSHPublicKeys"}
# Users who make an audit ask for what is asked of single users.
OTHERS = (
    User("failing", password=True, signed_in=120.5, keys=(Key(200.5, used=100.5), Key(150.5))),
    User("sound", password=True, signed_in=0.5, devices=(app("sound"),), keys=(Key(1.5, used=0.5),), groups=("people",)),
)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: permissions_check.py SEKISHO")
    binary = os.path.abspath(sys.argv[1])
    problems, asked = [], set()
    policies = {selection: permissions(binary, *selection) for selection in SELECTIONS}
    auditors = {selection: User(f"auditor-{number}", age=20.6, keys=(Key(9.5),), allowed=tuple(actions))
                for number, (selection, actions) in enumerate(policies.items())}
    with StandIn() as moto:
        keys = moto.build(Account(users=(*OTHERS, *auditors.values()), groups=(Group("people"),)))
        for selection, actions in policies.items():
            with moto.authorization():
                rules, depth = selection
                run = Sekisho(binary, moto.endpoint, keys[f"user/{auditors[selection].name}"][0]).audit("--depth", depth, rules=(rules,))
            gaps, want = run.report["gaps"], LACKING & set(actions)
            if sorted(gap["action"] for gap in gaps) != sorted(want):
                problems.append(f"{selection}: got the gaps {gaps}, want one each of {sorted(want)}")
            calls = set(run.calls())
            asked |= calls
            if calls - set(actions):
                problems.append(f"{selection}: got calls of {sorted(calls - set(actions))}, which the policy does not allow")
    if not SINGLE <= asked:
        problems.append(f"got no call of {sorted(SINGLE - asked)}, want some about single users")
    for problem in problems:
        print("permissions_check:", problem)
    print(f"permissions_check: {len(SELECTIONS)} selections audited, {len(problems)} problems")
    sys.exit(1 if problems else 0)


def permissions(binary, rules, depth):
    """The actions of the policy that the program prints."""
    with tempfile.TemporaryDirectory() as home:
        text = subprocess.run([binary, "permissions", "--rules", rules, "--depth", depth], env={"HOME": home}, cwd=home, capture_output=True, text=True, timeout=300, check=True).stdout
    statement, = json.loads(text)["Statement"]
    return statement["Action"]


if __name__ == "__main__":
    main()
