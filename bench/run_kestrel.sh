#!/usr/bin/env bash
# Kestrel with UseWebSockets and a dictionary.  run_kestrel.sh [wks|srv]: workstation or server garbage collector
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
GCMODE=${1:-wks}
case $GCMODE in wks | srv) ;; *) echo "run_kestrel.sh [wks|srv]" >&2; exit 2 ;; esac
NAME=kestrel-$GCMODE
PORTS=18101
WS_PATH='/ws?user=%d'
UNI_PATH='/send?user=%r'
BC_PATH=/broadcast
GC_PATH=/gc
need curl
publish peers/kestrel/KestrelPeer.csproj kestrel || exit 1
start() {
  DOTNET_gcServer=$([ "$GCMODE" = srv ] && echo 1 || echo 0) ASPNETCORE_URLS=http://127.0.0.1:$PORTS ASPNETCORE_ENVIRONMENT=Production \
    timeout 1200 dotnet "$WORK/kestrel/KestrelPeer.dll" >"$WORK/logs/$NAME.log" 2>&1 &
  ROOTS=($!)
}
bench_main
