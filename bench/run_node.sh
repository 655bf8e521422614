#!/usr/bin/env bash
# Peers on Node.js.  run_node.sh [ws|socketio|socketio-2p]
#   ws: a map of sockets; socketio: a room per user; socketio-2p: two processes joined by the Redis adapter
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
NAME=${1:-ws}
UNI_PATH='/send?user=%r'
BC_PATH=/broadcast
REDIS_PORT=18190
export NODE_ENV=production
need node npm
case $NAME in
ws)
  PORTS=18103
  WS_PATH='/?user=%d'
  start() {
    serve ws.js $PORTS
  }
  ;;
socketio)
  PORTS=18104
  start() {
    serve socketio.js $PORTS
  }
  ;;
socketio-2p)
  need redis-server
  PORTS=18105,18106
  start() {
    start_redis $REDIS_PORT || return 1
    serve socketio.js 18105 $REDIS_PORT
    serve socketio.js 18106 $REDIS_PORT
  }
  ;;
*)
  echo "run_node.sh [ws|socketio|socketio-2p]" >&2
  exit 2
  ;;
esac
if [ "$NAME" != ws ]; then
  PROTO=socketio
  WS_PATH='/socket.io/?EIO=4&transport=websocket&user=%d'
fi
serve() { # FILE PORT [REDIS-PORT]
  timeout 1200 node "$WORK/node/$1" "${@:2}" >"$WORK/logs/$NAME.$2.log" 2>&1 &
  ROOTS+=($!)
}
mkdir -p "$WORK/node"
cp "$HERE"/peers/node/* "$WORK/node/"
if [ ! -d "$WORK/node/node_modules/ws" ]; then
  (cd "$WORK/node" && timeout 300 npm ci --no-audit --no-fund --silent) || exit 1
fi
bench_main
