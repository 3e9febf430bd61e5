"""Somebody who is signed in to an account in moto: runs sekisho, and the aws command within this process, where a call takes a hundredth of the time."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys

from awscli.clidriver import create_clidriver

from standin import KEYS, REGION

SECONDS = 900


class Client:
    def __init__(self, sekisho, moto, work):
        self.binary, self.moto, self.work = sekisho, moto, work
        os.chdir(work)  # where the files of commands are
        os.environ.update({
            "HOME": work, "NO_PROXY": "127.0.0.1", "AWS_ENDPOINT_URL": moto.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1], "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.path.join(work, "config"), "AWS_SHARED_CREDENTIALS_FILE": os.path.join(work, "credentials"),
        })
        self.driver = create_clidriver()

    def aws(self, arguments):
        """Runs the aws command in this process, and returns its exit status and what it wrote to stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = self.driver.main(arguments)
            except SystemExit as stop:  # of the parser
                status = stop.code
        return status, out.getvalue(), err.getvalue()

    def aws_says(self, command, files):
        """Runs a command of aws with files beside it, and returns its exit status and all that it said."""
        for name, text in files.items():
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        status, out, err = self.aws(command[1:])
        return status, (out + err).strip()

    def run(self, *arguments, give=None, statuses=(0, 3, 4)):
        done = subprocess.run([self.binary, *arguments], env=dict(os.environ), cwd=self.work, input=give, capture_output=True, text=True, timeout=SECONDS)
        if done.returncode not in statuses:
            sys.exit(f"error: {arguments}: got exit status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def read(self, name):
        """Reads the account as it is now."""
        self.run("audit", "--quiet", "--depth", "deep", "--save", name)
        with open(name, encoding="utf-8") as file:
            return json.load(file)


def told(entries, names):
    return {tuple(entry[name] for name in names) for entry in entries if not entry["kind"].startswith("still_")}
