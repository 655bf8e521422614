#!/usr/bin/env bash
# PushNode, one node as it comes: messages in its journal, which is forced to the disk before each answer, and ack=auto,
# the clients' default: the generator answers the node's pings, so the devices' cursors move and are stored.
# Built from this repository, unless PUSHNODE_BIN names an executable.  Phase N: NDJSON, by "pushnode bench".
PHASES=${PHASES:-A B C D N}
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
NAME=pushnode
PORTS=18100
PROTO=pushnode
WS_PATH='/push?token=%s&device=bench'
UNI_PATH=/collect
BC_PATH=/collect
DATA=$WORK/$NAME-data
BIN=${PUSHNODE_BIN:-$WORK/pushnode/pushnode}
export -n PUSHNODE_BIN # the executable would take it for a setting
need python3
if [ -z "${PUSHNODE_BIN:-}" ]; then
  publish ../PushNode/PushNode.csproj pushnode || exit 1
fi
start() {
  rm -rf "$DATA"
  timeout 1200 "$BIN" --urls "http://127.0.0.1:$PORTS" --data "$DATA" >"$WORK/logs/$NAME.log" 2>&1 &
  ROOTS=($!)
}
# Users of its own for each run: nothing of an earlier one is replayed to them.  Peers get the user in the path and
# 200 bytes as the body; here those 200 bytes are the "data", and the user stands around it.
RUNS=0
prepare() {
  local users=$((CONNS > IDLE2 ? CONNS : IDLE2)) user
  RUNS=$((RUNS + 1))
  user=run$RUNS-
  TOKENS=$WORK/$NAME.tokens
  "$HERE/tokens.py" "$DATA/signing.key" "$user" "$users" >"$TOKENS" || exit 1
  local data='{"ts":%t,"user":%r,"seq":%n,"text":"%p"}'
  UNI_BODY="{\"userId\":\"$user%r\",\"data\":$data}"
  BC_BODY="{\"broadcast\":true,\"data\":$data}"
  local around="{\"userId\":\"${user}1234\",\"data\":}"
  UNI_SIZE=$((200 + ${#around}))
  around='{"broadcast":true,"data":}'
  BC_SIZE=$((200 + ${#around}))
}
# The generator posts one message at a time; streams of NDJSON are measured by what the executable has for it.
more_phases() { # REP
  asked N || return 0
  local line
  "$BIN" bench --batch 1000 --json --url "http://127.0.0.1:$PORTS" --data "$DATA" --connections "$CONNS" --warmup "${WARMUP}s" --duration "${DURATION}s" --pid "$PIDS" \
    >"$WORK/load.out" 2>>"$WORK/logs/$NAME.generator.log" &
  GENERATORS+=($!)
  wait "${GENERATORS[0]}"
  GENERATORS=()
  line=$(cat "$WORK/load.out")
  case $line in
  '{'*) ;;
  *)
    echo "$NAME/N/$1: no result: $(tail -n 1 "$WORK/logs/$NAME.generator.log")" >&2
    return 1
    ;;
  esac
  echo "{\"label\":\"$NAME/N/$1\",\"bench\":$line}" >>"$OUT/$NAME.jsonl"
  echo "$NAME/N/$1 delivered/s $(num "$line" deliveredPerSecond), lost $(num "$line" lost)"
}
bench_main
status=$?
rm -rf "$DATA"
exit $status
