# shellcheck shell=bash
# Sourced by run_*.sh.  A script sets
#   NAME PORTS PROTO WS_PATH UNI_PATH BC_PATH [BC_WS_PATH UNI_BODY BC_BODY UNI_SIZE BC_SIZE GC_PATH]
# and a function start() that fills the array ROOTS with the PIDs it started (roots of process trees), and then calls
# bench_main.  Where it has them, prepare() is called before each run of the generator, and more_phases REP after phase D.
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=${BENCH_WORK:-$HERE/.work}
OUT=${BENCH_OUT:-$WORK/results}
REPS=${REPS:-3}
REP_FROM=${REP_FROM:-1}
CONNS=${CONNS:-10000}
WARMUP=${WARMUP:-5}
DURATION=${DURATION:-15}
RATE=${RATE:-5000}
PHASES=${PHASES:-A B C D}
NOISE=${NOISE:-0.10} # share of one core used by other processes above which a run is repeated, once
# 50,000 connections need as many open files in one process; where the hard limit is lower, as many as fit
ulimit -n 1000000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
if [ "$(ulimit -n)" -ge 51000 ]; then
  IDLE1=${IDLE1:-20000} IDLE2=${IDLE2:-50000}
else
  IDLE1=${IDLE1:-10000} IDLE2=${IDLE2:-$(($(ulimit -n) - 1000))}
fi
PROTO=raw
BC_WS_PATH=
GC_PATH=
TOKENS=
UNI_BODY='{"ts":%t,"user":%r,"seq":%n,"text":"%p"}'
BC_BODY=$UNI_BODY
UNI_SIZE=200
BC_SIZE=200
mkdir -p "$WORK/logs" "$OUT" || exit 1
WORK=$(cd "$WORK" && pwd)
OUT=$(cd "$OUT" && pwd)
export WSLOAD=$WORK/wsload
if [ ! -x "$WSLOAD" ] || [ "$HERE/wsload.c" -nt "$WSLOAD" ]; then
  gcc -O2 -Wall -o "$WSLOAD" "$HERE/wsload.c" || exit 1
fi
ROOTS=()
GENERATORS=()

prepare() { :; }
more_phases() { :; }

need() { # COMMAND...: ends the script when one is missing
  local c
  for c in "$@"; do
    command -v "$c" >/dev/null || { echo "$NAME needs $c" >&2; exit 2; }
  done
}

publish() { # PROJECT NAME: into a folder of that name; no compiler stays behind to use CPU while something is measured
  need dotnet
  dotnet publish -c Release -v q -nologo -nodeReuse:false -p:UseSharedCompilation=false -o "$WORK/$2" --artifacts-path "$WORK/build/$2" "$HERE/$1"
}

wait_port() { # PORT: until something listens, 30 s at most
  for _ in $(seq 300); do
    (exec 3<>/dev/tcp/127.0.0.1/"$1") 2>/dev/null && return 0
    kill -0 "${ROOTS[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  echo "$NAME: nothing listens on port $1; see $WORK/logs" >&2
  return 1
}

free_ports() { # PORT[,PORT]: whoever listens there already would be measured in place of the server
  local p
  for p in ${1//,/ }; do
    if (exec 3<>/dev/tcp/127.0.0.1/"$p") 2>/dev/null; then
      echo "$NAME: somebody listens on port $p already" >&2
      return 1
    fi
  done
}

start_redis() { # PORT: one of its own, which stores nothing
  free_ports "$1" || return 1
  timeout 1200 redis-server --port "$1" --bind 127.0.0.1 --save '' --appendonly no --dir "$WORK" >"$WORK/logs/$NAME.redis.log" 2>&1 &
  ROOTS+=($!)
  wait_port "$1"
}

end_generators() {
  [ ${#GENERATORS[@]} -gt 0 ] || return 0
  kill -TERM "${GENERATORS[@]}" 2>/dev/null
  wait "${GENERATORS[@]}" 2>/dev/null
  GENERATORS=()
}

stop() { # only what was started here
  local p all alive i
  end_generators
  [ ${#ROOTS[@]} -gt 0 ] || return 0
  all=$("$HERE/rss.sh" --tree "${ROOTS[@]}")
  kill -TERM "${ROOTS[@]}" 2>/dev/null
  for i in $(seq 150); do
    alive=()
    for p in $all; do [ -d "/proc/$p" ] && ! grep -q '^State:.*Z' "/proc/$p/status" 2>/dev/null && alive+=("$p"); done
    [ ${#alive[@]} -gt 0 ] || break
    [ "$i" = 120 ] && kill -KILL "${alive[@]}" 2>/dev/null
    sleep 0.1
  done
  wait "${ROOTS[@]}" 2>/dev/null
  ROOTS=()
}
trap stop EXIT
trap 'exit 130' INT TERM

up() {
  local p
  ROOTS=()
  free_ports "$PORTS" || return 1
  start || return 1
  for p in ${PORTS//,/ }; do wait_port "$p" || return 1; done
  sleep 1
  PIDS=$("$HERE/rss.sh" --tree "${ROOTS[@]}")
  PIDS=${PIDS// /,}
}

num() { # JSON KEY: the number that first stands under it
  [[ $1 =~ \"$2\":(-?[0-9.]+) ]] && echo "${BASH_REMATCH[1]}"
}

generate() { # SECONDS OUT ERR ARGS...: a generator in the background
  local limit=$1 out=$2 err=$3
  shift 3
  rm -f "$out" "$err"
  timeout "$limit" "$WSLOAD" --port "$PORTS" --proto "$PROTO" ${TOKENS:+--tokens "$TOKENS"} --pids "$PIDS" "$@" >"$out" 2>"$err" &
  GENERATORS+=($!)
}

load() { # PHASE REP ARGS...
  local phase=$1 rep=$2 line try other
  shift 2
  for try in 1 2; do
    prepare
    local body=$UNI_BODY size=$UNI_SIZE path=$WS_PATH to=$UNI_PATH
    # shellcheck disable=SC2153 # the scripts set BC_PATH
    case $phase in D*) body=$BC_BODY size=$BC_SIZE path=${BC_WS_PATH:-$WS_PATH} to=$BC_PATH ;; esac
    generate $((DURATION + 180)) "$WORK/load.out" "$WORK/load.err" --label "$NAME/$phase/$rep" \
      --conns "$CONNS" --path "$path" --pub-path "$to" --body "$body" --body-size "$size" --drain 8 "$@"
    wait "${GENERATORS[0]}"
    GENERATORS=()
    cat "$WORK/load.err" >>"$WORK/logs/$NAME.generator.log"
    line=$(cat "$WORK/load.out")
    if [ -z "$line" ]; then
      echo "$NAME/$phase/$rep: no result: $(tail -n 1 "$WORK/load.err")" >&2
      return 1
    fi
    other=$(num "$line" other_cpu_s)
    if [ "$try" = 1 ] && awk -v o="$other" -v w="$(num "$line" cpu_window_s)" -v l="$NOISE" 'BEGIN{exit !(w > 0 && o / w > l)}'; then
      echo "$NAME/$phase/$rep: other processes used $other s of CPU; once more" >&2
      sleep 5
      continue
    fi
    break
  done
  echo "$line" >>"$OUT/$NAME.jsonl"
  echo "$NAME/$phase/$rep received/s $(num "$line" recv_per_s), server us/message $(num "$line" srv_cpu_us_per_msg), other $other s, failed $(num "$line" failed), lost $(num "$line" lost)"
}

connect_idle() { # PART COUNT OFFSET REP: idle connections that stay; fails when not all come up
  generate 240 "$WORK/idle$1.out" "$WORK/idle$1.err" --path "$WS_PATH" --conns "$2" --user-offset "$3" --hold 200 --label "$NAME/A$1/$4"
  for _ in $(seq 900); do
    grep -sq READY "$WORK/idle$1.err" && break
    kill -0 "${GENERATORS[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  sleep 5
  [ "$(sed -n 's/^READY \([0-9]*\) .*/\1/p' "$WORK/idle$1.err")" = "$2" ] && return
  echo "$NAME/A/$4: not all connections came up: $(cat "$WORK/idle$1.err")" >&2
  return 1
}

idle() { # REP
  local rep=$1 s0 s1 s2 s3=null
  up || return 1
  prepare
  sleep 2
  s0=$("$HERE/rss.sh" "${ROOTS[@]}")
  connect_idle 1 "$IDLE1" 0 "$rep" || return 1
  s1=$("$HERE/rss.sh" "${ROOTS[@]}")
  connect_idle 2 $((IDLE2 - IDLE1)) "$IDLE1" "$rep" || return 1
  s2=$("$HERE/rss.sh" "${ROOTS[@]}")
  if [ -n "$GC_PATH" ]; then
    curl -s -m 20 -o /dev/null "http://127.0.0.1:${PORTS%%,*}$GC_PATH"
    sleep 2
    s3=$("$HERE/rss.sh" "${ROOTS[@]}")
  fi
  stop
  echo "{\"label\":\"$NAME/A/$rep\",\"idle1\":$IDLE1,\"idle2\":$IDLE2,\"s0\":$s0,\"s1\":$s1,\"s2\":$s2,\"gc\":$s3,\"g1\":$(cat "$WORK/idle1.out"),\"g2\":$(cat "$WORK/idle2.out")}" >>"$OUT/$NAME.jsonl"
  echo "$NAME/A/$rep KB/connection $(awk -v a="$(num "$s0" rss_kb)" -v b="$(num "$s1" rss_kb)" -v c="$(num "$s2" rss_kb)" -v n="$IDLE1" -v m="$IDLE2" 'BEGIN{printf "%.2f at %d, %.2f at %d", (b-a)/n, n, (c-a)/m, m}'), connects/s $(num "$(cat "$WORK/idle1.out")" connects_per_s)"
}

asked() { # PHASE...: whether one of them is to be measured
  local p
  for p in "$@"; do
    case " $PHASES " in *" $p "*) return 0 ;; esac
  done
  return 1
}

bench_main() {
  local rep failed=0
  for rep in $(seq "$REP_FROM" "$REPS"); do
    if asked A && ! idle "$rep"; then
      failed=1
      stop
    fi
    asked B C D N || continue
    up || return 1
    if asked B; then load B "$rep" --pub-conc 32 --warmup "$WARMUP" --duration "$DURATION" || failed=1; fi
    if asked C; then load C "$rep" --pub-conc 32 --rate "$RATE" --warmup 3 --duration "$DURATION" || failed=1; fi
    if asked D; then
      load D "$rep" --pub-conc 4 --bcast-window 4 --warmup 3 --duration "$DURATION" || failed=1
      load D1 "$rep" --pub-conc 1 --bcast-window 1 --warmup 1 --duration 5 || failed=1
    fi
    more_phases "$rep" || failed=1
    stop
  done
  return $failed
}
