"""Holds what sekisho fleet manifest prints against AWS's own models of AWS Batch, Amazon ECS and AWS Step Functions, as botocore has them.

    engines_check.py SEKISHO

is the program, built. Nobody is called. Each disagreement is printed; the exit status is 1 where there is one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

import botocore.session
from botocore.validate import ParamValidator

SESSION = botocore.session.get_session()
COMMON = ("--image", "registry.example.com/sekisho:1", "--run", "s3://example-runs/fleet", "--region", "eu-west-1")
ROLES = ("arn:aws:iam::123456789012:role/auditor", "arn:aws:iam::123456789012:role/execution")
# Amazon States Language, by type: https://states-language.net and the Developer Guide.
EVERY = {"Type", "Comment", "Next", "End", "InputPath", "OutputPath"}
FIELDS = {
    "Task": EVERY | {"Resource", "Parameters", "ResultPath", "ResultSelector", "Retry", "Catch", "TimeoutSeconds", "HeartbeatSeconds"},
    "Pass": EVERY | {"Result", "ResultPath", "Parameters"},
    "Choice": {"Type", "Comment", "Choices", "Default", "InputPath", "OutputPath"},
    "Wait": EVERY | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Fail": {"Type", "Comment", "Error", "Cause"},
    "Map": EVERY | {"ItemsPath", "ItemSelector", "ItemProcessor", "MaxConcurrency", "ToleratedFailurePercentage", "ResultPath", "ResultSelector", "Retry", "Catch"},
}
FUNCTION = re.compile(r"^States\.(Array|Format|MathAdd|StringToJson)\(.*\)$")
PATH = re.compile(r"^\$\$?(\.[A-Za-z]+(\[\d+\])?)+$")


class Check:
    def __init__(self, binary):
        self.binary, self.problems, self.looked = binary, [], 0

    def printed(self, *arguments):
        return json.loads(subprocess.run([self.binary, "fleet", "manifest", *arguments], check=True, capture_output=True, text=True).stdout)

    def takes(self, service, operation, given):
        """Whether an operation takes these parameters: names, types, lengths, what is required, and values of a list."""
        shape = SESSION.get_service_model(service).operation_model(operation).input_shape
        report = ParamValidator().validate(given, shape)
        if report.has_errors():
            self.problems.append(f"{service} {operation}: {report.generate_report()}")
        self.enumerated(f"{service} {operation}", given, shape)
        self.looked += 1

    def enumerated(self, where, given, shape):
        """Values of enumerations and patterns, which ParamValidator leaves to the service."""
        if shape.type_name == "structure":
            for name, value in given.items():
                if name in shape.members:
                    self.enumerated(f"{where} {name}", value, shape.members[name])
        elif shape.type_name == "list":
            for value in given:
                self.enumerated(where, value, shape.member)
        elif shape.type_name == "string" and getattr(shape, "enum", None) and given not in shape.enum:
            self.problems.append(f"{where}: got {given}, want one of {shape.enum}")

    def batch(self):
        for shards in (1, 2, 20, 10_000):
            jobs = self.printed("batch", *COMMON, "--shards", str(shards), "--job-queue", "audits", "--job-role", ROLES[0], "--execution-role", ROLES[1])
            for part in ("plan", "run", "merge"):
                self.takes("batch", "RegisterJobDefinition", jobs[part]["definition"])
                self.takes("batch", "SubmitJob", {**jobs[part]["job"], "parameters": {"run": "s3://example-runs/x"}, "dependsOn": [{"jobId": "x"}]})
            size = jobs["run"]["job"].get("arrayProperties", {}).get("size")
            if size != (shards if shards > 1 else None):
                self.problems.append(f"batch: got the array {size} of {shards} shards")
            retry = jobs["run"]["definition"]["retryStrategy"]
            if retry["attempts"] != 3 or [rule["action"] for rule in retry["evaluateOnExit"]] != ["EXIT", "RETRY"] or retry["evaluateOnExit"][0]["onExitCode"] != "2":
                self.problems.append(f"batch: got {retry}, want all but 2 tried three times")

    def step_functions(self):
        for shards in (1, 20, 10_000):
            made = self.printed("stepfunctions", *COMMON, "--shards", str(shards), "--cluster", "audits", "--subnet", "subnet-0123456789abcdef0", "--security-group",
                                "sg-0123456789abcdef0", "--task-role", ROLES[0], "--execution-role", ROLES[1], "--log-group", "sekisho", "--", "--ou", "It's {x}")
            self.takes("ecs", "RegisterTaskDefinition", made["task_definition"])
            definition = json.dumps(made["state_machine"])
            self.takes("stepfunctions", "CreateStateMachine", {"name": "sekisho", "definition": definition, "roleArn": ROLES[0]})
            if len(definition) > 1 << 20:
                self.problems.append(f"stepfunctions: got a definition of {len(definition)} bytes, want 1 MiB at most")
            if made["state_machine"]["States"]["Begin"]["Result"]["shards"] != list(range(shards)):
                self.problems.append("stepfunctions: want the shards from 0")
            self.machine(made["state_machine"])

    def machine(self, machine):
        for name, state in machine["States"].items():
            self.looked += 1
            if unknown := set(state) - FIELDS[state["Type"]]:
                self.problems.append(f"state {name}: got the fields {unknown}")
            for key, value in leaves({k: v for k, v in state.items() if k not in ("ItemProcessor", "Result")}):
                if key.endswith(".$") and not (PATH.match(value) or FUNCTION.match(value)):
                    self.problems.append(f"state {name}: got {key} {value}, want a path or a function")
            if state["Type"] == "Task":
                self.takes("ecs", "RunTask", run_task(state["Parameters"]))
            if state["Type"] == "Map":
                self.machine(state["ItemProcessor"])


def leaves(value, key=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    else:
        yield key, value


def run_task(parameters):
    """What ecs:runTask gets of a state's parameters: Step Functions writes their names with a capital, and fills in what ends in .$."""
    if isinstance(parameters, list):
        return [run_task(value) for value in parameters]
    if not isinstance(parameters, dict):
        return parameters
    made = {}
    for name, value in parameters.items():
        key = name[0].lower() + name[1:]
        if key.endswith(".$"):
            key, value = key[:-2], ["x"] if value.startswith("States.Array") else "x"
        made[key] = run_task(value)
    return made


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: engines_check.py SEKISHO")
    check = Check(sys.argv[1])
    check.batch()
    check.step_functions()
    if check.looked < 50:
        check.problems.append(f"looked at {check.looked} things, want 50 at least")
    for problem in check.problems:
        print("engines_check:", problem)
    print(f"engines_check: {check.looked} things looked at, {len(check.problems)} disagreements")
    sys.exit(1 if check.problems else 0)


if __name__ == "__main__":
    main()
