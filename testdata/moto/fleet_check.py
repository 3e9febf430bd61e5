"""Audits an organization in moto and keeps the run in moto's S3: the report is that of a run in a folder, and what boto3 sees of the bucket is what was
written, once. What the manifest says of Identity Center and of delegated administrators is what boto3 made.

    fleet_check.py SEKISHO

is the program, built. Each difference is printed; the exit status is 1 where there is one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile

from botocore.exceptions import ClientError

from people import Account, Group, Key, User, app
from sekisho import CLEAN, FAILED, FINDING
from standin import ACCOUNT_ID, KEYS, REGION, StandIn

BUCKET, PREFIX = "example-runs", "fleet/today"
USAGE = 2
MEMBERS = 5


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: fleet_check.py SEKISHO")
    problems = []
    with StandIn() as moto, tempfile.TemporaryDirectory() as home:
        program = Program(os.path.abspath(sys.argv[1]), moto.endpoint, home)
        accounts = organization(moto)
        made = identity_center(moto, accounts)
        s3 = moto.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        check(problems, program, s3, accounts)
        check_center(problems, program, made)
    for problem in problems:
        print("fleet_check:", problem)
    print(f"fleet_check: {len(accounts)} accounts audited into a bucket and into a folder, {len(problems)} problems")
    sys.exit(1 if problems else 0)


def organization(moto):
    """The accounts of an organization, each with users of its own."""
    client = moto.client("organizations")
    client.create_organization(FeatureSet="ALL")
    accounts = [ACCOUNT_ID]
    for number in range(MEMBERS - 1):
        status = client.create_account(Email=f"member-{number}@example.com", AccountName=f"member-{number}")["CreateAccountStatus"]
        accounts.append(status["AccountId"])
    for number, account in enumerate(accounts):
        name = f"person-{number}"
        moto.build(Account(users=(User(name, password=True, signed_in=0.5, devices=(app(name),) if number % 2 else (), keys=(Key(200.5, used=0.5),),
                                       groups=("people",)),), groups=(Group("people"),)), account)
    return accounts


def identity_center(moto, accounts):
    """A delegated administrator, and somebody in a group that has a permission set in two accounts, as the manifest should tell it."""
    moto.client("organizations").register_delegated_administrator(AccountId=accounts[1], ServicePrincipal="guardduty.amazonaws.com")
    sso, store = moto.client("sso-admin"), moto.client("identitystore")
    instance = sso.list_instances()["Instances"][0]
    of = {"InstanceArn": instance["InstanceArn"]}
    chosen = of | {"PermissionSetArn": sso.create_permission_set(Name="Admin", SessionDuration="PT4H", **of)["PermissionSet"]["PermissionSetArn"]}
    sso.attach_managed_policy_to_permission_set(ManagedPolicyArn="arn:aws:iam::aws:policy/AdministratorAccess", **chosen)
    sso.attach_customer_managed_policy_reference_to_permission_set(CustomerManagedPolicyReference={"Name": "deploy", "Path": "/ci/"}, **chosen)
    sso.put_inline_policy_to_permission_set(InlinePolicy=json.dumps({"Version": "2012-10-17", "Statement": []}), **chosen)
    at = {"IdentityStoreId": instance["IdentityStoreId"]}
    user = store.create_user(UserName="alice", DisplayName="Alice", Name={"GivenName": "A", "FamilyName": "B"}, **at)["UserId"]
    group = store.create_group(DisplayName="admins", **at)["GroupId"]
    store.create_group_membership(GroupId=group, MemberId={"UserId": user}, **at)
    for account in accounts[:2]:
        sso.create_account_assignment(TargetId=account, TargetType="AWS_ACCOUNT", PrincipalType="GROUP", PrincipalId=group, **chosen)
    return {
        "delegates": [(accounts[1], ["guardduty.amazonaws.com"])],
        "sets": [("Admin", "PT4H", ["arn:aws:iam::aws:policy/AdministratorAccess"], ["/ci/deploy"], True)],
        "users": [(user, "alice")], "groups": [(group, "admins", [user])],
        "assignments": sorted((account, chosen["PermissionSetArn"], "GROUP", group) for account in accounts[:2]),
    }


def check_center(problems, program, made):
    """Compares the manifest of the run in a folder with what was made. moto knows no permissions boundaries of permission sets."""
    with open(os.path.join(program.home, "run", "manifest.json"), encoding="utf-8") as file:
        read = json.JSONDecoder().raw_decode(file.read())[0]["organization"]
    instance = read["identity_center"]["value"]["instances"][0]
    got = {
        "delegates": [(d["id"], d["services"]) for d in read["delegated_administrators"]["value"]],
        "sets": [(p["name"], p["session_duration"], p["managed_policies"], p["customer_managed_policies"], "inline_policy" in p)
                 for p in instance["permission_sets"]["value"]],
        "users": [(u["id"], u["name"]) for u in instance["users"]["value"]],
        "groups": [(g["id"], g["name"], g["members"]) for g in instance["groups"]["value"]],
        "assignments": sorted((a["account_id"], a["permission_set_arn"], a["principal_type"], a["principal_id"]) for a in instance["assignments"]["value"]),
    }
    problems += [f"{what}: got {got[what]} in the manifest, want {made[what]} as boto3 made them" for what in made if got[what] != made[what]]
    unread = {gap["action"] for gap in read["gaps"]}
    if not unread <= {"sso:GetPermissionsBoundaryForPermissionSet", "organizations:DescribeResourcePolicy", "iam:ListOrganizationsFeatures"}:
        problems.append(f"got the gaps {sorted(unread)}, want none but of what moto lacks")


class Program:
    """The program, for one caller."""

    def __init__(self, binary, endpoint, home):
        self.binary, self.home = binary, home
        self.environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": home, "NO_PROXY": "127.0.0.1", "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1], "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.path.join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE": os.path.join(home, "credentials"), "JOB": PREFIX.split("/")[1],
        }

    def run(self, *arguments, **more):
        return subprocess.run([self.binary, "fleet", *arguments], env=self.environment | more, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=900)


def check(problems, program, s3, accounts):
    def want(status, *arguments, says="", **more):
        done = program.run(*arguments, **more)
        if done.returncode != status or says not in done.stderr:
            problems.append(f"{arguments}: got exit status {done.returncode} and {done.stderr.strip()}, want {status} and {says!r}")
        return done

    def merged(*arguments):
        want(FINDING, "merge", *arguments, "-q", "-o", "fleet.json")
        with open(os.path.join(program.home, "fleet.json"), encoding="utf-8") as file:
            report = json.load(file)
        os.remove(os.path.join(program.home, "fleet.json"))
        for row in report["accounts"]:
            row.pop("taken_at", None)
        return report

    where = f"s3://{BUCKET}/{PREFIX}"
    want(CLEAN, "plan", "-o", f"s3://{BUCKET}/fleet/{{env:JOB}}", "--shards", "2")
    want(CLEAN, "run", where, "--shard", "auto", JOB_COMPLETION_INDEX="0")
    want(CLEAN, "run", where, "--shard", "auto", JOB_COMPLETION_INDEX="1")
    in_bucket = merged(where, "--wait", "1h")
    before = objects(s3)
    want(CLEAN, "plan", "-o", where, "--shards", "2", "--reuse")
    want(CLEAN, "run", where)
    want(USAGE, "plan", "-o", where, says="holds the manifest of the run")
    want(FAILED, "merge", "s3://no-such-bucket/x", says="opening s3://no-such-bucket/x")
    if objects(s3) != before:
        problems.append("got other objects after the run was run again, want those that were there")

    want(CLEAN, "plan", "-o", "run")
    want(CLEAN, "run", "run")
    in_folder = merged("run")
    for key in "accounts", "summary", "rules", "people", "foreign_objects":
        if in_bucket[key] != in_folder[key]:
            problems.append(f"{key}: got {in_bucket[key]} in a bucket, want {in_folder[key]} as in a folder")
    if in_bucket["summary"]["audited"] != len(accounts) or in_bucket["storage"]["place"] != where or "storage" in in_folder:
        problems.append(f"got {in_bucket['summary']} and {in_bucket.get('storage')}, want {len(accounts)} accounts audited, kept in {where}")

    for account in accounts:
        keys = [key for key in before if f"/{account}" in key]
        if len(keys) != 2 or f"{PREFIX}/accounts/{account}.json.gz" not in keys:
            problems.append(f"{account}: got the objects {keys}, want its snapshot and its report")
    for key, stored in before.items():
        if (problem := broken(key, stored)):
            problems.append(f"{key}: {problem}")

    # Somebody who may write there: what they change is believed by nobody.
    victim = f"{PREFIX}/accounts/{accounts[1]}.json.gz"
    s3.put_object(Bucket=BUCKET, Key=victim, Body=before[f"{PREFIX}/accounts/{accounts[2]}.json.gz"])
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}/accounts/some body+%.json.gz", Body=b"x")
    tampered = merged(where)
    if tampered["summary"]["unknown"] != 1 or tampered["accounts"][0]["id"] != accounts[1] or "not believed" not in tampered["accounts"][0]["message"]:
        problems.append(f"got {tampered['summary']} and {tampered['accounts'][0]}, want the account unknown whose object is another's")
    if tampered["foreign_objects"] != ["accounts/some body+%.json.gz"]:
        problems.append(f"got the foreign objects {tampered['foreign_objects']}, want the one")
    try:
        s3.put_object(Bucket=BUCKET, Key=victim, Body=b"x", IfNoneMatch="*")
        problems.append("got an object written over by boto3 with If-None-Match, want moto to refuse it: nothing above proves anything then")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


def objects(s3):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 3})
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def broken(key, stored):
    """What is wrong with an object: its last line tells the length and the SHA-256 of what is before it."""
    text = gzip.decompress(stored) if key.endswith(".gz") else stored
    content, seal = text.removesuffix(b"\n").rsplit(b"\n", 1)
    want = f"{len(content)} {hashlib.sha256(content).hexdigest()}"
    json.loads(content)
    return "" if seal.decode() == want else f"got the last line {seal!r}, want {want}"


if __name__ == "__main__":
    main()
