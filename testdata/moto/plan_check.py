"""Carries out what sekisho plan says of an account of 60 users in moto, with faults of every kind that moto knows, and looks at what came of it.

    plan_check.py SEKISHO

is the program, built. The script of the plan is run with --yes-all. What the plan promised of each step that commands take must be cleared then, what a
person is to do must still be to do, nothing may be new that the plan had not listed, and sekisho whatif --plan must have said the same before. Each
disagreement is printed; the exit status is 1 where there is one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from unittest import mock

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend

import faults
from client import SECONDS, Client, told
from standin import ACCOUNT_ID, StandIn

NOTHING_DONE = "Nothing was done: call it with --yes."
# A plan that does less has lost a part of itself, or the account its faults.
LEAST = {"rules cleared": 30, "findings cleared": 80, "findings left to people": 100, "kinds of calls": 20}
# What moto can't be told, such as who is to change a password, and what settings ask for.
NEVER_FAIL = {
    "root-no-access-keys", "root-mfa", "root-hardware-mfa", "root-not-used", "root-no-signing-certificates", "root-centralized", "git-credential-age", "api-key-expiry",
    "access-analyzer", "analyzer-tags", "user-tags", "role-tags", "mfa-first-sign-in",
}
# Stands in for the aws command: hands its arguments to this process, and takes from there what to say.
AWS = """#!/bin/sh
printf '%s\\0' "$@" >"$TALK/ask"
read -r status <"$TALK/status"
cat "$TALK/out"
cat "$TALK/err" >&2
exit "$status"
"""


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: plan_check.py SEKISHO")
    with StandIn() as moto, tempfile.TemporaryDirectory() as work:
        check = Check(os.path.abspath(sys.argv[1]), moto, work)
        check.carries_out()
    for problem in check.problems:
        print("plan_check:", problem)
    print(f"plan_check: {', '.join(f'{number} {what}' for what, number in check.counted.items())}, {len(check.problems)} disagreements")
    sys.exit(1 if check.problems else 0)


class Check(Client):
    def __init__(self, sekisho, moto, work):
        super().__init__(sekisho, moto, work)
        self.problems, self.counted = [], {}
        self.calls = {}  # how often an operation was called

    def same(self, what, got, want):
        if got != want:
            self.problems.append(f"{what}: got {got}, want {want}")

    def carries_out(self):
        faults.build(self.moto)
        with strict():
            self.carries_out_there()

    def carries_out_there(self):
        for number, user in enumerate(self.moto.backend(ACCOUNT_ID).users.values()):
            user.id = f"AIDA{number:017}"  # as AWS's are, by which the script tells users from namesakes
        before = self.audit("before.json")
        self.same("rules that nothing fails", {rule["id"] for rule in before["rules"]} - {rule for rule, *_ in failing(before)}, NEVER_FAIL | faults.SOUND)
        self.run("plan", "--from", "before.json", "--goal", "all", "-q", "-o", "plan.json", "-o", "plan.sh")
        with open("plan.json", encoding="utf-8") as file:
            plan = json.load(file)
        by_command = [step for step in plan["steps"] if step["kind"] == "command"]
        by_person = [step for step in plan["steps"] if step["kind"] != "command"]
        said = self.whatif(by_command)

        with self.talking():
            self.script(NOTHING_DONE, 0)
            self.same("calls of a script that is only shown", self.calls, {})
            self.script("Something is left to do", 4, "--yes-all")
        after = self.audit("after.json")
        made = [change["parameters"]["PolicyName"] for step in plan["steps"] for work in step["work"] for change in work["changes"] if change["action"] == "iam:CreatePolicy"]
        self.same("new MFA policies, which all say the same", [name for name in made if name.startswith("RequireMFA")], ["RequireMFA"])
        self.judge(plan, by_command, by_person, failing(before), failing(after), said)
        self.same_as_said(said)

        with self.talking():  # it may be run again
            self.script("Something is left to do", 4, "--yes-all")
        self.audit("again.json")
        again = json.loads(self.run("diff", "after.json", "again.json", "-f", "json"))
        self.same("changes of a second run", told(again["changes"], ("area", "kind", "resource", "item")), set())

    def audit(self, name):
        """Reads the account as it is now, and judges it."""
        self.run("audit", "--quiet", "--save", name, "-o", "report.json")
        with open("report.json", encoding="utf-8") as file:
            report = json.load(file)
        os.remove("report.json")
        return report

    def whatif(self, steps):
        numbers = ",".join(str(step["number"]) for step in steps)
        return json.loads(self.run("whatif", "--from", "before.json", "--plan", "plan.json", "--steps", numbers, "-f", "json"))

    def judge(self, plan, by_command, by_person, before, after, said):
        promised = {ref(found): step["number"] for step in by_command for found in step["clears"]}
        for key in sorted(promised.keys() & after.keys()):
            self.problems.append(f"the step {promised[key]} promised to clear {key}: {after[key]}")
        added = {ref(found) for step in plan["steps"] for found in step["adds"]}
        # In a plan people did their steps. Who has yet to enrol a device meets guards without one, and whatif tells that.
        enrol = {work["resource"] for step in by_person for work in step["work"] for change in work["changes"] if change["action"].startswith("person:Enrol")}
        foretold = {kind: {(found["rule"], found["resource"], found["item"], found["name"]) for found in said["diff"]["findings"] if found["kind"] == kind}
                    for kind in ("new", "fixed", "no_longer_applies")}
        for key in sorted(after.keys() - before.keys() - added):
            if key not in foretold["new"] or key[0] != "mfa-unclaimed" or key[1] not in enrol:
                self.problems.append(f"new, and not in the plan: {key}: {after[key]}")
        left = {ref(found): step["number"] for step in by_person for found in step["clears"]}
        for key in sorted(left.keys() & before.keys() - after.keys() - foretold["fixed"] - foretold["no_longer_applies"]):
            self.problems.append(f"gone, though the step {left[key]} is a person's: {key}")
        told_of = {line.removeprefix("BY HAND: ") for line in self.output.splitlines() if line.startswith("BY HAND: ")}
        for step in by_person:
            for message in {change["message"] for work in step["work"] for change in work["changes"]} - told_of:
                self.problems.append(f"the script does not say that a person is to do in the step {step['number']}: {message}")
        self.counted = {
            "rules cleared": len({rule for rule, *_ in promised}), "findings cleared": len(promised), "findings left to people": len(left),
            "kinds of calls": len(self.calls), "calls": sum(self.calls.values()),
        }
        for what, least in LEAST.items():
            if self.counted[what] < least:
                self.problems.append(f"got {self.counted[what]} {what}, want {least} at least")

    def same_as_said(self, said):
        """What whatif said is what diff says now that it is done."""
        truth = json.loads(self.run("diff", "before.json", "after.json", "-f", "json"))
        for what, names in (("findings", ("kind", "rule", "resource", "item")), ("changes", ("area", "kind", "resource", "item"))):
            got, want = told(said["diff"][what], names), told(truth[what], names)
            for lack in sorted(want - got):
                self.problems.append(f"whatif said no {what[:-1]} {lack}, want what was made")
            for more in sorted(got - want):
                self.problems.append(f"whatif said the {what[:-1]} {more}, which was not made")

    def script(self, says, status, *arguments):
        done = subprocess.run(["sh", "plan.sh", *arguments], env=os.environ | {"PATH": f"{self.work}/bin:{os.environ['PATH']}", "TALK": self.work},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        self.output = done.stdout
        if done.returncode != status or says not in done.stdout:
            self.problems.append(f"plan.sh {' '.join(arguments)}: got exit status {done.returncode}, want {status} and {says!r}: {done.stdout[-500:]}{done.stderr[-1000:]}")

    @contextlib.contextmanager
    def talking(self):
        """Has the aws command of the script be made in this process; the first call of each kind by the real one."""
        os.makedirs("bin", exist_ok=True)
        with open("bin/aws", "w", encoding="utf-8") as file:
            file.write(AWS)
        os.chmod("bin/aws", 0o700)
        for name in "ask", "status":
            os.mkfifo(name)
        real, over = shutil.which("aws"), threading.Event()

        def serve():
            while True:
                with open("ask", encoding="utf-8") as file:
                    arguments = file.read().split("\0")[:-1]
                if over.is_set():
                    return
                operation = " ".join(arguments[:2])
                self.calls[operation] = self.calls.get(operation, 0) + 1
                if self.calls[operation] == 1:
                    done = subprocess.run([real, *arguments], capture_output=True, text=True, timeout=SECONDS)
                    status, out, err = done.returncode, done.stdout, done.stderr
                else:
                    status, out, err = self.aws(arguments)
                for name, text in (("out", out), ("err", err), ("status", f"{status}\n")):
                    with open(name, "w", encoding="utf-8") as file:
                        file.write(text)

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield
        finally:
            over.set()
            with open("ask", "w", encoding="utf-8"):
                pass
            server.join()
            for name in "ask", "status":
                os.remove(name)


@contextlib.contextmanager
def strict():
    """Has moto refuse, as AWS does, to delete a policy or a group that is in use."""
    def delete_policy(backend, policy_arn):
        policy = backend.get_policy(policy_arn)
        if policy.attachment_count > 0 or len(policy.versions) > 1:
            raise DeleteConflictException("Cannot delete a policy attached to entities, or with other versions.")
        return policies(backend, policy_arn)

    def delete_group(backend, group_name):
        group = backend.groups.get(group_name)
        if group and (group.users or group.policies or group.managed_policies):
            raise DeleteConflictException("Cannot delete entity, must remove users from group, and delete and detach policies first.")
        return groups(backend, group_name)

    policies, groups = IAMBackend.delete_policy, IAMBackend.delete_group
    with mock.patch.object(IAMBackend, "delete_policy", delete_policy), mock.patch.object(IAMBackend, "delete_group", delete_group):
        yield


def failing(report):
    return {ref(found): found["message"] for found in report["findings"] if found["status"] == "fail"}


def ref(found):
    return found["rule"], found["resource"], found["item"], found["name"]


if __name__ == "__main__":
    main()
