#!/usr/bin/env bash
# Installs what the tests need (where it is missing), builds, checks the format and runs every test.
# The last line printed is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

missing=()
command -v node >/dev/null || missing+=(nodejs npm)
command -v chromium >/dev/null || missing+=(chromium)
command -v redis-server >/dev/null || missing+=(redis-server)
# The driver by which a node reaches MongoDB: a library, which the loader has to find.
ldconfig=$(PATH=$PATH:/usr/sbin:/sbin command -v ldconfig)
[ -z "$ldconfig" ] || "$ldconfig" -p | grep -E 'libmongoc(-1\.0\.so\.0|2\.so\.2) ' >/dev/null || missing+=(libmongoc-1.0-0)
if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "test.sh needs: ${missing[*]}. Install them and run it again." >&2
    exit 1
  fi
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -q >/dev/null && $sudo apt-get install -y -q "${missing[@]}" >/dev/null || exit 1
fi

if [ -f PushNode.Tests/node/package.json ]; then
  (cd PushNode.Tests/node && npm ci --no-audit --no-fund --silent) || exit 1
fi

dotnet build PushNode.sln -c Release -v quiet || exit 1
dotnet format PushNode.sln --no-restore --verify-no-changes || exit 1

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
dotnet test PushNode.sln -c Release --no-build --logger "console;verbosity=normal" --logger "trx;LogFileName=tests.trx" --results-directory "$results"
status=$?

counters=$(grep -o '<Counters [^>]*>' "$results"/tests.trx 2>/dev/null)
count() { sed -n "s/.*[^a-zA-Z]$1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
passed=$(count passed) failed=$(count failed)
if [ -z "$passed" ]; then
  echo "the tests did not run" >&2
  exit 1
fi
[ "$failed" = 0 ] || status=1
if [ -z "${PUSHNODE_TEST_MONGO:-}" ]; then
  skipped=$(grep -c '<Message>.*PUSHNODE_TEST_MONGO names no' "$results"/tests.trx)
  echo "PUSHNODE_TEST_MONGO is not set: $skipped tests that need a MongoDB were skipped. Set it to a connection string (mongodb://host:27017) to run them."
fi
echo "$passed passed, $failed failed"
exit $status
