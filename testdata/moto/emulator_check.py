"""Checks that programs which know nothing of Sekisho read the emulator as AWS.

    emulator_check.py ENDPOINT SNAPSHOT.json

reads users, credential report, authorization details, virtual MFA devices, account summary, password policy, the credentials and
certificates of other kinds, alternate contacts, regions and access analyzers from ENDPOINT with boto3 and with the aws command, on small
pages and on large ones, and compares them with the snapshot that is served there. It exits with status 1 and says what differs where
they disagree.
"""

import base64
import csv
import datetime
import io
import json
import os
import re
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
LARGEST_PAGES = {"ListRegions": 50}
NOTHING_THERE = ("NoSuchEntity", "ResourceNotFoundException")


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
        except (Disagreement, Refused) as error:
            sys.exit(f"emulator_check: error: {reader.name}: {error}")
    print(f"emulator_check: {len(readers)} readers agree with the snapshot on {len(snapshot['users']['value'])} users")


class Refused(Exception):
    """AWS's error code in place of an answer."""


class Boto3:
    """Reads with boto3."""

    def __init__(self, endpoint, page_size):
        self.name = f"boto3 with pages of {page_size}"
        self.page_size = page_size
        self.endpoint = endpoint
        self.clients = {}

    def client(self, service, region):
        if (service, region) not in self.clients:
            self.clients[service, region] = boto3.client(service, region_name=region, endpoint_url=self.endpoint)
        return self.clients[service, region]

    def call(self, operation, service="iam", region="us-east-1", **parameters):
        try:
            return getattr(self.client(service, region), snake(operation))(**parameters)
        except botocore.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            if code in NOTHING_THERE:
                return None
            raise Refused(code) from error

    def pages(self, operation, service="iam", region="us-east-1", **parameters):
        page_size = min(self.page_size, LARGEST_PAGES.get(operation, self.page_size))
        paginator = self.client(service, region).get_paginator(snake(operation))
        try:
            pages = list(paginator.paginate(PaginationConfig={"PageSize": page_size}, **parameters))
        except botocore.exceptions.ClientError as error:
            raise Refused(error.response["Error"]["Code"]) from error
        for page in pages:
            items = sum(len(value) for value in page.values() if isinstance(value, list))
            if items > page_size:
                raise Disagreement(f"{operation}: got a page of {items} items")
        merged = {}
        for page in pages:
            for key, value in page.items():
                if isinstance(value, list):
                    merged.setdefault(key, []).extend(value)
        wanted = max(1, -(-sum(map(len, merged.values())) // page_size))
        if len(pages) != wanted:
            raise Disagreement(f"{operation}: got {len(pages)} pages, want {wanted}")
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

    def call(self, operation, service="iam", region="us-east-1", **parameters):
        return self.run(operation, service, region, parameters)

    def pages(self, operation, service="iam", region="us-east-1", **parameters):
        page_size = min(self.page_size, LARGEST_PAGES.get(operation, self.page_size))
        return self.run(operation, service, region, parameters, "--page-size", str(page_size))

    def run(self, operation, service, region, parameters, *options):
        command = ["aws", "--endpoint-url", self.endpoint, "--region", region, "--output", "json", service, snake(operation).replace("_", "-")]
        for name, value in parameters.items():
            option = "--" + snake(name).replace("_", "-")
            command += [option] if value is True else [option, value]
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=900)
        if done.returncode == 0:
            return json.loads(done.stdout)
        code = re.search(r"\((\w+)\) when calling", done.stderr)
        if code is None:
            raise Disagreement(f"{operation}: {done.stderr.strip()}")
        if code[1] in NOTHING_THERE:
            return None
        raise Refused(code[1])

    def report(self):
        answer = self.call("GetCredentialReport")
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
    other_credentials(reader, snapshot)
    rest_of_the_account(reader, snapshot)


def other_credentials(reader, snapshot):
    """Compares what is neither a password, nor an access key, nor an MFA device."""
    same(reader, "list-service-specific-credentials",
         [{"id": c["ServiceSpecificCredentialId"], "user": c["UserName"], "service": c["ServiceName"], "status": c["Status"],
           "created": when(c["CreateDate"]), "expires": when(c.get("ExpirationDate")), "login": c.get("ServiceUserName"),
           "alias": c.get("ServiceCredentialAlias")}
          for c in reader.call("ListServiceSpecificCredentials", AllUsers=True)["ServiceSpecificCredentials"]],
         [{"id": c["id"], "user": c["user"], "service": c["service"], "status": c["status"], "created": when(c["created"]),
           "expires": when(c.get("expires")), "login": None if c.get("api_key") else c["name"], "alias": c["name"] if c.get("api_key") else None}
          for c in snapshot["service_specific_credentials"]["value"]])
    same(reader, "list-server-certificates",
         [{"name": c["ServerCertificateName"], "id": c["ServerCertificateId"], "arn": c["Arn"], "path": c["Path"],
           "uploaded": when(c["UploadDate"]), "expires": when(c["Expiration"])}
          for c in reader.pages("ListServerCertificates")["ServerCertificateMetadataList"]],
         [c | {"uploaded": when(c["uploaded"]), "expires": when(c["expires"])} for c in snapshot["server_certificates"]["value"]])
    # The first user who has none, and those who have some: each is a run of the command.
    per_user = snapshot["per_user"]
    for name in [next(iter(per_user))] + [n for n, a in per_user.items() if a["ssh_public_keys"]["value"] or a["signing_certificates"]["value"]]:
        same(reader, f"list-ssh-public-keys of {name}",
             [{"id": k["SSHPublicKeyId"], "status": k["Status"], "uploaded": when(k["UploadDate"])}
              for k in reader.pages("ListSSHPublicKeys", UserName=name).get("SSHPublicKeys", [])],
             [k | {"uploaded": when(k["uploaded"])} for k in per_user[name]["ssh_public_keys"]["value"]])
        same(reader, f"list-signing-certificates of {name}",
             [{"id": c["CertificateId"], "status": c["Status"], "uploaded": when(c["UploadDate"]), "body": c["CertificateBody"]}
              for c in reader.pages("ListSigningCertificates", UserName=name).get("Certificates", [])],
             [c | {"uploaded": when(c["uploaded"])} for c in per_user[name]["signing_certificates"]["value"]])


def rest_of_the_account(reader, snapshot):
    """Compares the organization's features, the contacts, the regions and the analyzers in some of them."""
    features = snapshot["organizations_features"]["value"]
    try:
        got = reader.call("ListOrganizationsFeatures").get("EnabledFeatures", [])
    except Refused as refusal:
        got = str(refusal)
    same(reader, "list-organizations-features", got, features.get("refusal") or features["enabled"])

    for kind in "security", "billing", "operations":
        got = reader.call("GetAlternateContact", service="account", AlternateContactType=kind.upper())
        if got is not None:
            got = got["AlternateContact"]
            got = {"name": got["Name"], "title": got["Title"], "email": got["EmailAddress"], "phone": got["PhoneNumber"]}
        same(reader, f"get-alternate-contact of {kind}", got, snapshot[kind + "_contact"]["value"])

    regions = snapshot["access_analyzers"]["value"]["regions"]
    same(reader, "list-regions", [{"name": r["RegionName"], "state": r["RegionOptStatus"]} for r in reader.pages("ListRegions", service="account")["Regions"]],
         regions)
    by_region = snapshot["access_analyzers"]["value"]["by_region"]
    for region in [r for r in sorted(by_region) if by_region[r]["value"]] + [next(r for r in sorted(by_region) if not by_region[r]["value"])]:
        same(reader, f"list-analyzers in {region}",
             [{"arn": a["arn"], "name": a["name"], "type": a["type"], "status": a["status"], "created": when(a["createdAt"]), "tags": a["tags"]}
              for a in reader.pages("ListAnalyzers", service="accessanalyzer", region=region).get("analyzers", [])],
             [a | {"created": when(a["created"]), "tags": {t["key"]: t["value"] for t in a["tags"]}} for a in by_region[region]["value"]])
    disabled = next(r["name"] for r in regions if r["state"] == "DISABLED")
    try:
        got = reader.pages("ListAnalyzers", service="accessanalyzer", region=disabled)
    except Refused as refusal:
        got = str(refusal)
    same(reader, f"list-analyzers in {disabled}", got, "UnrecognizedClientException")


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
    """GetAccountSummary is get_account_summary; MFA and SSH stay one word."""
    operation = operation.replace("MFA", "Mfa").replace("SSH", "Ssh")
    return "".join("_" + c.lower() if c.isupper() else c for c in operation).lstrip("_")


def same(reader, what, got, want):
    if got == want:
        return
    if isinstance(got, list) and isinstance(want, list):
        if len(got) != len(want):
            raise Disagreement(f"{what}: got {len(got)} entries, the snapshot has {len(want)}")
        got, want = next((g, w) for g, w in zip(got, want) if g != w)
    raise Disagreement(f"{what}:\n  got      {got}\n  snapshot {want}")


if __name__ == "__main__":
    main()
