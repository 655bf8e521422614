#!/usr/bin/env bash
# A reference point rather than a peer: any server binary UWS_BIN, of uWebSockets say, that takes the port as its argument
# and serves GET (upgrade) /ws?user=ID, POST /send/ID and POST /broadcast.  Skipped when there is none.
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
NAME=uws
PORTS=18108
WS_PATH='/ws?user=%d'
UNI_PATH='/send/%r'
BC_PATH=/broadcast
[ -x "${UWS_BIN:-}" ] || { echo "UWS_BIN names no executable: skipped"; exit 0; }
start() {
  timeout 1200 "$UWS_BIN" $PORTS >"$WORK/logs/$NAME.log" 2>&1 &
  ROOTS=($!)
}
bench_main
