"""Compares what sekisho says that changes would make of an account with what they make of it, in moto.

    changes_check.py SEKISHO TRY

are the program and audit/change/internal/try, built. The aws command makes of what Sekisho prints, for changes of all kinds, the calls that they
are, and botocore takes their parameters. Then commands are run in moto, and the account is read again. Each disagreement is printed; the exit status is 1 where there is one.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from unittest import mock

import botocore.session
from botocore.client import BaseClient
from botocore.validate import ParamValidator

from client import SECONDS, Client, told
from people import ADMINISTRATORS, BRANCH, COMPANY, DEVELOPERS, OPERATORS, OTHERS, Key, User, app
from standin import ACCOUNT_ID, READ_REPORTS, TRUST, StandIn
from standin import policy_arn as policy

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "sts:GetSessionToken"],
                                               "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}
# What moto (5.2) can't do: boundaries of users, API keys, access analyzers, instance profiles that were made for EC2, and root users of an organization.
MOTO_LACKS = {"iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "iam:UpdateServiceSpecificCredential", "iam:DeleteServiceSpecificCredential",
              "iam:CreateServiceSpecificCredential", "iam:EnableOrganizationsRootCredentialsManagement", "iam:DisableOrganizationsRootCredentialsManagement",
              "access-analyzer:CreateAnalyzer", "access-analyzer:DeleteAnalyzer"}


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: changes_check.py SEKISHO TRY")
    with StandIn() as moto, tempfile.TemporaryDirectory() as work:
        check = Check(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), moto, work)
        check.parses()
        check.applies()
        moto.reset()
        check.foretells()
    for problem in check.problems:
        print("changes_check:", problem)
    print(f"changes_check: {check.compared} commands and changes compared, {len(check.problems)} disagreements")
    sys.exit(1 if check.problems else 0)


class Check(Client):
    def __init__(self, sekisho, tries, moto, work):
        super().__init__(sekisho, moto, work)
        self.tries = tries
        self.problems, self.compared = [], 0

    def parses(self):
        with open(os.path.join(ROOT, "testdata", "change", "commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
        session = botocore.session.get_session()
        for entry in commands:
            self.compared += 1
            service, operation = entry["action"].split(":")
            shape = session.get_service_model(service.replace("-", "")).operation_model(operation).input_shape
            parameters = {name: value for name, value in entry["parameters"].items() if name != "region"}
            if shape is not None and (faults := ParamValidator().validate(parameters, shape)).has_errors():
                self.problems.append(f"{entry['action']}: botocore refuses {parameters}: {faults.generate_report()}")
            calls = []
            with mock.patch.object(BaseClient, "_make_api_call", lambda _, name, given: calls.append((name, given)) or {}):
                status, said = self.aws_says(entry["command"], entry["files"])
            if status or calls != [(operation, parameters)]:
                self.problems.append(f"{entry['command']}: got exit status {status} of the aws command and the calls {calls}, want {operation} with {parameters}: {said[-300:]}")

    def make(self, commands):
        for entry in commands:
            self.compared += 1
            status, said = self.aws_says(entry["command"], entry["files"])
            if status:
                self.problems.append(f"{entry['command']}: got exit status {status} of moto: {said[-300:]}")

    def applies(self):
        """All kinds that moto knows are applied to a snapshot, and made in moto: nothing may differ then."""
        account = dataclasses.replace(
            OTHERS, users=(*BRANCH.users, *OTHERS.users, User("extra", keys=(Key(40.5), Key(30.5, active=False)), password=True, devices=(app("extra"),), groups=(DEVELOPERS,))),
            groups=(*COMPANY.groups, *OTHERS.groups), unassigned=COMPANY.unassigned, oidc=COMPANY.oidc, saml=COMPANY.saml)
        self.moto.build(account)
        iam = self.moto.client("iam")
        iam.create_instance_profile(InstanceProfileName="machine")
        iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="tagged")
        iam.put_role_policy(RoleName="tagged", PolicyName="own", PolicyDocument=json.dumps(READ_REPORTS))
        iam.create_policy_version(PolicyArn=policy("NoAWSCompromisedKeyQuarantine"), PolicyDocument=json.dumps(READ_REPORTS), SetAsDefault=True)
        before = self.read("before.json")
        changes = of_all_kinds(before)
        with open(os.path.join(ROOT, "testdata", "change", "commands.json"), encoding="utf-8") as file:
            kinds = {entry["action"] for entry in json.load(file)}
        if missing := kinds - MOTO_LACKS - {change["action"] for change in changes}:
            self.problems.append(f"got no changes of the kinds {sorted(missing)}, want some of all that moto knows")
        with open("before.json", encoding="utf-8") as snapshot:
            done = subprocess.run([self.tries, json.dumps(changes), "commands.json"], stdin=snapshot, capture_output=True, text=True, timeout=SECONDS)
        if done.returncode:
            sys.exit(f"changes_check: error: {done.stderr.strip()}")
        with open("commands.json", encoding="utf-8") as file:
            self.make(json.load(file))
        truth = self.read("truth.json")
        with open("applied.json", "w", encoding="utf-8") as file:
            json.dump(named_as_in(json.loads(done.stdout), truth), file)
        self.same("applied.json", "truth.json")

    def same(self, applied, truth):
        diff = json.loads(self.run("diff", applied, truth, "-f", "json"))
        for finding in diff["findings"]:
            if not finding["kind"].startswith("still_"):
                self.problems.append(f"{finding['kind']} in truth: {finding['rule']} of {finding['resource']} {finding['item']}")
        for change in diff["changes"]:
            self.problems.append(f"differs in truth: {change}")
        self.compared += diff["summary"]["still_failing"]

    def foretells(self):
        """What whatif says of changes is what diff says when they are made."""
        self.moto.build(BRANCH)
        for name, document in (("guard", DENY), ("read", READ_REPORTS)):
            with open(f"{name}.json", "w", encoding="utf-8") as file:
                json.dump(document, file)
        with open("strong.json", "w", encoding="utf-8") as file:
            json.dump({"MinimumPasswordLength": 20, "RequireSymbols": True, "MaxPasswordAge": 30, "AllowUsersToChangePassword": True}, file)
        key = self.moto.client("iam").list_access_keys(UserName="root")["AccessKeyMetadata"][0]["AccessKeyId"]
        for number, flags in enumerate((
                ["--attach", f"guard.json=group/{DEVELOPERS}", "--attach", "guard.json=user/*"],
                ["--put", f"read.json=group/{OPERATORS}", "--detach", f"ReadReports=group/{ADMINISTRATORS}"],
                ["--policy", "guard=read.json", "--password-policy", "strong.json"],
                ["--delete-key", key, "--delete-user", "carol", "--detach", "guard=user/*"])):
            said = json.loads(self.run("whatif", *flags, "-f", "json", "--save", f"before-{number}.json"))
            self.make(said["changes"])
            self.read(f"after-{number}.json")
            truth = json.loads(self.run("diff", f"before-{number}.json", f"after-{number}.json", "-f", "json"))
            for what, names in (("findings", ("kind", "rule", "resource", "item")), ("changes", ("area", "kind", "resource", "item"))):
                got, want = told(said["diff"][what], names), told(truth[what], names)
                self.compared += len(want)
                for lack in sorted(want - got):
                    self.problems.append(f"{flags}: got no {what[:-1]} {lack}, want what was made")
                for more in sorted(got - want):
                    self.problems.append(f"{flags}: got the {what[:-1]} {more}, which was not made")


def change(action, **parameters):
    return {"action": action, "parameters": parameters}


def of_all_kinds(snapshot):
    """Changes of all kinds that moto knows, with the IDs that it gave."""
    own = snapshot["per_user"]
    read, deny, trust = json.dumps(READ_REPORTS), json.dumps(DENY), json.dumps(TRUST)
    reports = policy("ReadReports")

    def first(user, section):
        return own[user][section]["value"][0]["id"]

    changes = [
        change("iam:CreatePolicy", PolicyName="new", PolicyDocument=read), change("iam:CreateUser", UserName="new", Path="/machines/"),
        change("iam:CreateGroup", GroupName="new"), change("iam:CreateRole", RoleName="new", AssumeRolePolicyDocument=trust),
        change("iam:CreatePolicyVersion", PolicyArn=reports, PolicyDocument=deny, SetAsDefault=True),
        change("iam:SetDefaultPolicyVersion", PolicyArn=policy("NoAWSCompromisedKeyQuarantine"), VersionId="v1"),
        change("iam:DeletePolicyVersion", PolicyArn=policy("NoAWSCompromisedKeyQuarantine"), VersionId="v2"),
        change("iam:UpdateAssumeRolePolicy", RoleName="bare", PolicyDocument=trust.replace("ec2", "lambda")),
        change("iam:RemoveRoleFromInstanceProfile", InstanceProfileName="machine", RoleName="tagged"),
        change("iam:AttachUserPolicy", UserName="new", PolicyArn=policy("new")), change("iam:DetachUserPolicy", UserName="otto", PolicyArn=reports),
        change("iam:PutUserPolicy", UserName="new", PolicyName="own", PolicyDocument=read), change("iam:DeleteUserPolicy", UserName="otto", PolicyName="own"),
        change("iam:AttachGroupPolicy", GroupName="hollow", PolicyArn=reports), change("iam:DetachGroupPolicy", GroupName="empty", PolicyArn=reports),
        change("iam:PutGroupPolicy", GroupName="new", PolicyName="own", PolicyDocument=deny), change("iam:DeleteGroupPolicy", GroupName=OPERATORS, PolicyName="operate"),
        change("iam:AttachRolePolicy", RoleName="bare", PolicyArn=reports), change("iam:DetachRolePolicy", RoleName="bare", PolicyArn=reports),
        change("iam:PutRolePolicy", RoleName="new", PolicyName="own", PolicyDocument=read), change("iam:DeleteRolePolicy", RoleName="tagged", PolicyName="own"),
        change("iam:PutRolePermissionsBoundary", RoleName="bare", PermissionsBoundary=reports), change("iam:DeleteRolePermissionsBoundary", RoleName="bare"),
        change("iam:PutRolePermissionsBoundary", RoleName="new", PermissionsBoundary=reports),
        change("iam:AddUserToGroup", GroupName="new", UserName="new"), change("iam:RemoveUserFromGroup", GroupName=DEVELOPERS, UserName="extra"),
        change("iam:DeleteLoginProfile", UserName="person"), change("iam:UpdateAccessKey", UserName="ci-test", AccessKeyId=first("ci-test", "access_keys"), Status="Inactive"),
        change("iam:CreateAccessKey", UserName="late"),
        change("iam:DeleteAccessKey", UserName="ci-build", AccessKeyId=first("ci-build", "access_keys")),
        change("iam:UpdateSSHPublicKey", UserName="ci-build", SSHPublicKeyId=first("ci-build", "ssh_public_keys"), Status="Inactive"),
        change("iam:DeleteSSHPublicKey", UserName="ssh", SSHPublicKeyId=first("ssh", "ssh_public_keys")),
        change("iam:UpdateSigningCertificate", UserName="signer", CertificateId=first("signer", "signing_certificates"), Status="Inactive"),
        change("iam:DeleteSigningCertificate", UserName="late", CertificateId=first("late", "signing_certificates")),
        change("iam:DeleteServerCertificate", ServerCertificateName="mail"),
        change("iam:DeactivateMFADevice", UserName="person", SerialNumber=f"arn:aws:iam::{ACCOUNT_ID}:mfa/person"),
        change("iam:DeleteVirtualMFADevice", SerialNumber=f"arn:aws:iam::{ACCOUNT_ID}:mfa/left-behind"),
        change("iam:DeleteUser", UserName="extra"), change("iam:DeleteGroup", GroupName="void"), change("iam:DeleteRole", RoleName="tagged"),
        change("iam:DeletePolicy", PolicyArn=policy("NoAWSCompromisedKeyQuarantine")),
        change("iam:DeleteAccountPasswordPolicy"),
        change("iam:UpdateAccountPasswordPolicy", MinimumPasswordLength=18, RequireSymbols=True, RequireNumbers=False, AllowUsersToChangePassword=True, MaxPasswordAge=60),
        change("iam:DeleteAccountAlias", AccountAlias="others"), change("iam:CreateAccountAlias", AccountAlias="another"),
        change("account:DeleteAlternateContact", AlternateContactType="SECURITY"),
        change("account:PutAlternateContact", AlternateContactType="BILLING", Name="Accounting", Title="-", EmailAddress="new@example.com", PhoneNumber="+81 3 1234 5670"),
    ]
    return changes


def named_as_in(applied, truth):
    """Gives what was made up the IDs and dates that moto gave."""
    for kind, entries in applied["authorization_details"]["value"].items():
        there = {entry["arn"]: entry for entry in truth["authorization_details"]["value"][kind]}
        for entry in entries:
            if "WHATIF" in entry["id"] and entry["arn"] in there:
                for name in ("id", "created"):
                    entry[name] = there[entry["arn"]][name]
                if kind == "users":
                    _rename(applied, entry)
    for name, answers in applied["per_user"].items():
        for key in (answers.get("access_keys") or {}).get("value", ()):
            if "WHATIF" in key["id"]:
                _rekey(applied, name, key, truth["per_user"][name])
    return applied


def _rekey(applied, name, key, truth):
    """Gives a key that was made up the ID and date of the one key of its user that is new."""
    own = applied["per_user"][name]
    known = {entry["id"] for entry in own["access_keys"]["value"]}
    made, = (entry for entry in truth["access_keys"]["value"] if entry["id"] not in known)
    report = applied["credential_report"]["value"]
    report["content"] = "\n".join(row.replace(applied["taken_at"].split(".")[0].removesuffix("Z") + "Z", made["created"]) if row.split(",")[0] == name else row
                                  for row in report["content"].split("\n"))
    if key["id"] in (own.get("access_key_last_used") or {}):
        own["access_key_last_used"][made["id"]] = own["access_key_last_used"].pop(key["id"])
    key.update(id=made["id"], created=made["created"])


def _rename(applied, user):
    applied["per_user"][user["name"]]["id"] = user["id"]
    for listed in applied["users"]["value"]:
        if listed["arn"] == user["arn"]:
            listed["id"], listed["created"] = user["id"], user["created"]
    report = applied["credential_report"]["value"]
    rows = report["content"].split("\n")
    created = rows[0].split(",").index("user_creation_time")
    for number, row in enumerate(rows):
        cells = row.split(",")
        if cells[0] == user["name"]:
            cells[created] = user["created"]
            rows[number] = ",".join(cells)
    report["content"] = "\n".join(rows)


if __name__ == "__main__":
    main()
