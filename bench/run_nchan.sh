#!/usr/bin/env bash
# nginx with nchan, two workers.  run_nchan.sh [mem|store|redis]
#   mem: messages are not stored; store: nchan's own buffer in memory; redis: between nodes through Redis, messages not stored
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
MODE=${1:-mem}
NAME=nchan-$MODE
PORTS=18107
REDIS_PORT=18191
WS_PATH='/sub?id=u%d'
UNI_PATH='/pub?id=u%r'
BC_WS_PATH='/sub?id=all'
BC_PATH='/pub?id=all'
MODULES=${NGINX_MODULES:-/usr/lib/nginx/modules}
CONF=$WORK/$NAME.conf
http='' location='' store='nchan_store_messages off;'
PATH=$PATH:/usr/sbin:/sbin
case $MODE in
mem) ;;
store) store='' ;;
redis)
  need redis-server
  http="upstream redis { nchan_redis_server redis://127.0.0.1:$REDIS_PORT; }"
  location='nchan_redis_pass redis;'
  ;;
*)
  echo "run_nchan.sh [mem|store|redis]" >&2
  exit 2
  ;;
esac
need nginx
[ -f "$MODULES/ngx_nchan_module.so" ] || { echo "$NAME needs $MODULES/ngx_nchan_module.so: install libnginx-mod-nchan, or set NGINX_MODULES" >&2; exit 2; }
sed -e "s|@MODULES@|$MODULES|; s|@WORK@|$WORK|g; s|@PORT@|$PORTS|; s|@STORE@|$store|; s|@REDIS_HTTP@|$http|; s|@REDIS_LOCATION@|$location|" "$HERE/peers/nchan.conf.in" >"$CONF"
start() {
  if [ "$MODE" = redis ]; then start_redis $REDIS_PORT || return 1; fi
  timeout 1200 nginx -c "$CONF" >"$WORK/logs/$NAME.log" 2>&1 &
  ROOTS+=($!)
}
bench_main
