#!/usr/bin/env bash
# rss.sh PID...         one JSON line for the process trees rooted at the PIDs: resident and proportional set size, CPU
#                       seconds used since their start, open files, and the machine's kernel slab and TCP memory
# rss.sh --tree PID...  the PIDs of those trees
set -u

tree() { # the PIDs and all their descendants, to a depth of 6
  local level=("$@") next all=() p
  for _ in 1 2 3 4 5 6; do
    next=()
    for p in "${level[@]}"; do
      [ -d "/proc/$p" ] || continue
      all+=("$p")
      read -ra children < <(cat /proc/"$p"/task/*/children 2>/dev/null | tr '\n' ' ')
      next+=("${children[@]}")
    done
    [ ${#next[@]} -gt 0 ] || break
    level=("${next[@]}")
  done
  echo "${all[@]}"
}

snap() {
  local pids p rss=0 pss=0 anon=0 fds=0 ticks=0 r s a t open
  pids=$(tree "$@")
  for p in $pids; do
    read -r r s a < <(awk '/^Rss:/{r+=$2} /^Pss:/{s+=$2} /^Pss_Anon:/{a+=$2} END{print r+0, s+0, a+0}' /proc/"$p"/smaps_rollup 2>/dev/null) || continue
    rss=$((rss + r)) pss=$((pss + s)) anon=$((anon + a))
    t=$(sed 's/.*) //' /proc/"$p"/stat 2>/dev/null | awk '{print $12 + $13}')
    ticks=$((ticks + ${t:-0}))
    open=(/proc/"$p"/fd/*)
    fds=$((fds + ${#open[@]}))
  done
  awk -v pids="${pids// /,}" -v rss=$rss -v pss=$pss -v anon=$anon -v t=$ticks -v hz="$(getconf CLK_TCK)" -v fds=$fds \
    -v slab="$(awk '/^Slab:/{print $2}' /proc/meminfo)" -v tcp="$(awk '/^TCP:/{print $NF}' /proc/net/sockstat)" \
    'BEGIN{printf "{\"pids\":\"%s\",\"rss_kb\":%d,\"pss_kb\":%d,\"pss_anon_kb\":%d,\"cpu_s\":%.2f,\"fds\":%d,\"slab_kb\":%d,\"tcp_pages\":%d}\n", pids, rss, pss, anon, t/hz, fds, slab, tcp}'
}

case "${1:-}" in
"")
  sed -n '2,4p' "$0"
  exit 2
  ;;
--tree)
  shift
  tree "$@"
  ;;
*) snap "$@" ;;
esac
