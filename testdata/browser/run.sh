#!/usr/bin/env bash
# Looks at the pages of the demo account, of each command that writes one, and at a report of a large company, in a real browser. Debian's chromium, node and npm are installed where they are lacking, and what
# package.json names goes into .venv/browser, once. First screens are kept in bin/screenshots.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "test-browser: error: $*" >&2
  exit 1
}

if ! command -v chromium >/dev/null; then
  echo "test-browser: installing chromium"
  sudo=
  if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
  { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null; } ||
    fail "can't install chromium"
fi
modules=$(testdata/npm.sh browser)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/sekisho" ./cmd/sekisho
status=0
"$work/sekisho" audit --demo --quiet -o "$work/audit.html" >/dev/null || status=$?
[ "$status" -eq 3 ] || fail "sekisho audit --demo: got exit status $status, want 3"

# A large company in which all kinds of things went wrong: of its page only the size and the time that it takes are looked at.
go build -o "$work/emulator" ./cmd/emulator
# company USERS FILE writes the snapshot of one.
company() {
  "$work/emulator" -messy "$1" -write "$2" >/dev/null 2>"$work/emulator.log" &
  local emulator=$!
  while [ ! -s "$2" ]; do
    kill -0 "$emulator" 2>/dev/null || fail "the emulator did not start: $(cat "$work/emulator.log")"
    sleep 0.2
  done
  kill "$emulator"
}
company 5000 "$work/company.json"
status=0
"$work/sekisho" audit --from "$work/company.json" --quiet -o "$work/company.html" >/dev/null || status=$?
[ "$status" -eq 3 ] || fail "sekisho audit of a large company: got exit status $status, want 3"

# page NAME STATUS ARGUMENTS... has sekisho write a page.
pages=("$work/audit.html")
page() {
  local got=0
  "$work/sekisho" "${@:3}" --output "html:$work/$1.html" >/dev/null || got=$?
  [ "$got" -eq "$2" ] || fail "sekisho ${*:3}: got exit status $got, want $2"
  pages+=("$work/$1.html")
}
page access 0 access paths --demo --quiet
page plan 3 plan --demo --goal all --quiet
page whatif 3 whatif --demo --delete-user nakamura.riku --detach "ForceMFA=group/*" --quiet
page offboard 3 offboard nakamura.riku --demo --quiet
page inventory 0 inventory --demo --quiet
# Another account is enough to compare with.
mkdir "$work/kept"
company 30 "$work/small.json"
"$work/sekisho" audit --demo --quiet --fail-on none -o "$work/kept/demo.json" >/dev/null
"$work/sekisho" audit --from "$work/small.json" --quiet --fail-on none -o "$work/kept/small.json" >/dev/null || [ $? -eq 4 ] || fail "auditing a small company"
page trend 0 trend "$work/kept"
page diff 3 diff "$work/kept/demo.json" "$work/kept/small.json"
page fleet 3 fleet audit --demo --quiet --per-account "$work/each" -o "$work/fleet.csv"
page fleet-offboard 3 fleet offboard --demo sato.yuki alice --quiet
mkdir -p bin/screenshots
CHROMIUM=$(command -v chromium) NODE_PATH=$modules node testdata/browser/check.js bin/screenshots "$work/company.html" "${pages[@]}"
