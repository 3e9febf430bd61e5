"""An account of 60 users with faults of every kind that moto can be given: those of people.py, and what only IAM's policies and trusts hold."""

from __future__ import annotations

import dataclasses
import json

from freezegun import freeze_time
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from people import ADMINISTRATORS, COMPANY, DASHBOARD, DEVELOPERS, OPERATORS, OTHERS, POWERLESS, SECURITY, VIEWER, Contact, Group, PasswordPolicy
from standin import ACCOUNT_ID, REGION, TRUST, allowing, policy_arn

USERS = 60
# Those of the company who are like another of it, so that the ten of people.py's others make 60.
LEFT_OUT = (POWERLESS, DASHBOARD, VIEWER, SECURITY, "bob", "ann-marie", "heidi", "ken", "oskar", "pia")
CHIEFS, GUARDED, BLOCKED, LOOSE, NEW = "chiefs", "guarded", "blocked", "loose", "new"
MEMBERS = {"alice": CHIEFS, "carol": CHIEFS, "emil": GUARDED, "erin": BLOCKED, "judy": NEW, "phoenix": BLOCKED, "fritz": LOOSE, "niaj": LOOSE}
# AWS's own policies, of which moto has none unless it is to have all.
MANAGED = ("AdministratorAccess", "ReadOnlyAccess", "AWSCloudShellFullAccess", "PowerUserAccess")

ACCOUNT = dataclasses.replace(
    COMPANY,
    users=tuple(dataclasses.replace(user, groups=(*user.groups, MEMBERS[user.name])) if user.name in MEMBERS else user
                for user in (*COMPANY.users, *OTHERS.users) if user.name not in LEFT_OUT),
    groups=(*COMPANY.groups, *OTHERS.groups, *map(Group, (CHIEFS, GUARDED, BLOCKED, LOOSE, NEW))),
    roles=OTHERS.roles, role_tags=OTHERS.role_tags, saml=(), alias="",
    server_certificates=OTHERS.server_certificates[:1],  # moto gives all one ID
    billing=Contact("office@example.com", "+81 3 1234 5678"), operations=Contact("office@example.com", "+81 3 1234 5678"),
    password_policy=PasswordPolicy(min_length=8, reuse=3, symbols=False, uppercase=False, lowercase=False, numbers=False, self_change=False, hard_expiry=True, max_age=365))


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def unless_mfa(operator="BoolIfExists", **what):
    return document({"Sid": "MFA", "Effect": "Deny", "Resource": "*", **what, "Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}}})


def trusting(principal, action="sts:AssumeRole", **condition):
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **({"Condition": condition} if condition else {})})


ENROL = ("iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "sts:GetSessionToken")
POLICIES = {
    "everything": json.dumps(allowing(["*"])),
    "everything-once": json.dumps(allowing(["*"])),
    "storage": json.dumps(allowing(["s3:*"])),
    "all-but-iam": document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    "deploy": json.dumps(allowing(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])),
    "become": json.dumps(allowing(["sts:AssumeRole"])),
    "rewrite": json.dumps(allowing(["iam:CreatePolicyVersion", "iam:CreateAccessKey"])),
    "trail": json.dumps(allowing(["cloudtrail:*"])),
    "keys": json.dumps(allowing(["kms:*"])),
    "market": json.dumps(allowing(["aws-marketplace:Subscribe"])),
    "typing-error": json.dumps(allowing(["s3:GetObjekt"])),
    "share": json.dumps(allowing(["s3:PutBucketPolicy"])),
    "guard-plain": unless_mfa("Bool", NotAction=ENROL),
    "guard-part": unless_mfa(Action=["ec2:*", "s3:*"]),
    "guard-shut": unless_mfa(Action="*"),
    "guard-sound": unless_mfa(NotAction=ENROL),
    "enrol": json.dumps(allowing(ENROL)),
    "guard-open": unless_mfa(NotAction=[*ENROL, "iam:CreateAccessKey", "iam:AttachUserPolicy"]),
    "help-oneself": json.dumps(allowing(["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:DeactivateMFADevice", "iam:CreateAccessKey"])),
}
ATTACHED = {
    CHIEFS: ("everything", "AdministratorAccess"), GUARDED: ("guard-plain", "guard-part", "market"), BLOCKED: ("guard-shut", "AWSCloudShellFullAccess"),
    LOOSE: ("guard-open", "help-oneself", "share"), DEVELOPERS: ("storage", "typing-error"), OPERATORS: ("all-but-iam", "trail", "keys"),
    ADMINISTRATORS: ("rewrite",), NEW: ("guard-sound", "enrol"),
}
ROLES = {
    "anybody": trusting("*"),
    "partner": trusting({"AWS": "arn:aws:iam::999999999999:root"}),
    "boss": trusting({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}),
    "builder": trusting({"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/token.actions.githubusercontent.com"}, "sts:AssumeRoleWithWebIdentity",
                        StringEquals={"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}),
    "haunted": trusting({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}),
    "logger": trusting({"Service": "s3.amazonaws.com"}),
    "old": json.dumps(TRUST),
    "new": json.dumps(TRUST),
}
# What can't fail beside the others: where there are users in groups, and a password policy.
SOUND = {"individual-users", "groups-grant-permissions", "password-policy"}
ROLE_POLICIES = {"boss": ("AdministratorAccess",), "partner": ("ReadOnlyAccess",), "logger": ("storage",), "old": ("ReadReports",)}


def build(moto):
    """Makes the account, and returns nothing of it: who audits it sees all."""
    moto.build(ACCOUNT)
    iam, backend = moto.client("iam"), moto.backend(ACCOUNT_ID)
    data = json.loads(aws_managed_policies_data)
    for name in MANAGED:
        policy = AWSManagedPolicy.from_data(name, ACCOUNT_ID, REGION, data[name])
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy

    def arn(name):
        return f"arn:aws:iam::aws:policy/{name}" if name in MANAGED else policy_arn(name)

    with freeze_time(moto.start) as clock:
        clock.move_to(moto.days_ago(400.5))
        for name, text in POLICIES.items():
            iam.create_policy(PolicyName=name, PolicyDocument=text)
        for _ in range(4):
            iam.create_policy_version(PolicyArn=arn("storage"), PolicyDocument=json.dumps(allowing(["*"])))
        for group, names in ATTACHED.items():
            for name in names:
                iam.attach_group_policy(GroupName=group, PolicyArn=arn(name))
        for name, trust in ROLES.items():
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        for name, policies in ROLE_POLICIES.items():
            for policy in policies:
                iam.attach_role_policy(RoleName=name, PolicyArn=arn(policy))
        iam.put_role_policy(RoleName="old", PolicyName="all", PolicyDocument=POLICIES["everything"])
        iam.put_user_policy(UserName="otto", PolicyName="all", PolicyDocument=POLICIES["everything"])
        iam.put_group_policy(GroupName=DEVELOPERS, PolicyName="deploy", PolicyDocument=POLICIES["deploy"])
        iam.attach_user_policy(UserName="walter", PolicyArn=arn("deploy"))
        iam.attach_user_policy(UserName="trent", PolicyArn=arn("become"))
        iam.attach_user_policy(UserName="sybil", PolicyArn=arn("everything"))
        for name in "boss", "new":
            backend.get_role(name).last_used = moto.days_ago(1.5)
