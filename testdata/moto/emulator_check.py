"""Checks that programs which know nothing of Sekisho read the emulator as AWS.

    emulator_check.py ENDPOINT SNAPSHOT.json

reads users, credential report, authorization details, virtual MFA devices, account summary and password policy from ENDPOINT with
boto3 and with the aws command, on small pages and on large ones, and compares them with the snapshot that is served there. It exits
with status 1 and says what differs where they disagree.
"""

import base64
import csv
import datetime
import io
import json
import os
import subprocess
import sys
import tempfile

import boto3
import botocore.exceptions

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_PAGER": "",
}
PAGE_SIZES = (3, 1000)


class Disagreement(Exception):
    """A reader got something else than the snapshot says."""


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: emulator_check.py ENDPOINT SNAPSHOT.json")
    endpoint, name = sys.argv[1:]
    with open(name, encoding="utf-8") as file:
        snapshot = json.load(file)
    with tempfile.TemporaryDirectory() as empty:
        # Profiles and keys of whoever runs this must not matter.
        for key in [key for key in os.environ if key.startswith("AWS_")]:
            del os.environ[key]
        os.environ.update(ENVIRONMENT)
        os.environ["AWS_CONFIG_FILE"] = os.path.join(empty, "config")
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.path.join(empty, "credentials")
        readers = [Boto3(endpoint, size) for size in PAGE_SIZES] + [Command(endpoint, size) for size in PAGE_SIZES]
        try:
            for reader in readers:
                check(reader, snapshot)
        except Disagreement as error:
            sys.exit(f"emulator_check: error: {error}")
    print(f"emulator_check: {len(readers)} readers agree with the snapshot on {len(snapshot['users']['value'])} users")


class Boto3:
    """Reads with boto3."""

    def __init__(self, endpoint, page_size):
        self.name = f"boto3 with pages of {page_size}"
        self.page_size = page_size
        self.client = boto3.client("iam", endpoint_url=endpoint)

    def call(self, operation):
        try:
            return getattr(self.client, snake(operation))()
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchEntity":
                return None
            raise Disagreement(f"{self.name}: {operation}: {error}") from error

    def pages(self, operation):
        paginator = self.client.get_paginator(snake(operation))
        pages = list(paginator.paginate(PaginationConfig={"PageSize": self.page_size}))
        for page in pages:
            items = sum(len(value) for value in page.values() if isinstance(value, list))
            if items > self.page_size:
                raise Disagreement(f"{self.name}: {operation}: got a page of {items} items")
        merged = {}
        for page in pages:
            for key, value in page.items():
                if isinstance(value, list):
                    merged.setdefault(key, []).extend(value)
        wanted = max(1, -(-sum(map(len, merged.values())) // self.page_size))
        if len(pages) != wanted:
            raise Disagreement(f"{self.name}: {operation}: got {len(pages)} pages, want {wanted}")
        return merged

    def report(self):
        answer = self.call("GetCredentialReport")
        return answer["Content"].decode(), answer["GeneratedTime"]


class Command:
    """Reads with the aws command."""

    def __init__(self, endpoint, page_size):
        self.name = f"the aws command with pages of {page_size}"
        self.page_size = page_size
        self.endpoint = endpoint

    def run(self, operation, *options):
        command = ["aws", "--endpoint-url", self.endpoint, "--output", "json", "iam", snake(operation).replace("_", "-"), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            if "(NoSuchEntity)" in done.stderr:
                return None
            raise Disagreement(f"{self.name}: {operation}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def call(self, operation):
        return self.run(operation)

    def pages(self, operation):
        return self.run(operation, "--page-size", str(self.page_size))

    def report(self):
        answer = self.run("GetCredentialReport")
        return base64.b64decode(answer["Content"]).decode(), answer["GeneratedTime"]


def check(reader, snapshot):
    """Reads all that a reader can read and compares it."""
    same(reader, "list-users", [user(u) for u in reader.pages("ListUsers")["Users"]],
         [{"name": u["name"], "id": u["id"], "arn": u["arn"], "path": u["path"], "created": when(u["created"]),
           "password_last_used": when(u.get("password_last_used"))} for u in snapshot["users"]["value"]])

    content, generated = reader.report()
    report = snapshot["credential_report"]["value"]
    same(reader, "get-credential-report", content, report["content"])
    same(reader, "get-credential-report: GeneratedTime", when(generated), when(report["generated_at"]))
    rows = list(csv.DictReader(io.StringIO(content)))
    same(reader, "get-credential-report: rows", [row["user"] for row in rows[:1]], ["<root_account>"])

    authorization_details(reader, reader.pages("GetAccountAuthorizationDetails"), snapshot["authorization_details"]["value"])

    same(reader, "list-virtual-mfa-devices",
         [{"serial": d["SerialNumber"], "since": when(d.get("EnableDate")), "owner": user(d["User"]) if "User" in d else None}
          for d in reader.pages("ListVirtualMFADevices")["VirtualMFADevices"]],
         [{"serial": d["serial"], "since": when(d.get("enabled_since")), "owner": owner(d.get("owner"))}
          for d in snapshot["virtual_mfa_devices"]["value"]])

    same(reader, "get-account-summary", reader.call("GetAccountSummary")["SummaryMap"], snapshot["account_summary"]["value"])
    password_policy(reader, reader.call("GetAccountPasswordPolicy"), snapshot["password_policy"]["value"])


def authorization_details(reader, got, want):
    """Compares the four lists of the authorization details."""
    where = "get-account-authorization-details: "
    same(reader, where + "users",
         [entity(u, "User") | inline(u.get("UserPolicyList", [])) | attached(u) | boundary(u) |
          {"groups": u["GroupList"], "tags": u.get("Tags", [])} for u in got["UserDetailList"]],
         [known(u) | inline(u["inline_policies"]) | attached(u) | {"boundary": u.get("permissions_boundary")} |
          {"groups": u["groups"], "tags": tags(u)} for u in want["users"]])
    same(reader, where + "groups",
         [entity(g, "Group") | inline(g["GroupPolicyList"]) | attached(g) for g in got["GroupDetailList"]],
         [known(g) | inline(g["inline_policies"]) | attached(g) for g in want["groups"]])
    same(reader, where + "roles",
         [entity(r, "Role") | inline(r["RolePolicyList"]) | attached(r) | boundary(r) |
          {"trust": document(r["AssumeRolePolicyDocument"]), "tags": r.get("Tags", []),
           "used": when(r.get("RoleLastUsed", {}).get("LastUsedDate")), "region": r.get("RoleLastUsed", {}).get("Region"),
           "profiles": [p["InstanceProfileName"] for p in r["InstanceProfileList"]]} for r in got["RoleDetailList"]],
         [known(r) | inline(r["inline_policies"]) | attached(r) | {"boundary": r.get("permissions_boundary")} |
          {"trust": document(r["trust_policy"]), "tags": tags(r), "used": when(r.get("last_used")), "region": r.get("last_used_region"),
           "profiles": [p["name"] for p in r["instance_profiles"]]} for r in want["roles"]])
    same(reader, where + "policies",
         [entity(p, "Policy") | {"default": p["DefaultVersionId"], "attachments": p["AttachmentCount"], "updated": when(p["UpdateDate"]),
                                 "versions": [(v["VersionId"], v["IsDefaultVersion"], document(v["Document"])) for v in p["PolicyVersionList"]]}
          for p in got["Policies"]],
         [known(p) | {"default": p["default_version"], "attachments": p["attachment_count"], "updated": when(p["updated"]),
                      "versions": [(v["id"], v["default"], document(v["document"])) for v in p["versions"]]}
          for p in want["policies"]])


def password_policy(reader, got, want):
    """Compares the password policy; both are None where there is none."""
    if got is not None:
        got = got["PasswordPolicy"]
        got = {
            "minimum_password_length": got["MinimumPasswordLength"],
            "require_uppercase": got["RequireUppercaseCharacters"],
            "require_lowercase": got["RequireLowercaseCharacters"],
            "require_symbols": got["RequireSymbols"],
            "require_numbers": got["RequireNumbers"],
            "allow_users_to_change_password": got["AllowUsersToChangePassword"],
            "expire_passwords": got["ExpirePasswords"],
            "max_password_age_days": got.get("MaxPasswordAge", 0),
            "password_reuse_prevention": got.get("PasswordReusePrevention", 0),
            "hard_expiry": got.get("HardExpiry", False),
        }
    same(reader, "get-account-password-policy", got, want)


def user(u):
    """A user of a list. Root has neither name nor path."""
    return {"name": u.get("UserName"), "id": u["UserId"], "arn": u["Arn"], "path": u.get("Path"), "created": when(u.get("CreateDate")),
            "password_last_used": when(u.get("PasswordLastUsed"))}


def owner(o):
    """The owner of a virtual MFA device, as the snapshot has him."""
    if o is None:
        return None
    return {"name": o.get("name"), "id": o["id"], "arn": o["arn"], "path": o.get("path"), "created": when(o.get("created")),
            "password_last_used": when(o.get("password_last_used"))}


def entity(e, kind):
    return {"name": e[kind + "Name"], "id": e[kind + "Id"], "arn": e["Arn"], "path": e["Path"], "created": when(e["CreateDate"])}


def known(e):
    return {"name": e["name"], "id": e["id"], "arn": e["arn"], "path": e["path"], "created": when(e["created"])}


def inline(policies):
    return {"inline": [(p.get("PolicyName", p.get("name")), document(p.get("PolicyDocument", p.get("document")))) for p in policies]}


def attached(e):
    policies = e.get("AttachedManagedPolicies", e.get("attached_policies"))
    return {"attached": [(p.get("PolicyName", p.get("name")), p.get("PolicyArn", p.get("arn"))) for p in policies]}


def boundary(e):
    return {"boundary": e.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")}


def tags(e):
    return [{"Key": t["key"], "Value": t["value"]} for t in e["tags"]]


def document(value):
    """A policy document as data: botocore decodes and parses it, the snapshot has its text."""
    return json.loads(value) if isinstance(value, str) else value


def when(value):
    """A time, from text or not, or None."""
    if value is None or isinstance(value, datetime.datetime):
        return value
    return datetime.datetime.fromisoformat(value)


def snake(operation):
    """GetAccountSummary is get_account_summary; MFA stays one word."""
    operation = operation.replace("MFA", "Mfa")
    return "".join("_" + c.lower() if c.isupper() else c for c in operation).lstrip("_")


def same(reader, what, got, want):
    if got == want:
        return
    if isinstance(got, list) and isinstance(want, list):
        if len(got) != len(want):
            raise Disagreement(f"{reader.name}: {what}: got {len(got)} entries, the snapshot has {len(want)}")
        got, want = next((g, w) for g, w in zip(got, want) if g != w)
    raise Disagreement(f"{reader.name}: {what}:\n  got      {got}\n  snapshot {want}")


if __name__ == "__main__":
    main()
