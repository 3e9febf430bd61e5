#!/usr/bin/env bash
# Checks Sekisho against programs that know nothing of it: boto3 and the aws command read the emulator, and Sekisho audits accounts that
# boto3 made in moto, an independent stand-in for AWS. Everything runs on the loopback interface.
#
# The machine's python3 and aws are used where they have what it takes; otherwise requirements.txt is installed into .venv, once.
set -euo pipefail
cd "$(dirname "$0")/../.."
requirements=testdata/moto/requirements.txt

fail() {
  echo "test-moto: error: $*" >&2
  exit 1
}

work=$(mktemp -d)
started=()
finish() {
  for process in "${started[@]}"; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step SECONDS COMMAND... runs a command that must be done in time. It runs in the background, so that a signal ends it at once.
step() {
  if command -v timeout >/dev/null; then
    timeout --kill-after=15 "$@" &
  else
    "${@:2}" &
  fi
  started+=($!)
  local status=0
  wait "$!" || status=$?
  if [ "$status" -eq 124 ]; then fail "not done after $1 seconds: ${*:2}"; fi
  return "$status"
}

# together NAME SECONDS COMMAND... starts a step beside others, with its output in a file; all_done waits for them, prints what they said and
# fails where one did. Most of their time is waiting for answers.
names=()
waits=()
together() {
  # Who ends this ends what it runs.
  (started=() && trap 'kill "${started[@]}" 2>/dev/null; exit 143' TERM && step "${@:2}") >"$work/$1.log" 2>&1 &
  names+=("$1")
  waits+=($!)
  started+=($!)
}
all_done() {
  local failed=() i
  for i in "${!names[@]}"; do
    local status=0
    wait "${waits[$i]}" || status=$?
    echo "test-moto: ${names[$i]}"
    cat "$work/${names[$i]}.log"
    if [ "$status" -ne 0 ]; then failed+=("${names[$i]} (exit status $status)"); fi
  done
  if [ "${#failed[@]}" -gt 0 ]; then fail "failed: ${failed[*]}"; fi
}

# Whatever account the person is signed in to has no part in this.
for name in $(compgen -e); do
  case $name in AWS_* | SEKISHO_* | MOTO_*) unset "$name" ;; esac
done
export AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
export AWS_CONFIG_FILE=$work/aws-config AWS_SHARED_CREDENTIALS_FILE=$work/aws-credentials
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 PYTHONDONTWRITEBYTECODE=1

command -v python3 >/dev/null || fail "there is no python3, want 3.11 or newer"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "got $(python3 --version), want Python 3.11 or newer"

complete() { "$1" -c 'import awscli, boto3, cryptography, freezegun, jsonschema, moto.server' 2>/dev/null && command -v aws >/dev/null; }

python=python3
if ! complete "$python"; then
  export PATH=$PWD/.venv/bin:$PATH
  python=$PWD/.venv/bin/python
  if ! cmp -s "$requirements" .venv/installed.txt || ! complete "$python"; then
    echo "test-moto: installing moto, boto3, awscli, freezegun and jsonschema into .venv"
    python3 -m venv --clear .venv
    step 600 "$python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
    complete "$python" || fail "what $requirements names was installed and can't be used"
    cp "$requirements" .venv/installed.txt
  fi
fi
"$python" -c 'import boto3, moto; print(f"test-moto: moto {moto.__version__}, boto3 {boto3.__version__}")'

echo "test-moto: building sekisho and the emulator"
step 900 go build -o "$work/sekisho" ./cmd/sekisho
step 900 go build -o "$work/emulator" ./cmd/emulator
step 900 go build -o "$work/try" ./audit/change/internal/try

echo "test-moto: starting the emulator"
"$work/emulator" --demo --write "$work/demo.json" >"$work/endpoint" 2>"$work/emulator.log" &
emulator=$!
started+=("$emulator")
for _ in $(seq 300); do
  if grep -q '^http' "$work/endpoint" || ! kill -0 "$emulator" 2>/dev/null; then break; fi
  sleep 0.1
done
grep -q '^http' "$work/endpoint" || fail "the emulator did not start: $(cat "$work/emulator.log")"
endpoint=$(head -n 1 "$work/endpoint")

echo "test-moto: other programs read the reports, without exceptions and with some"
soon=$("$python" -c 'import datetime; print(datetime.date.today() + datetime.timedelta(days=30))')
cat >"$work/exceptions.yaml" <<END
exceptions:
  - {rule: access-key-*, resource: "user/machines/*", reason: '=1+1, a "quote"', owner: ops@example.com, ticket: OPS-1, expires: "$soon"}
  - {rule: console-mfa, resource: "*", reason: known, owner: ops@example.com, expires: "$soon"}
  - {rule: account-alias, resource: "*", reason: needed no more, owner: ops@example.com, expires: "$soon"}
  - {rule: user-mfa, resource: "*", reason: over, owner: ops@example.com, expires: 2020-01-31}
END
: >"$work/plain.yaml"
for name in plain exceptions; do
  r=$work/$name
  outputs=("$r.json" "$r.asff.json" "$r.ocsf.json" "$r.sarif" "$r.csv" "$r.xml")
  status=0
  "$work/sekisho" audit --demo --quiet --config "$r.yaml" -o "$r.json" -o asff:"$r.asff.json" -o ocsf:"$r.ocsf.json" -o "$r.sarif" -o "$r.csv" \
    -o junit:"$r.xml" || status=$?
  [ "$status" -eq 3 ] || fail "auditing the demo account: got exit status $status, want 3"
  step 300 "$python" testdata/moto/formats.py "${outputs[@]}"
done

echo "test-moto: what sekisho prints for engines is what their models take"
step 300 "$python" testdata/moto/engines_check.py "$work/sekisho"

# One after the other these take three times as long.
echo "test-moto: waiting for the checks"
together "boto3 and the aws command read the emulator" 1200 "$python" testdata/moto/emulator_check.py "$endpoint" "$work/demo.json"
together "the commands that sekisho prints save what an audit needs" 1200 "$python" testdata/moto/commands_check.py "$work/sekisho" "$endpoint"
together "the policy that sekisho prints allows what an audit does" 1200 "$python" testdata/moto/permissions_check.py "$work/sekisho"
together "sekisho audits accounts in moto" 1200 "$python" testdata/moto/account.py "$work/sekisho" "$work/emulator"
together "sekisho audits accounts made at random in moto" 1200 "$python" testdata/moto/generated_check.py "$work/sekisho" "$work/emulator" moto 1 2
together "sekisho audits accounts made at random in the emulator" 1200 "$python" testdata/moto/generated_check.py "$work/sekisho" "$work/emulator" emulator $(seq 20)
together "sekisho audits an organization in moto, into a bucket of moto's" 1200 "$python" testdata/moto/fleet_check.py "$work/sekisho"
together "sekisho offboards people in moto" 1200 "$python" testdata/moto/offboard_check.py "$work/sekisho"
together "what sekisho says of changes comes true in moto" 1200 "$python" testdata/moto/changes_check.py "$work/sekisho" "$work/try"
together "what sekisho plans for an account with all kinds of faults comes true in moto" 1200 "$python" testdata/moto/plan_check.py "$work/sekisho"
all_done
