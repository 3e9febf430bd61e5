#!/usr/bin/env bash
# npm.sh NAME installs what testdata/NAME/package.json names into .venv/NAME, once, and node and npm from Debian where they are lacking.
# Prints the folder of the modules.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "npm.sh: error: $*" >&2
  exit 1
}

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  echo "npm.sh: installing ${missing[*]}" >&2
  sudo=
  if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
  { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } ||
    fail "can't install ${missing[*]}"
fi

modules=.venv/$1
if ! cmp -s "testdata/$1/package.json" "$modules/package.json"; then
  echo "npm.sh: installing what testdata/$1/package.json names into $modules" >&2
  rm -rf "$modules"
  mkdir -p "$modules"
  cp "testdata/$1/package.json" "$modules/wanted.json"
  (cd "$modules" && mv wanted.json package.json && npm install --no-package-lock --no-audit --no-fund --silent >&2) || {
    rm -rf "$modules"
    fail "can't install what testdata/$1/package.json names"
  }
fi
echo "$PWD/$modules/node_modules"
