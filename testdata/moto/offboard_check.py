"""Offboards people of an account in moto: what sekisho offboard says of each way in, and what the script of --plan leaves behind.

    offboard_check.py SEKISHO

is the program, built. Each disagreement is printed; the exit status is 1 where there is one. moto (5.2) lacks service-specific credentials, so
nobody in it can be told to be without a way in: such a user is unknown.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from unittest import mock

from moto.iam.models import IAMBackend

from certificate import pem
from standin import ACCOUNT_ID, KEYS, READ_REPORTS, REGION, StandIn

SECONDS = 900
ACTIVE, UNKNOWN, GONE, NOT_FOUND = "active", "unknown", "gone", "not_found"
STATUS = {ACTIVE: 3, UNKNOWN: 4, NOT_FOUND: 4, GONE: 0}
PASSWORD = "Correct-Horse-Battery-1"
DENIAL = "sekisho-offboard-deny-all"
SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 check"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: offboard_check.py SEKISHO")
    with StandIn() as moto, tempfile.TemporaryDirectory() as work:
        check = Check(os.path.abspath(sys.argv[1]), moto, work)
        check.run()
    for problem in check.problems:
        print("offboard_check:", problem)
    print(f"offboard_check: {check.compared} answers compared, {len(check.problems)} disagreements")
    sys.exit(1 if check.problems else 0)


class Check:
    def __init__(self, binary, moto, work):
        self.binary, self.moto, self.work = binary, moto, work
        self.iam = moto.client("iam")
        self.problems, self.compared = [], 0

    def run(self):
        self.iam.create_group(GroupName="staff", Path="/people/")
        self.iam.put_group_policy(GroupName="staff", PolicyName="read", PolicyDocument=json.dumps(READ_REPORTS))
        self.policy = self.iam.create_policy(PolicyName="reports", PolicyDocument=json.dumps(READ_REPORTS))["Policy"]["Arn"]
        parts = {name: make for name, make in vars(Parts).items() if not name.startswith("_")}
        ways = {name.replace("_", "-"): make.__func__ for name, make in parts.items()}
        makes = {name: [make] for name, make in ways.items()}
        # The session leaves an inactive key behind, and AWS allows two keys.
        makes["everything"] = [make for way, make in ways.items() if way != "inactive-key"]
        for name, list_of in makes.items():
            self.iam.create_user(UserName=name, Path="/people/tokyo/", Tags=[{"Key": "owner", "Value": f"{name}@example.com"}])
            for make in list_of:
                make(self, name)
        self.iam.create_user(UserName="stays")
        self.iam.create_login_profile(UserName="stays", Password=PASSWORD)

        expected = {"stay": (NOT_FOUND, [])}
        for name, list_of in makes.items():
            ways = sorted(way for make in list_of for way in WAYS[make.__name__])
            for query in (name, name.upper(), f"{name.title()}@example.com"):
                expected[query] = (ACTIVE if ways else UNKNOWN, ways)
        self.expect(expected)
        self.expect({"nothing": (UNKNOWN, [])})

        # The aws command takes a second for each call, so the script has a few of them to remove.
        leaving = ["everything", "password", "role-trust"]
        self.plan(leaving, sorted({*makes, "stays"} - set(leaving)))
        self.without(leaving)

    def without(self, names):
        """Looks for those who were removed: with proof they are gone, save those whom a role trusts; without it they are not found."""
        since = ("--since", os.path.join(self.work, "since.json"))
        trusting = [role["RoleName"] for role in self.iam.list_roles()["Roles"]]
        trusted = (ACTIVE, ["role-trust"])
        self.expect({name: trusted if f"trusts-{name}" in trusting else (GONE, []) for name in names}, *since)
        self.expect({name: trusted if f"trusts-{name}" in trusting else (NOT_FOUND, []) for name in names})
        for name in trusting:
            self.iam.delete_role(RoleName=name)
        self.expect({name: (GONE, []) for name in names}, *since)
        # A namesake is a user of his own.
        self.iam.create_user(UserName="password")
        self.iam.create_login_profile(UserName="password", Password=PASSWORD)
        report = self.expect({"PASSWORD": (ACTIVE, ["password"])}, *since)
        if not report["people"][0]["accounts"][0].get("namesake"):
            self.problems.append("got no namesake for the user who was made anew, want one")

    def plan(self, names, stay):
        """Runs the script that removes them all: to see that it does nothing, with a user who can't be deleted, then twice, for it may be run again."""
        script = os.path.join(self.work, "plan.sh")
        self.sekisho(*names, "--plan", script, "--save", os.path.join(self.work, "since.json"))
        before = self.users()
        self.script(script)
        if self.users() != before:
            self.problems.append("got users removed without --yes, want none")
        left = {}

        def delete_user(backend, user_name):
            user = backend.users[user_name]
            left[user_name] = {
                "keys": user.access_keys, "password": user.password, "devices": user.mfa_devices, "SSH keys": user.ssh_public_keys,
                "certificates": user.signing_certificates, "inline policies": user.policies, "policies": user.managed_policies,
                "groups": [group.name for group in backend.groups.values() if user in group.users],
            }
            return original(backend, user_name)

        original = IAMBackend.delete_user
        held = names[0]
        self.iam.put_user_policy(UserName=held, PolicyName="later", PolicyDocument=json.dumps(READ_REPORTS))
        with mock.patch.object(IAMBackend, "delete_user", delete_user):
            self.script(script, "--yes", status=1)
            self.same("the users who are left beside one who can't be deleted", self.users(), sorted([held, *stay]))
            self.same("the inline policies of one who can't be deleted", sorted(self.iam.list_user_policies(UserName=held)["PolicyNames"]), ["later", DENIAL])
            self.iam.delete_user_policy(UserName=held, PolicyName="later")
            self.script(script, "--yes")
        for name, things in left.items():
            for what, value in things.items():
                if value:
                    self.problems.append(f"got {what} of {name} when he was deleted, want none: {value}")
        self.same("those who were deleted", sorted(left), sorted(names))
        self.same("the users who are left", self.users(), stay)
        serials = [device["SerialNumber"] for device in self.iam.list_virtual_mfa_devices()["VirtualMFADevices"]]
        self.same("the devices that are left of them", [serial for serial in serials if serial.split("/")[-1] in names], [])
        self.script(script, "--yes")
        self.same("the users after the second run", self.users(), stay)

    def same(self, what, got, want):
        self.compared += 1
        if got != want:
            self.problems.append(f"got {got} for {what}, want {want}")

    def expect(self, people, *arguments):
        """Looks for people at once and compares the verdict on each, and his ways in, with those wanted: {name: (verdict, kinds)}."""
        status, report = self.sekisho(*people, *arguments)
        for person in report["people"]:
            got = person["verdict"], sorted(way["kind"] for way in person["ways_in"])
            self.same(person["query"], got, people[person["query"]])
        self.same(f"the exit status for {', '.join(people)}", status, next(STATUS[v] for v in (ACTIVE, UNKNOWN, NOT_FOUND, GONE) if v in dict(people.values())))
        return report

    def users(self):
        return sorted(user["UserName"] for user in self.iam.list_users()["Users"])

    def sekisho(self, *arguments):
        done = subprocess.run([self.binary, "offboard", "--format", "json", *arguments], env=self.environment(), cwd=self.work,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        if not done.stdout:
            sys.exit(f"offboard_check: error: sekisho gave no answer, and exit status {done.returncode}: {done.stderr.strip()}")
        return done.returncode, json.loads(done.stdout)

    def script(self, *arguments, status=0):
        done = subprocess.run(["sh", *arguments], env=self.environment(), cwd=self.work, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        self.same(f"the exit status of {' '.join(arguments[1:]) or 'the script'}: {done.stderr}", done.returncode, status)

    def environment(self):
        return {
            "PATH": os.environ.get("PATH", ""), "HOME": self.work, "NO_PROXY": "127.0.0.1", "AWS_ENDPOINT_URL": self.moto.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1], "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.path.join(self.work, "config"), "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.work, "credentials"),
        }


class Parts:
    """What a user may have, each made for a user of a name."""

    @staticmethod
    def nothing(check, name):
        pass

    @staticmethod
    def password(check, name):
        check.iam.create_login_profile(UserName=name, Password=PASSWORD)

    @staticmethod
    def access_key(check, name):
        check.iam.create_access_key(UserName=name)

    @staticmethod
    def inactive_key(check, name):
        key = check.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        check.iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")

    @staticmethod
    def session(check, name):
        key = check.iam.create_access_key(UserName=name)["AccessKey"]
        check.moto.client("sts", (key["AccessKeyId"], key["SecretAccessKey"])).get_caller_identity()
        check.iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")

    @staticmethod
    def mfa_device(check, name):
        serial = check.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        check.iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")

    @staticmethod
    def hardware_device(check, name):
        check.iam.enable_mfa_device(UserName=name, SerialNumber="GAHT12345678", AuthenticationCode1="123456", AuthenticationCode2="654321")

    @staticmethod
    def ssh_public_key(check, name):
        check.iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=SSH_KEY)

    @staticmethod
    def signing_certificate(check, name):
        check.iam.upload_signing_certificate(UserName=name, CertificateBody=pem(datetime.now(timezone.utc) + timedelta(days=30)))

    @staticmethod
    def group(check, name):
        check.iam.add_user_to_group(GroupName="staff", UserName=name)

    @staticmethod
    def policies(check, name):
        check.iam.put_user_policy(UserName=name, PolicyName="own+=,.@-", PolicyDocument=json.dumps(READ_REPORTS))
        check.iam.attach_user_policy(UserName=name, PolicyArn=check.policy)

    @staticmethod
    def role_trust(check, name):
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/people/tokyo/{name}"}, "Action": "sts:AssumeRole"}]}
        check.iam.create_role(RoleName=f"trusts-{name}", AssumeRolePolicyDocument=json.dumps(trust))

    @staticmethod
    def unassigned_device(check, name):
        check.iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/old/")


# The ways in that each part makes.
WAYS = {
    "nothing": [], "password": ["password"], "access_key": ["access-key"], "inactive_key": [], "session": ["session"], "mfa_device": [], "hardware_device": [],
    "ssh_public_key": ["ssh-public-key"], "signing_certificate": ["signing-certificate"], "group": [], "policies": [], "role_trust": ["role-trust"],
    "unassigned_device": [],
}


if __name__ == "__main__":
    main()
