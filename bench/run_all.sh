#!/usr/bin/env bash
# Everything, one after another and repetition by repetition; results are appended to results/*.jsonl in the work folder.
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
status=0 script=
trap 'kill -TERM $script 2>/dev/null; wait $script; exit 130' INT TERM
for rep in $(seq "${REP_FROM:-1}" "${REPS:-3}"); do
  for what in pushnode "nchan mem" "signalr srv" "signalr srv group" "kestrel wks" "kestrel srv" "node ws" "node socketio" uws "nchan redis" "node socketio-2p"; do
    read -ra words <<<"$what"
    echo "== $what, repetition $rep, $(date +%T)"
    REP_FROM=$rep REPS=$rep timeout 900 "./run_${words[0]}.sh" "${words[@]:1}" &
    script=$!
    wait $script && continue
    echo "$what failed" >&2
    status=1
  done
done
exit $status
