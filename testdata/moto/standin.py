"""moto in this process, and the making of accounts in it through boto3."""

from __future__ import annotations

import contextlib
import json
import logging
import urllib.request
from datetime import datetime, timedelta, timezone
from unittest import mock

import boto3
from freezegun import freeze_time
from moto.account.responses import AccountResponse
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse
from moto.server import ThreadedMotoServer
from moto.sts.responses import TokenResponse

from certificate import pem

ACCOUNT_ID = "123456789012"  # the account of whoever moto doesn't know
REGION = "us-east-1"
KEYS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

READ_REPORTS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


class StandIn:
    """A moto server on a free port of the loopback interface. Times are ages in days before start."""

    def __init__(self):
        # A traceback of moto's for each operation that it lacks helps nobody.
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL + 1)
        self.start = datetime.now(timezone.utc).replace(microsecond=0)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.names = {}  # by the resource and ID that moto gave to a credential beside the access keys: its number in truth.py

    def __enter__(self):
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        return self

    def __exit__(self, *_):
        self.server.stop()

    def client(self, service, keys=KEYS):
        """A boto3 client with an access key's ID and secret, or with the credentials of a session."""
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **dict(zip(names, keys)))

    def session(self, account_id):
        """Credentials in another account: moto lets anybody assume any role there."""
        given = self.client("sts").assume_role(RoleArn=role(account_id), RoleSessionName="check")["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]

    def post(self, path, body=""):
        """Calls moto's own interface."""
        request = urllib.request.Request(self.endpoint + path, data=body.encode(), method="POST", headers={"Content-Type": "text/plain"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            if json.load(answer)["status"] != "ok":
                raise RuntimeError(f"POST {path}: moto did not take it")

    @contextlib.contextmanager
    def authorization(self):
        """Lets moto judge each call by the caller's policies. It looks at actions only: conditions and resources count for nothing."""
        self.post("/moto-api/reset-auth", "0")
        try:
            yield
        finally:
            self.post("/moto-api/reset-auth", "inf")

    @contextlib.contextmanager
    def without(self, *operations):
        """Has moto answer operations as it answers those that it lacks: status 500 and a page of HTML."""
        def lacking(_):
            raise NotImplementedError("taken away by the check")
        with contextlib.ExitStack() as stack:
            for operation in operations:
                service = next(service for service in (IamResponse, TokenResponse, AccountResponse) if hasattr(service, operation))
                stack.enter_context(mock.patch.object(service, operation, lacking))
            yield

    def build(self, account, account_id=ACCOUNT_ID):
        """Makes an account and returns the keys that each user got: {"user/bob": [(ID, secret)]}."""
        keys = KEYS if account_id == ACCOUNT_ID else self.session(account_id)
        return _Builder(self, keys, account_id).build(account)

    def days_ago(self, age):
        return self.start - timedelta(days=age)

    def backend(self, account_id):
        """What moto keeps of an account, for what its calls can't make."""
        return iam_backends[account_id]["aws"]

    def reset(self):
        """Forgets all accounts."""
        self.post("/moto-api/reset")


def role(account_id):
    """The ARN of a role through which another account is reached."""
    return f"arn:aws:iam::{account_id}:role/audit"


class _Builder:
    def __init__(self, stand_in, keys, account_id):
        self.stand_in, self.account_id = stand_in, account_id
        self.iam, self.account_service = stand_in.client("iam", keys), stand_in.client("account", keys)

    def build(self, account):
        keys = {}
        # The library that makes certificates takes no dates of a frozen clock.
        self.bodies = {c.ends: pem(self.stand_in.start + timedelta(days=c.ends)) for user in account.users for c in user.certificates}
        with freeze_time(self.stand_in.start) as self.clock:
            self.at(1000.5)
            for name in account.policies:
                self.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(READ_REPORTS))
            for group in account.groups:
                self.group(group)
            for name in account.roles:
                self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags(dict(account.role_tags).get(name, ())))
            for user in account.users:
                if user.predecessor:
                    self.user(user.predecessor)
                    self.at(user.age + 0.5)
                    self.delete(user.name)
                keys[f"user{user.path}{user.name}"] = self.user(user)
            self.devices(account)
            self.settings(account)
        return keys

    def at(self, age):
        self.clock.move_to(self.stand_in.days_ago(age))

    def settings(self, account):
        make_directories(self.iam, account)
        for certificate in account.server_certificates:
            self.iam.upload_server_certificate(ServerCertificateName=certificate.name, Path=certificate.path, CertificateBody="body", PrivateKey="key")
        for kind in "security", "billing", "operations":
            if contact := getattr(account, kind):
                self.account_service.put_alternate_contact(
                    AlternateContactType=kind.upper(), EmailAddress=contact.email, PhoneNumber=contact.phone, Name=kind, Title="-")
        for provider in account.oidc:
            self.iam.create_open_id_connect_provider(Url=provider.url, ThumbprintList=["0" * 40])
        if account.alias:
            self.iam.create_account_alias(AccountAlias=account.alias)
        if account.password_policy:
            set_password_policy(self.iam, account.password_policy)

    def group(self, group):
        self.iam.create_group(GroupName=group.name, Path=group.path)
        for name in group.attached:
            self.iam.attach_group_policy(GroupName=group.name, PolicyArn=self.policy(name))
        for name in group.inline:
            self.iam.put_group_policy(GroupName=group.name, PolicyName=name, PolicyDocument=json.dumps(READ_REPORTS))
        if group.allowed:
            self.iam.put_group_policy(GroupName=group.name, PolicyName="allowed", PolicyDocument=json.dumps(allowing(group.allowed)))

    def user(self, user):
        self.at(user.age)
        self.iam.create_user(UserName=user.name, Path=user.path, Tags=tags(user.tags))
        if user.password:
            self.iam.create_login_profile(UserName=user.name, Password="Correct-Horse-Battery-1", PasswordResetRequired=True)
        for name in user.groups:
            self.iam.add_user_to_group(GroupName=name, UserName=user.name)
        for name in user.attached:
            self.iam.attach_user_policy(UserName=user.name, PolicyArn=self.policy(name))
        for name in user.inline:
            self.iam.put_user_policy(UserName=user.name, PolicyName=name, PolicyDocument=json.dumps(READ_REPORTS))
        if user.allowed:
            self.iam.put_user_policy(UserName=user.name, PolicyName="allowed", PolicyDocument=json.dumps(allowing(user.allowed)))
        for device in user.devices:
            self.enable(user.name, device)
        if user.signed_in is not None:
            # moto can't be signed in to; it takes this attribute as part of its interface.
            self.stand_in.backend(self.account_id).users[user.name].password_last_used = self.stand_in.days_ago(user.signed_in)
        if user.password_deleted:
            self.iam.delete_login_profile(UserName=user.name)
        self.other_credentials(user)
        return [self.key(user.name, key) for key in user.keys]

    def other_credentials(self, user):
        resource = f"user{user.path}{user.name}"
        for number, key in enumerate(user.ssh_keys, start=1):
            self.at(key.age)
            made = self.iam.upload_ssh_public_key(UserName=user.name, SSHPublicKeyBody=f"ssh-ed25519 {number}")["SSHPublicKey"]["SSHPublicKeyId"]
            if not key.active:
                self.iam.update_ssh_public_key(UserName=user.name, SSHPublicKeyId=made, Status="Inactive")
            self.stand_in.names[f"{resource}#{made}"] = f"{resource}#ssh-{number}"
        for number, certificate in enumerate(user.certificates, start=1):
            self.at(certificate.age)
            made = self.iam.upload_signing_certificate(UserName=user.name, CertificateBody=self.bodies[certificate.ends])["Certificate"]["CertificateId"]
            if not certificate.active:
                self.iam.update_signing_certificate(UserName=user.name, CertificateId=made, Status="Inactive")
            self.stand_in.names[f"{resource}#{made}"] = f"{resource}#certificate-{number}"

    def key(self, user, key):
        self.at(key.age)
        made = self.iam.create_access_key(UserName=user)["AccessKey"]
        pair = made["AccessKeyId"], made["SecretAccessKey"]
        if key.used is not None:
            self.at(key.used)
            self.stand_in.client("sts", pair).get_caller_identity()
        if not key.active:
            self.iam.update_access_key(UserName=user, AccessKeyId=pair[0], Status="Inactive")
        return pair

    def enable(self, user, device):
        serial = device.serial
        if serial is None:
            serial = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=device.name, Path=device.path)["VirtualMFADevice"]["SerialNumber"]
        self.iam.enable_mfa_device(UserName=user, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
        return serial

    def devices(self, account):
        self.at(50.5)
        for device in account.unassigned:
            self.iam.create_virtual_mfa_device(VirtualMFADeviceName=device.name, Path=device.path)
        for user, device in account.deactivated:
            self.iam.deactivate_mfa_device(UserName=user, SerialNumber=self.enable(user, device))

    def delete(self, user):
        """Deletes a user as AWS asks for it: what is his goes first."""
        self.iam.delete_login_profile(UserName=user)
        for key in self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            self.iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        for device in self.iam.list_mfa_devices(UserName=user)["MFADevices"]:
            self.iam.deactivate_mfa_device(UserName=user, SerialNumber=device["SerialNumber"])
            self.iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
        for policy in self.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]:
            self.iam.detach_user_policy(UserName=user, PolicyArn=policy["PolicyArn"])
        for group in self.iam.list_groups_for_user(UserName=user)["Groups"]:
            self.iam.remove_user_from_group(UserName=user, GroupName=group["GroupName"])
        self.iam.delete_user(UserName=user)

    def policy(self, name):
        return policy_arn(name, self.account_id)


def policy_arn(name, account_id=ACCOUNT_ID):
    return f"arn:aws:iam::{account_id}:policy/{name}"


def tags(pairs):
    return [{"Key": key, "Value": value} for key, value in pairs]


def allowing(actions):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def make_directories(iam, account):
    """Makes the account's SAML providers."""
    for name in account.saml:
        iam.create_saml_provider(Name=name, SAMLMetadataDocument="<EntityDescriptor>" + "x" * 1000 + "</EntityDescriptor>")


def set_password_policy(iam, policy):
    """Sets a password policy, or removes it."""
    if policy is None:
        iam.delete_account_password_policy()
        return
    optional = {"MaxPasswordAge": policy.max_age, "PasswordReusePrevention": policy.reuse}
    iam.update_account_password_policy(
        MinimumPasswordLength=policy.min_length, RequireUppercaseCharacters=policy.uppercase, RequireLowercaseCharacters=policy.lowercase,
        RequireSymbols=policy.symbols, RequireNumbers=policy.numbers, AllowUsersToChangePassword=policy.self_change, HardExpiry=policy.hard_expiry,
        **{name: value for name, value in optional.items() if value is not None})
