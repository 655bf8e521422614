#!/usr/bin/env bash
# ASP.NET Core SignalR with its defaults (JSON protocol, WebSockets without negotiation).  run_signalr.sh [srv|wks] [user|group]
#   user: Clients.User; group: one group per user and Clients.Group
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
GCMODE=${1:-srv}
HOW=${2:-user}
PORTS=18102
PROTO=signalr
WS_PATH='/hub?user=%d'
BC_PATH=/broadcast
GC_PATH=/gc
case $GCMODE-$HOW in
srv-user | wks-user)
  NAME=signalr-$GCMODE
  UNI_PATH='/send?user=%r'
  ;;
srv-group | wks-group)
  NAME=signalr-group-$GCMODE
  UNI_PATH='/sendgroup?user=%r'
  ;;
*)
  echo "run_signalr.sh [srv|wks] [user|group]" >&2
  exit 2
  ;;
esac
need curl
publish peers/signalr/SignalRPeer.csproj signalr || exit 1
start() {
  PEER_GROUPS=$([ "$HOW" = group ] && echo 1 || echo 0) DOTNET_gcServer=$([ "$GCMODE" = srv ] && echo 1 || echo 0) ASPNETCORE_URLS=http://127.0.0.1:$PORTS \
    ASPNETCORE_ENVIRONMENT=Production timeout 1200 dotnet "$WORK/signalr/SignalRPeer.dll" >"$WORK/logs/$NAME.log" 2>&1 &
  ROOTS=($!)
}
bench_main
