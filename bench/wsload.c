// wsload - WebSocket subscriber + HTTP publisher load generator (single file, no dependencies).
// build: gcc -O2 -Wall -o wsload wsload.c
//
// One thread, one epoll set.  Phases: connect -> settle -> [warm-up] -> measure -> drain -> JSON line.
// Time stamps are CLOCK_MONOTONIC nanoseconds, so several wsload processes on one machine agree.
// README.md beside this file has the options and what each number in the output means.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

static inline u64 now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

static void die(const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  fprintf(stderr, "wsload: ");
  vfprintf(stderr, fmt, ap);
  fprintf(stderr, "\n");
  va_end(ap);
  exit(2);
}

// ---------------------------------------------------------------- histogram (log-linear, <0.8 % error)
#define HSUB 7
#define HBUCKETS ((64 - HSUB + 1) << HSUB)
typedef struct {
  u64 c[HBUCKETS];
  u64 n, max, min;
  double sum;
} hist;

static inline int hidx(u64 v) {
  if (v < (1u << HSUB)) return (int)v;
  int e = 63 - __builtin_clzll(v);
  return ((e - HSUB + 1) << HSUB) + (int)((v >> (e - HSUB)) & ((1u << HSUB) - 1));
}
static u64 hval(int i) {
  if (i < (1 << HSUB)) return (u64)i;
  int e = (i >> HSUB) + HSUB - 1;
  u64 m = (u64)(i & ((1 << HSUB) - 1));
  return ((1ull << HSUB) + m) << (e - HSUB);
}
static inline void hadd(hist *h, u64 v) {
  h->c[hidx(v)]++;
  if (!h->n || v < h->min) h->min = v;
  h->n++;
  h->sum += (double)v;
  if (v > h->max) h->max = v;
}
static double hpct_us(const hist *h, double p) {
  if (!h->n) return 0;
  u64 want = (u64)(p / 100.0 * (double)h->n + 0.9999999), s = 0;
  if (want < 1) want = 1;
  for (int i = 0; i < HBUCKETS; i++) {
    s += h->c[i];
    if (s >= want) {
      u64 v = hval(i);
      if (v > h->max) v = h->max;
      return (double)v / 1000.0;
    }
  }
  return (double)h->max / 1000.0;
}
static void hjson(FILE *f, const char *name, const hist *h) {
  fprintf(f,
          "\"%s\":{\"n\":%lu,\"mean_us\":%.1f,\"min_us\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,"
          "\"p999_us\":%.1f,\"max_us\":%.1f}",
          name, h->n, h->n ? h->sum / (double)h->n / 1000.0 : 0.0, (double)h->min / 1000.0, hpct_us(h, 50),
          hpct_us(h, 90), hpct_us(h, 99), hpct_us(h, 99.9), (double)h->max / 1000.0);
}

// ---------------------------------------------------------------- options
enum { P_RAW, P_SIGNALR, P_SOCKETIO, P_PUSHNODE };
static struct {
  const char *host;
  int ports[64], nports;
  int pports[64], npports;
  const char *pub_host;
  int conns;
  const char *path;
  const char *subproto;
  char *headers;
  char *first;
  size_t first_len;
  const char *tokens_file;
  int proto;
  int src_addrs;
  int connect_conc;
  double connect_rate;
  double connect_timeout;
  double hold, settle, warmup, duration, drain;
  double ping_interval;
  int users;
  u32 user_offset;
  // publisher
  const char *pub_path;
  const char *body;
  const char *method;
  const char *ctype;
  char *pub_headers;
  int pub_conc;
  double rate;
  int body_size;
  int bcast_window;
  double stall;
  u64 max_msgs;
  int pids[64], npids;
  const char *label;
  int verbose;
  u64 seed;
} o = {.host = "127.0.0.1",
       .conns = 0,
       .path = "/",
       .src_addrs = 8,
       .connect_conc = 256,
       .connect_timeout = 60,
       .settle = 1,
       .drain = 5,
       .pub_conc = 32,
       .method = "POST",
       .ctype = "application/json",
       .body = "{\"ts\":%t}",
       .stall = 5,
       .label = "",
       .seed = 88172645463325252ull};

// ---------------------------------------------------------------- state
enum { S_NONE, S_CONNECTING, S_UPGRADE, S_PROTO, S_READY, S_DEAD };
typedef struct {
  int fd;
  u8 state;
  u8 in_frag;
  u32 len, cap;  // partial input
  u32 mlen, mcap;  // fragmented message being assembled
  char *buf;
  char *msg;
  u64 t_start;
} conn;

typedef struct {
  int fd;
  u8 state;  // 0 none 1 connecting 2 idle 3 busy
  u64 t_ref;  // latency reference (scheduled time or send time)
  char *out;
  size_t out_len, out_off, out_cap;
  char in[65536];
  size_t in_len;
} pconn;

static conn *C;
static pconn *P;
static int ep;
static char **tokens;
static int ntokens;
static u64 t_begin;

static int n_started, n_inflight, n_ready, n_failed, n_lost;
static u64 t_conn_first, t_conn_last;
static hist h_conn, h_lat, h_pub, h_bc;

// counters; *_w = since start of the measured window
static u64 rx_msgs, rx_bytes, rx_msgs_w, rx_bytes_w, rx_nots_w, rx_other, rx_pings, tx_pings, tx_drop, rx_calls_w;
static u64 pub_sent, pub_done, pub_ok, pub_sent_w, pub_done_w, pub_ok_w, pub_err, pub_reconnects, pub_late_max;
static u64 status_w[600];
static u64 bcast_stalled, bcast_done_w;
static u64 last_rx;
static bool measuring, publishing, draining;
static u64 t_meas, t_meas_end, t_pub0, t_pub_end;
static volatile sig_atomic_t stop_flag;
static char *reasons[8];
static int nreasons;

static void on_sig(int s) {
  (void)s;
  stop_flag = 1;
}

static void note_fail(const char *fmt, ...) {
  char b[400];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(b, sizeof b, fmt, ap);
  va_end(ap);
  for (char *p = b; *p; p++)
    if ((u8)*p < 32 || *p == '"' || *p == '\\') *p = ' ';
  for (int i = 0; i < nreasons; i++)
    if (!strcmp(reasons[i], b)) return;
  if (nreasons < 8) {
    reasons[nreasons++] = strdup(b);
    if (o.verbose) fprintf(stderr, "wsload: %s\n", b);
  }
}

static inline u64 rnd(void) {
  o.seed ^= o.seed << 13;
  o.seed ^= o.seed >> 7;
  o.seed ^= o.seed << 17;
  return o.seed;
}

// ---------------------------------------------------------------- /proc CPU accounting
static double proc_cpu(int pid) {
  char p[64], b[2048];
  snprintf(p, sizeof p, "/proc/%d/stat", pid);
  int fd = open(p, O_RDONLY);
  if (fd < 0) return 0;
  ssize_t n = read(fd, b, sizeof b - 1);
  close(fd);
  if (n <= 0) return 0;
  b[n] = 0;
  char *q = strrchr(b, ')');
  unsigned long ut = 0, st = 0;
  if (!q || sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st) != 2) return 0;
  return (double)(ut + st) / (double)sysconf(_SC_CLK_TCK);
}
static double pids_cpu(void) {
  double s = 0;
  for (int i = 0; i < o.npids; i++) s += proc_cpu(o.pids[i]);
  return s;
}
static double pids_rss_kb(void) {
  double s = 0;
  for (int i = 0; i < o.npids; i++) {
    char p[64], l[256];
    snprintf(p, sizeof p, "/proc/%d/status", o.pids[i]);
    FILE *f = fopen(p, "r");
    if (!f) continue;
    long kb;
    while (fgets(l, sizeof l, f))
      if (sscanf(l, "VmRSS: %ld", &kb) == 1) s += (double)kb;
    fclose(f);
  }
  return s;
}
// CPU seconds of all processes (with their reaped children), of kernel threads (ksoftirqd does part of the loopback
// traffic's work under load), and stolen time; /proc/stat's own busy time is sampled at
// clock ticks and far too coarse for a lightly loaded server
static void sys_cpu(double *busy, double *kernel, double *steal) {
  double hz = (double)sysconf(_SC_CLK_TCK);
  *busy = *kernel = *steal = 0;
  FILE *f = fopen("/proc/stat", "r");
  if (f) {
    unsigned long v[8] = {0};
    if (fscanf(f, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) == 8)
      *steal = (double)v[7] / hz;
    fclose(f);
  }
  DIR *d = opendir("/proc");
  if (!d) return;
  struct dirent *e;
  while ((e = readdir(d))) {
    if (e->d_name[0] < '0' || e->d_name[0] > '9') continue;
    char p[300], b[2048];
    snprintf(p, sizeof p, "/proc/%s/stat", e->d_name);
    int fd = open(p, O_RDONLY);
    if (fd < 0) continue;
    ssize_t n = read(fd, b, sizeof b - 1);
    close(fd);
    if (n <= 0) continue;
    b[n] = 0;
    char *q = strrchr(b, ')');
    unsigned long ut = 0, st = 0;
    unsigned flags = 0;
    long cu = 0, cs = 0;
    if (q && sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %lu %lu %ld %ld", &flags, &ut, &st, &cu, &cs) == 5)
      *(flags & 0x00200000 ? kernel : busy) += (double)(ut + st) / hz + (double)(cu + cs) / hz;
  }
  closedir(d);
}
static double self_cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)r.ru_utime.tv_sec + (double)r.ru_stime.tv_sec +
         (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}
typedef struct {
  double srv, self, busy, kernel, steal, rss;
  u64 t;
} snap;
static snap s0, s1;
static void take_snap(snap *s) {
  s->t = now_ns();
  s->srv = pids_cpu();
  s->self = self_cpu();
  sys_cpu(&s->busy, &s->kernel, &s->steal);
  s->rss = pids_rss_kb();
}

// ---------------------------------------------------------------- templates
// %d %u user index, %s token, %r random user, %t time stamp, %n sequence, %p padding, %% percent
typedef struct {
  u64 user, ruser, ts, seq;
  const char *tok;
} tctx;
static size_t expand(char *dst, size_t cap, const char *t, const tctx *x, size_t pad_to) {
  size_t n = 0;
  const char *pad_at = NULL;
  size_t pad_pos = 0;
  for (; *t && n + 64 < cap; t++) {
    if (*t != '%') {
      dst[n++] = *t;
      continue;
    }
    t++;
    switch (*t) {
      case 'd':
      case 'u': n += (size_t)sprintf(dst + n, "%lu", x->user); break;
      case 'r': n += (size_t)sprintf(dst + n, "%lu", x->ruser); break;
      case 't': n += (size_t)sprintf(dst + n, "%lu", x->ts); break;
      case 'n': n += (size_t)sprintf(dst + n, "%lu", x->seq); break;
      case 's': {
        const char *s = x->tok ? x->tok : "";
        size_t l = strlen(s);
        if (n + l + 64 >= cap) die("template too long");
        memcpy(dst + n, s, l);
        n += l;
        break;
      }
      case 'p':
        pad_at = t;
        pad_pos = n;
        break;
      case '%': dst[n++] = '%'; break;
      case 0: t--; break;
      default:
        dst[n++] = '%';
        dst[n++] = *t;
    }
  }
  if (pad_at && pad_to > n && pad_to < cap) {
    size_t k = pad_to - n;
    memmove(dst + pad_pos + k, dst + pad_pos, n - pad_pos);
    memset(dst + pad_pos, 'x', k);
    n += k;
  }
  dst[n] = 0;
  return n;
}

// ---------------------------------------------------------------- subscriber side
static int nonblock_socket(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void conn_dead(u32 i, const char *why) {
  conn *c = &C[i];
  if (c->state == S_READY) {
    n_ready--;
    n_lost++;
    note_fail("lost: %s", why);
  } else if (c->state != S_DEAD) {
    n_failed++;
    n_inflight--;
    note_fail("connect: %s", why);
  }
  c->state = S_DEAD;
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  free(c->buf);
  free(c->msg);
  c->buf = c->msg = NULL;
  c->len = c->cap = c->mlen = c->mcap = 0;
}

static void conn_start(u32 i) {
  conn *c = &C[i];
  c->fd = nonblock_socket();
  c->state = S_CONNECTING;
  c->t_start = now_ns();
  if (!t_conn_first) t_conn_first = c->t_start;
  n_started++;
  n_inflight++;
  if (c->fd < 0) {
    conn_dead(i, strerror(errno));
    return;
  }
  if (o.src_addrs > 0) {
    int one = 1;
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    struct sockaddr_in s = {.sin_family = AF_INET};
    s.sin_addr.s_addr = htonl(0x7f000001u + (u32)(i % (u32)o.src_addrs));
    if (bind(c->fd, (struct sockaddr *)&s, sizeof s) < 0) {
      conn_dead(i, strerror(errno));
      return;
    }
  }
  struct sockaddr_in d = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o.ports[i % (u32)o.nports])};
  inet_pton(AF_INET, o.host, &d.sin_addr);
  struct epoll_event e = {.events = EPOLLOUT, .data.u64 = i};
  if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e) < 0) die("epoll_ctl: %s", strerror(errno));
  if (connect(c->fd, (struct sockaddr *)&d, sizeof d) < 0 && errno != EINPROGRESS) conn_dead(i, strerror(errno));
}

static void ws_send(u32 i, int opcode, const char *data, size_t n) {
  conn *c = &C[i];
  static u8 f[66000];
  size_t h = 0;
  if (n > sizeof f - 16) return;
  f[h++] = (u8)(0x80 | opcode);
  if (n < 126)
    f[h++] = (u8)(0x80 | n);
  else {
    f[h++] = 0x80 | 126;
    f[h++] = (u8)(n >> 8);
    f[h++] = (u8)n;
  }
  u32 mask = (u32)rnd();
  memcpy(f + h, &mask, 4);
  const u8 *mk = f + h;
  h += 4;
  for (size_t k = 0; k < n; k++) f[h + k] = (u8)data[k] ^ mk[k & 3];
  ssize_t w = send(c->fd, f, h + n, MSG_NOSIGNAL);
  if (w != (ssize_t)(h + n)) {
    tx_drop++;
    if (w > 0) conn_dead(i, "short write on subscriber");
  }
}

static tctx sub_ctx(u32 i) {
  u32 g = i + o.user_offset;
  tctx x = {.user = o.users ? g % (u32)o.users : g, .seq = g, .ts = now_ns()};
  x.ruser = x.user;
  if (ntokens) x.tok = tokens[g % (u32)ntokens];
  return x;
}
static void send_first(u32 i) {
  static char b[65536];
  tctx x = sub_ctx(i);
  size_t n = expand(b, sizeof b, o.first, &x, 0);
  ws_send(i, 1, b, n);
}

static void conn_ready(u32 i) {
  conn *c = &C[i];
  c->state = S_READY;
  n_ready++;
  n_inflight--;
  t_conn_last = now_ns();
  hadd(&h_conn, t_conn_last - c->t_start);
}

static u64 find_ts(const char *p, size_t n) {
  const char *end = p + n;
  while (p < end) {
    const char *q = memmem(p, (size_t)(end - p), "ts", 2);
    if (!q) return 0;
    p = q + 2;
    bool sep = false;
    const char *r = p;
    while (r < end) {
      if (*r == ':' || *r == '=') sep = true, r++;
      else if (*r == '"' || *r == ' ' || *r == '\\') {
        if (*r == '\\' && end - r >= 6 && !memcmp(r, "\\u0022", 6)) r += 6;
        else r++;
      } else
        break;
    }
    if (!sep) continue;
    u64 v = 0;
    int d = 0;
    while (r < end && *r >= '0' && *r <= '9' && d < 20) v = v * 10 + (u64)(*r - '0'), r++, d++;
    if (d >= 9) return v;
  }
  return 0;
}

static void bcast_progress(u64 now);

static inline void app_message(const char *p, size_t n, u64 now) {
  rx_msgs++;
  rx_bytes += n;
  last_rx = now;
  if (measuring) {
    rx_msgs_w++;
    rx_bytes_w += n;
  }
  u64 ts = find_ts(p, n);
  if (t_meas && ts >= t_meas && (measuring || draining)) {
    hadd(&h_lat, now > ts ? now - ts : 0);
  } else if (measuring && !ts)
    rx_nots_w++;
  if (o.bcast_window) bcast_progress(now);
}

static void ws_message(u32 i, int op, const char *p, size_t n, u64 now) {
  conn *c = &C[i];
  (void)op;
  if (o.proto == P_RAW) {
    app_message(p, n, now);
    return;
  }
  if (o.proto == P_SIGNALR) {
    const char *end = p + n;
    while (p < end && c->state != S_DEAD) {
      const char *q = memchr(p, 0x1e, (size_t)(end - p));
      if (!q) q = end;
      size_t l = (size_t)(q - p);
      if (c->state == S_PROTO) {
        if (l >= 2 && p[0] == '{' && p[1] == '}') conn_ready(i);
        else {
          char b[200];
          snprintf(b, sizeof b, "handshake: %.*s", (int)(l > 150 ? 150 : l), p);
          conn_dead(i, b);
          return;
        }
      } else if (l > 8 && !memcmp(p, "{\"type\":", 8)) {
        char t = p[8];
        if (t == '1') app_message(p, l, now);
        else if (t == '6') rx_pings++;
        else if (t == '7') {
          char b[200];
          snprintf(b, sizeof b, "hub close: %.*s", (int)(l > 150 ? 150 : l), p);
          conn_dead(i, b);
          return;
        } else
          rx_other++;
      } else
        rx_other++;
      p = q + 1;
    }
    return;
  }
  if (o.proto == P_PUSHNODE) {
    static const char msg[] = "{\"type\":\"message\"", live[] = "{\"type\":\"live\",\"channel\":\"user:";
    if (n >= sizeof msg - 1 && !memcmp(p, msg, sizeof msg - 1)) app_message(p, n, now);
    else {
      rx_other++;
      if (c->state == S_PROTO && n >= sizeof live - 1 && !memcmp(p, live, sizeof live - 1)) conn_ready(i);
    }
    return;
  }
  // Socket.IO v4+ over Engine.IO 4
  if (n == 0) return;
  if (p[0] == '0') {
    if (o.first) send_first(i);
    else ws_send(i, 1, "40", 2);
  }
  else if (p[0] == '2') {
    rx_pings++;
    ws_send(i, 1, "3", 1);
  } else if (p[0] == '4' && n > 1) {
    if (p[1] == '0') {
      if (c->state == S_PROTO) conn_ready(i);
    } else if (p[1] == '2') app_message(p, n, now);
    else if (p[1] == '4') {
      char b[200];
      snprintf(b, sizeof b, "socket.io: %.*s", (int)(n > 150 ? 150 : n), p);
      conn_dead(i, b);
    } else
      rx_other++;
  } else
    rx_other++;
}

// parses complete frames in p[0..n); returns bytes consumed
static size_t ws_parse(u32 i, char *p, size_t n, u64 now) {
  conn *c = &C[i];
  size_t off = 0;
  while (n - off >= 2) {
    u8 *f = (u8 *)p + off;
    int fin = f[0] >> 7, op = f[0] & 15;
    u64 l = f[1] & 127;
    size_t h = 2;
    if (f[0] & 0x70) {
      conn_dead(i, "reserved bits set");
      return n;
    }
    if (f[1] & 0x80) {
      conn_dead(i, "masked frame from server");
      return n;
    }
    if (l == 126) {
      if (n - off < 4) break;
      l = ((u64)f[2] << 8) | f[3];
      h = 4;
    } else if (l == 127) {
      if (n - off < 10) break;
      l = 0;
      for (int k = 2; k < 10; k++) l = (l << 8) | f[k];
      h = 10;
      if (l > (64u << 20)) {
        conn_dead(i, "frame over 64 MiB");
        return n;
      }
    }
    if (n - off < h + l) break;
    char *d = p + off + h;
    off += h + (size_t)l;
    if (op >= 8) {
      if (op == 9) {
        rx_pings++;
        ws_send(i, 10, d, (size_t)l);
      } else if (op == 8) {
        char b[200];
        int code = l >= 2 ? ((u8)d[0] << 8 | (u8)d[1]) : 0;
        snprintf(b, sizeof b, "close frame %d %.*s", code, l > 2 ? (int)(l > 100 ? 100 : l - 2) : 0, d + 2);
        conn_dead(i, b);
      }
      // pong: nothing
    } else if (op == 0 || !fin) {
      if (op != 0) c->mlen = 0, c->in_frag = 1;
      else if (!c->in_frag) {
        conn_dead(i, "continuation without start");
        return n;
      }
      if (c->mlen + l > c->mcap) {
        c->mcap = (u32)((c->mlen + l) * 2 + 256);
        c->msg = realloc(c->msg, c->mcap);
        if (!c->msg) die("out of memory");
      }
      memcpy(c->msg + c->mlen, d, (size_t)l);
      c->mlen += (u32)l;
      if (fin) {
        c->in_frag = 0;
        ws_message(i, 1, c->msg, c->mlen, now);
        if (c->state != S_DEAD) {
          free(c->msg);
          c->msg = NULL;
          c->mlen = c->mcap = 0;
        }
      }
    } else {
      if (c->in_frag) {
        conn_dead(i, "data frame inside fragmented message");
        return n;
      }
      ws_message(i, op, d, (size_t)l, now);
    }
    if (c->state == S_DEAD) return n;
  }
  return off;
}

static char rbuf[1 << 18];

static void sub_input(u32 i, char *p, size_t n, u64 now);

static void sub_upgrade(u32 i) {
  // whole response head is in c->buf
  conn *c = &C[i];
  char *e = memmem(c->buf, c->len, "\r\n\r\n", 4);
  if (!e) {
    if (c->len > 32768) conn_dead(i, "upgrade response too long");
    return;
  }
  size_t head = (size_t)(e - c->buf) + 4;
  if (c->len < 12 || memcmp(c->buf, "HTTP/1.1 101", 12)) {
    char b[160];
    snprintf(b, sizeof b, "status: %.*s", (int)(c->len < 60 ? c->len : 60), c->buf);
    char *nl = strpbrk(b, "\r\n");
    if (nl) *nl = 0;
    conn_dead(i, b);
    return;
  }
  if (!memmem(c->buf, head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)) {
    conn_dead(i, "wrong Sec-WebSocket-Accept");
    return;
  }
  char *rest = NULL;
  size_t rl = c->len - head;
  if (rl) {
    rest = malloc(rl);
    memcpy(rest, c->buf + head, rl);
  }
  free(c->buf);
  c->buf = NULL;
  c->len = c->cap = 0;
  if (o.proto == P_SIGNALR) {
    c->state = S_PROTO;
    if (o.first) send_first(i);
    else ws_send(i, 1, "{\"protocol\":\"json\",\"version\":1}\x1e", 32);
  } else if (o.proto == P_SOCKETIO) {
    c->state = S_PROTO;
  } else if (o.proto == P_PUSHNODE) {
    c->state = S_PROTO;  // until the user's channel is live
    if (o.first) send_first(i);
  } else {
    if (o.first) send_first(i);
    conn_ready(i);
  }
  if (rest) {
    if (c->state != S_DEAD) sub_input(i, rest, rl, now_ns());
    free(rest);
  }
}

static void buf_append(conn *c, const char *p, size_t n) {
  if (c->len + n > c->cap) {
    size_t cap = c->cap ? c->cap : 256;
    while (cap < c->len + n) cap *= 2;
    c->buf = realloc(c->buf, cap);
    if (!c->buf) die("out of memory");
    c->cap = (u32)cap;
  }
  memcpy(c->buf + c->len, p, n);
  c->len += (u32)n;
}

static void sub_input(u32 i, char *p, size_t n, u64 now) {
  conn *c = &C[i];
  if (c->state == S_UPGRADE) {
    buf_append(c, p, n);
    sub_upgrade(i);
    return;
  }
  if (c->len) {
    buf_append(c, p, n);
    size_t u = ws_parse(i, c->buf, c->len, now);
    if (c->state == S_DEAD) return;
    if (u == c->len) {
      free(c->buf);
      c->buf = NULL;
      c->len = c->cap = 0;
    } else if (u) {
      memmove(c->buf, c->buf + u, c->len - u);
      c->len -= (u32)u;
    }
    return;
  }
  size_t u = ws_parse(i, p, n, now);
  if (c->state == S_DEAD) return;
  if (u < n) buf_append(c, p + u, n - u);
}

static void sub_event(u32 i, u32 ev) {
  conn *c = &C[i];
  if (c->state == S_DEAD || c->fd < 0) return;
  if (c->state == S_CONNECTING) {
    int err = 0;
    socklen_t l = sizeof err;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
    if (err) {
      conn_dead(i, strerror(err));
      return;
    }
    char path[4096], req[8192];
    tctx x = sub_ctx(i);
    expand(path, sizeof path, o.path, &x, 0);
    int n = snprintf(req, sizeof req,
                     "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s%s\r\n",
                     path, o.host, o.ports[i % (u32)o.nports], o.subproto ? "Sec-WebSocket-Protocol: " : "",
                     o.subproto ? o.subproto : "", o.subproto ? "\r\n" : "", o.headers ? o.headers : "");
    if (n >= (int)sizeof req) die("request too long");
    if (send(c->fd, req, (size_t)n, MSG_NOSIGNAL) != n) {
      conn_dead(i, "request write");
      return;
    }
    c->state = S_UPGRADE;
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = i};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    return;
  }
  if (!(ev & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  for (int k = 0; k < 16; k++) {
    ssize_t n = recv(c->fd, rbuf, sizeof rbuf, 0);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      conn_dead(i, strerror(errno));
      return;
    }
    if (n == 0) {
      conn_dead(i, "closed by server");
      return;
    }
    if (measuring) rx_calls_w++;
    sub_input(i, rbuf, (size_t)n, now_ns());
    if (c->state == S_DEAD || n < (ssize_t)sizeof rbuf) return;
  }
}

// ---------------------------------------------------------------- publisher side
static int *idle_stack, n_idle;
static u64 next_due;  // scheduled time of the next message (rate mode)
static double due_step;
static u64 due_count;
// broadcast bookkeeping: send times of outstanding broadcasts
static u64 bc_base, bc_sent, bc_done;
static u64 bc_time[4096];

static void bcast_progress(u64 now) {
  u64 n = (u64)n_ready;
  if (!n) return;
  while (bc_done < bc_sent && rx_msgs - bc_base >= (bc_done + 1) * n) {
    if (measuring) {
      hadd(&h_bc, now - bc_time[bc_done & 4095]);
      bcast_done_w++;
    }
    bc_done++;
  }
}

static void pub_connect(int j) {
  pconn *p = &P[j];
  p->fd = nonblock_socket();
  if (p->fd < 0) die("socket: %s", strerror(errno));
  struct sockaddr_in d = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o.pports[j % o.npports])};
  inet_pton(AF_INET, o.pub_host, &d.sin_addr);
  p->state = 1;
  p->in_len = 0;
  struct epoll_event e = {.events = EPOLLOUT, .data.u64 = (1ull << 32) | (u64)j};
  epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &e);
  if (connect(p->fd, (struct sockaddr *)&d, sizeof d) < 0 && errno != EINPROGRESS) {
    note_fail("publisher connect: %s", strerror(errno));
    close(p->fd);
    p->fd = -1;
    p->state = 0;
  }
}

static void pub_fail(int j, const char *why) {
  pconn *p = &P[j];
  if (p->state == 3) pub_err++;
  note_fail("publisher: %s", why);
  close(p->fd);
  p->fd = -1;
  p->state = 0;
  pub_reconnects++;
  if (pub_reconnects < 1000000 && !stop_flag) pub_connect(j);
}

static void pub_flush(int j) {
  pconn *p = &P[j];
  while (p->out_off < p->out_len) {
    ssize_t w = send(p->fd, p->out + p->out_off, p->out_len - p->out_off, MSG_NOSIGNAL);
    if (w < 0) {
      if (errno == EAGAIN) {
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.u64 = (1ull << 32) | (u64)j};
        epoll_ctl(ep, EPOLL_CTL_MOD, p->fd, &e);
        return;
      }
      pub_fail(j, strerror(errno));
      return;
    }
    p->out_off += (size_t)w;
  }
}

static void pub_send(int j, u64 ts) {
  pconn *p = &P[j];
  static char body[1 << 20], path[4096];
  u64 users = o.users ? (u64)o.users : (u64)(o.conns ? o.conns : 1);
  tctx x = {.ruser = rnd() % users, .user = pub_sent % users, .ts = ts, .seq = pub_sent};
  if (ntokens) x.tok = tokens[pub_sent % (u64)ntokens];
  size_t bl = expand(body, sizeof body, o.body, &x, (size_t)o.body_size);
  expand(path, sizeof path, o.pub_path, &x, 0);
  size_t need = bl + 8192 + (o.pub_headers ? strlen(o.pub_headers) : 0);
  if (p->out_cap < need) {
    p->out = realloc(p->out, need);
    p->out_cap = need;
  }
  static char xh[16384];
  if (o.pub_headers) expand(xh, sizeof xh, o.pub_headers, &x, 0);
  int h = sprintf(p->out, "%s %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n", o.method,
                  path, o.pub_host, o.pports[j % o.npports], o.ctype, bl, o.pub_headers ? xh : "");
  memcpy(p->out + h, body, bl);
  p->out_len = (size_t)h + bl;
  p->out_off = 0;
  p->t_ref = ts;
  p->state = 3;
  pub_sent++;
  if (measuring) pub_sent_w++;
  if (o.bcast_window) {
    bc_time[bc_sent & 4095] = now_ns();
    bc_sent++;
  }
  pub_flush(j);
}

// sends whatever may be sent now
static void pub_pump(u64 now) {
  if (!publishing) return;
  while (n_idle > 0) {
    if (o.max_msgs && pub_sent >= o.max_msgs) return;
    u64 ts;
    if (o.bcast_window) {
      if (bc_sent - bc_done >= (u64)o.bcast_window) {
        if (now - bc_time[bc_done & 4095] < (u64)(o.stall * 1e9)) return;
        // lost deliveries: give up on the outstanding ones, start counting afresh
        bcast_stalled += bc_sent - bc_done;
        bc_done = bc_sent;
        bc_base = rx_msgs - bc_done * (u64)n_ready;
      }
    }
    if (o.rate > 0) {
      if (now < next_due) return;
      ts = next_due;
      u64 late = now - next_due;
      if (measuring && late > pub_late_max) pub_late_max = late;
      due_count++;
      next_due = t_pub0 + (u64)(due_step * (double)due_count);
    } else
      ts = now_ns();
    int j = idle_stack[--n_idle];
    if (P[j].state != 2) continue;
    pub_send(j, ts);
    now = now_ns();
    if (now >= t_pub_end) return;
  }
}

static void pub_idle(int j) {
  P[j].state = 2;
  idle_stack[n_idle++] = j;
}

// returns bytes of a complete response in p->in, 0 when incomplete, -1 on error; *close set when the peer will close
static ssize_t http_response(pconn *p, int *status, bool *close_it) {
  char *e = memmem(p->in, p->in_len, "\r\n\r\n", 4);
  if (!e) return p->in_len >= sizeof p->in ? -1 : 0;
  size_t head = (size_t)(e - p->in) + 4;
  if (p->in_len < 12 || memcmp(p->in, "HTTP/1.", 7)) return -1;
  *status = atoi(p->in + 9);
  *close_it = false;
  long cl = -1;
  bool chunked = false;
  char *l = memchr(p->in, '\n', head);
  while (l && l + 1 < e) {
    l++;
    if (!strncasecmp(l, "content-length:", 15)) cl = atol(l + 15);
    else if (!strncasecmp(l, "transfer-encoding:", 18)) chunked = strncasecmp(l + 18, " chunked", 8) == 0;
    else if (!strncasecmp(l, "connection:", 11)) *close_it = strncasecmp(l + 11, " close", 6) == 0;
    l = memchr(l, '\n', (size_t)(p->in + head - l));
  }
  if (*status == 204 || *status == 304) return (ssize_t)head;
  if (chunked) {
    size_t o2 = head;
    for (int k = 0; k < 100000; k++) {
      char *nl = memmem(p->in + o2, p->in_len - o2, "\r\n", 2);
      if (!nl) return 0;
      size_t sz = strtoul(p->in + o2, NULL, 16);
      size_t after = (size_t)(nl - p->in) + 2 + sz + 2;
      if (after > p->in_len) return 0;
      o2 = after;
      if (sz == 0) return (ssize_t)o2;
    }
    return -1;
  }
  if (cl < 0) {
    if (*close_it) return (ssize_t)p->in_len;  // body to EOF: treat what came as the body
    cl = 0;
  }
  if (p->in_len < head + (size_t)cl) return p->in_len >= sizeof p->in ? -1 : 0;
  return (ssize_t)(head + (size_t)cl);
}

static void pub_event(int j, u32 ev) {
  pconn *p = &P[j];
  if (p->fd < 0) return;
  if (p->state == 1) {
    int err = 0;
    socklen_t l = sizeof err;
    getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &err, &l);
    if (err) {
      note_fail("publisher connect: %s", strerror(err));
      close(p->fd);
      p->fd = -1;
      p->state = 0;
      return;
    }
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = (1ull << 32) | (u64)j};
    epoll_ctl(ep, EPOLL_CTL_MOD, p->fd, &e);
    pub_idle(j);
    return;
  }
  if ((ev & EPOLLOUT) && p->out_off < p->out_len) {
    pub_flush(j);
    if (p->fd >= 0 && p->out_off == p->out_len) {
      struct epoll_event e = {.events = EPOLLIN, .data.u64 = (1ull << 32) | (u64)j};
      epoll_ctl(ep, EPOLL_CTL_MOD, p->fd, &e);
    }
  }
  if (!(ev & (EPOLLIN | EPOLLHUP | EPOLLERR)) || p->fd < 0) return;
  ssize_t n = recv(p->fd, p->in + p->in_len, sizeof p->in - p->in_len, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    if (p->state == 2) {  // idle keep-alive connection closed by the peer: take it off the stack
      for (int k = 0; k < n_idle; k++)
        if (idle_stack[k] == j) {
          idle_stack[k] = idle_stack[--n_idle];
          break;
        }
    }
    pub_fail(j, n == 0 ? "closed by server" : strerror(errno));
    return;
  }
  p->in_len += (size_t)n;
  if (p->state != 3) {
    p->in_len = 0;
    return;
  }
  int status = 0;
  bool cl = false;
  ssize_t u = http_response(p, &status, &cl);
  if (u == 0) return;
  if (u < 0) {
    pub_fail(j, "bad response");
    return;
  }
  u64 now = now_ns();
  p->in_len -= (size_t)u;
  if (p->in_len) memmove(p->in, p->in + u, p->in_len);
  pub_done++;
  bool ok = status >= 200 && status < 300;
  if (ok) pub_ok++;
  if (measuring) {
    pub_done_w++;
    if (ok) pub_ok_w++;
    if (status >= 0 && status < 600) status_w[status]++;
    if (p->t_ref >= t_meas) hadd(&h_pub, now - p->t_ref);
  }
  if (cl) {
    close(p->fd);
    p->fd = -1;
    p->state = 0;
    pub_reconnects++;
    pub_connect(j);
    return;
  }
  pub_idle(j);
}

// ---------------------------------------------------------------- main
static void parse_ports(const char *s, int *a, int *n) {
  char *d = strdup(s), *sv = NULL;
  for (char *t = strtok_r(d, ",", &sv); t && *n < 64; t = strtok_r(NULL, ",", &sv)) a[(*n)++] = atoi(t);
  free(d);
}
static char *unescape(const char *s, size_t *len) {
  char *d = malloc(strlen(s) + 1);
  size_t n = 0;
  for (; *s; s++) {
    if (*s == '\\' && s[1] == 'x' && s[2] && s[3]) {
      char h[3] = {s[2], s[3], 0};
      d[n++] = (char)strtol(h, NULL, 16);
      s += 3;
    } else if (*s == '\\' && s[1] == 'n') d[n++] = '\n', s++;
    else if (*s == '\\' && s[1] == 'r') d[n++] = '\r', s++;
    else d[n++] = *s;
  }
  d[n] = 0;
  *len = n;
  return d;
}
static char *append_header(char *old, const char *h) {
  size_t a = old ? strlen(old) : 0, b = strlen(h);
  char *r = realloc(old, a + b + 3);
  memcpy(r + a, h, b);
  memcpy(r + a + b, "\r\n", 3);
  return r;
}
static void load_tokens(void) {
  FILE *f = fopen(o.tokens_file, "r");
  if (!f) die("%s: %s", o.tokens_file, strerror(errno));
  char *l = NULL;
  size_t cap = 0, alloc = 0;
  ssize_t n;
  while ((n = getline(&l, &cap, f)) > 0) {
    while (n > 0 && (l[n - 1] == '\n' || l[n - 1] == '\r')) l[--n] = 0;
    if (!n) continue;
    if ((size_t)ntokens == alloc) {
      alloc = alloc ? alloc * 2 : 1024;
      tokens = realloc(tokens, alloc * sizeof *tokens);
    }
    tokens[ntokens++] = strdup(l);
  }
  free(l);
  fclose(f);
  if (!ntokens) die("no tokens in %s", o.tokens_file);
}

static void usage(void) {
  fprintf(stderr,
          "wsload [options]\n"
          " subscribers: --host A --port P[,P..] --conns N --path T --subprotocol S --header H --first TEXT\n"
          "   --tokens FILE --proto raw|signalr|socketio|pushnode --src-addrs K --connect-conc K --connect-rate R\n"
          "   --connect-timeout S --ping-interval S --users U --user-offset K --hold S\n"
          " publisher: --pub-path T (turns it on) --pub-host A --pub-port P[,P..] --pub-conc C --rate R (0: closed loop)\n"
          "   --body T --body-size N --method M --content-type T --pub-header H --bcast-window W --stall S --max-msgs N\n"
          " phases: --settle S --warmup S --duration S --drain S\n"
          " other: --pids P[,P..] --label L --seed N --verbose\n"
          " templates: %%d/%%u user index, %%s token, %%r random user, %%t time stamp ns, %%n sequence, %%p padding, %%%%\n");
  exit(2);
}

int main(int argc, char **argv) {
  enum { HOST = 256, PORT, CONNS, PATH, SUBP, HEADER, FIRST, TOKENS, PROTO, SRC, CCONC, CRATE, CTO, PINGI, USERS, HOLD,
         PPATH, PHOST, PPORT, PCONC, RATE, BODY, BSIZE, METHOD, CTYPE, PHEADER, BCW, STALL, MAXM, UOFF, SETTLE, WARM, DUR,
         DRAIN, PIDS, LABEL, SEED, VERB, HELP };
  static struct option lo[] = {
      {"host", 1, 0, HOST}, {"port", 1, 0, PORT}, {"conns", 1, 0, CONNS}, {"path", 1, 0, PATH},
      {"subprotocol", 1, 0, SUBP}, {"header", 1, 0, HEADER}, {"first", 1, 0, FIRST}, {"tokens", 1, 0, TOKENS},
      {"proto", 1, 0, PROTO}, {"src-addrs", 1, 0, SRC}, {"connect-conc", 1, 0, CCONC}, {"connect-rate", 1, 0, CRATE},
      {"connect-timeout", 1, 0, CTO}, {"ping-interval", 1, 0, PINGI}, {"users", 1, 0, USERS}, {"hold", 1, 0, HOLD},
      {"pub-path", 1, 0, PPATH}, {"pub-host", 1, 0, PHOST}, {"pub-port", 1, 0, PPORT}, {"pub-conc", 1, 0, PCONC},
      {"rate", 1, 0, RATE}, {"body", 1, 0, BODY}, {"body-size", 1, 0, BSIZE}, {"method", 1, 0, METHOD},
      {"content-type", 1, 0, CTYPE}, {"pub-header", 1, 0, PHEADER}, {"bcast-window", 1, 0, BCW}, {"stall", 1, 0, STALL},
      {"max-msgs", 1, 0, MAXM}, {"user-offset", 1, 0, UOFF}, {"settle", 1, 0, SETTLE}, {"warmup", 1, 0, WARM}, {"duration", 1, 0, DUR},
      {"drain", 1, 0, DRAIN}, {"pids", 1, 0, PIDS}, {"label", 1, 0, LABEL}, {"seed", 1, 0, SEED},
      {"verbose", 0, 0, VERB}, {"help", 0, 0, HELP}, {0, 0, 0, 0}};
  int k;
  while ((k = getopt_long(argc, argv, "", lo, NULL)) != -1) switch (k) {
      case HOST: o.host = optarg; break;
      case PORT: parse_ports(optarg, o.ports, &o.nports); break;
      case CONNS: o.conns = atoi(optarg); break;
      case PATH: o.path = optarg; break;
      case SUBP: o.subproto = optarg; break;
      case HEADER: o.headers = append_header(o.headers, optarg); break;
      case FIRST: o.first = unescape(optarg, &o.first_len); break;
      case TOKENS: o.tokens_file = optarg; break;
      case PROTO:
        if (!strcmp(optarg, "raw")) o.proto = P_RAW;
        else if (!strcmp(optarg, "signalr")) o.proto = P_SIGNALR;
        else if (!strcmp(optarg, "socketio")) o.proto = P_SOCKETIO;
        else if (!strcmp(optarg, "pushnode")) o.proto = P_PUSHNODE;
        else usage();
        break;
      case SRC: o.src_addrs = atoi(optarg); break;
      case CCONC: o.connect_conc = atoi(optarg); break;
      case CRATE: o.connect_rate = atof(optarg); break;
      case CTO: o.connect_timeout = atof(optarg); break;
      case PINGI: o.ping_interval = atof(optarg); break;
      case USERS: o.users = atoi(optarg); break;
      case HOLD: o.hold = atof(optarg); break;
      case PPATH: o.pub_path = optarg; break;
      case PHOST: o.pub_host = optarg; break;
      case PPORT: parse_ports(optarg, o.pports, &o.npports); break;
      case PCONC: o.pub_conc = atoi(optarg); break;
      case RATE: o.rate = atof(optarg); break;
      case BODY: o.body = optarg; break;
      case BSIZE: o.body_size = atoi(optarg); break;
      case METHOD: o.method = optarg; break;
      case CTYPE: o.ctype = optarg; break;
      case PHEADER: o.pub_headers = append_header(o.pub_headers, optarg); break;
      case BCW: o.bcast_window = atoi(optarg); break;
      case STALL: o.stall = atof(optarg); break;
      case MAXM: o.max_msgs = strtoull(optarg, NULL, 10); break;
      case UOFF: o.user_offset = (u32)atoi(optarg); break;
      case SETTLE: o.settle = atof(optarg); break;
      case WARM: o.warmup = atof(optarg); break;
      case DUR: o.duration = atof(optarg); break;
      case DRAIN: o.drain = atof(optarg); break;
      case PIDS: parse_ports(optarg, o.pids, &o.npids); break;
      case LABEL: o.label = optarg; break;
      case SEED: o.seed ^= strtoull(optarg, NULL, 10) * 0x9E3779B97F4A7C15ull; break;
      case VERB: o.verbose = 1; break;
      default: usage();
    }
  if (!o.nports && !o.npports) usage();
  if (!o.pub_host) o.pub_host = o.host;
  if (!o.npports) memcpy(o.pports, o.ports, sizeof o.ports), o.npports = o.nports;
  if (!o.nports) memcpy(o.ports, o.pports, sizeof o.ports), o.nports = o.npports;
  if (strncmp(o.host, "127.", 4) || strncmp(o.pub_host, "127.", 4)) die("loopback addresses only");
  if (o.bcast_window > 4096) die("--bcast-window is at most 4096");
  if (o.pub_conc < 1) o.pub_conc = 1;
  if (o.body_size > 900000) die("--body-size is at most 900000");
  if (o.proto == P_SIGNALR && o.ping_interval == 0) o.ping_interval = 12;
  if (o.tokens_file) load_tokens();

  struct rlimit rl = {1000000, 1000000};
  if (setrlimit(RLIMIT_NOFILE, &rl) < 0) {
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
  }
  getrlimit(RLIMIT_NOFILE, &rl);
  if (rl.rlim_cur < (rlim_t)o.conns + 100) die("open file limit %lu is too low", (unsigned long)rl.rlim_cur);
  prctl(PR_SET_TIMERSLACK, 1000);
  signal(SIGPIPE, SIG_IGN);
  struct sigaction sa = {.sa_handler = on_sig};
  sigaction(SIGTERM, &sa, NULL);
  sigaction(SIGINT, &sa, NULL);

  C = calloc((size_t)o.conns + 1, sizeof *C);
  for (int i = 0; i < o.conns; i++) C[i].fd = -1;
  bool pub = o.pub_path != NULL && o.duration > 0;
  if (pub) {
    P = calloc((size_t)o.pub_conc, sizeof *P);
    idle_stack = calloc((size_t)o.pub_conc + 1, sizeof *idle_stack);
    for (int j = 0; j < o.pub_conc; j++) P[j].fd = -1;
  }
  ep = epoll_create1(EPOLL_CLOEXEC);
  t_begin = now_ns();

  enum { PH_CONNECT, PH_SETTLE, PH_WARM, PH_MEAS, PH_DRAIN, PH_HOLD, PH_END } ph = PH_CONNECT;
  u64 t_phase = t_begin, ping_epoch = 0, ping_done = 0;
  int next_conn = 0;
  static struct epoll_event evs[1024];
  double idle_s = 0;
  take_snap(&s0);
  snap sc = s0;  // before connecting
  snap sr = s0;  // when all are connected

  while (ph != PH_END) {
    u64 now = now_ns();
    if (stop_flag && ph != PH_DRAIN) break;

    // --- phase changes
    if (ph == PH_CONNECT) {
      int allowed = o.conns;
      if (o.connect_rate > 0) {
        double a = (double)(now - t_begin) / 1e9 * o.connect_rate + 1;
        if (a < allowed) allowed = (int)a;
      }
      int burst = 64;
      while (next_conn < allowed && n_inflight < o.connect_conc && burst-- > 0) conn_start((u32)next_conn++);
      bool timeout = now - t_begin > (u64)(o.connect_timeout * 1e9);
      if ((next_conn == o.conns && n_inflight == 0) || timeout) {
        if (timeout) {
          for (int i = 0; i < next_conn; i++)
            if (C[i].state != S_READY && C[i].state != S_DEAD) conn_dead((u32)i, "timed out");
        }
        take_snap(&sr);
        fprintf(stderr, "READY %d of %d\n", n_ready, o.conns);
        if (pub)
          for (int j = 0; j < o.pub_conc; j++) pub_connect(j);
        ph = PH_SETTLE;
        t_phase = now_ns();
        ping_epoch = t_phase;
      }
    } else if (ph == PH_SETTLE) {
      if (now - t_phase >= (u64)(o.settle * 1e9)) {
        if (pub) {
          publishing = true;
          t_pub0 = now;
          due_step = o.rate > 0 ? 1e9 / o.rate : 0;
          due_count = 0;
          next_due = t_pub0;
          t_pub_end = now + (u64)((o.warmup + o.duration) * 1e9);
          bc_base = rx_msgs;
          ph = PH_WARM;
        } else if (o.duration > 0)
          ph = PH_WARM;
        else
          ph = PH_HOLD;
        t_phase = now;
      }
    }
    if (ph == PH_WARM && now - t_phase >= (u64)(o.warmup * 1e9)) {
      take_snap(&s0);
      measuring = true;
      t_meas = s0.t;
      ph = PH_MEAS;
      t_phase = now = now_ns();
    }
    if (ph == PH_MEAS && now - t_meas >= (u64)(o.duration * 1e9)) {
      publishing = false;
      t_meas_end = now_ns();
      take_snap(&s1);
      measuring = false;
      draining = true;
      ph = PH_DRAIN;
      t_phase = now;
    }
    if (ph == PH_DRAIN) {
      idle_s = (double)(now - (last_rx > t_phase ? last_rx : t_phase)) / 1e9;
      bool busy = false;
      if (pub)
        for (int j = 0; j < o.pub_conc && !busy; j++) busy = P[j].state == 3;
      if (now - t_phase >= (u64)(o.drain * 1e9) || (!busy && idle_s > 1.0) || stop_flag) {
        ph = o.hold > 0 && !stop_flag ? PH_HOLD : PH_END;
        t_phase = now;
      }
    }
    if (ph == PH_HOLD && (o.hold <= 0 || now - t_phase >= (u64)(o.hold * 1e9))) ph = PH_END;
    if (ph == PH_END) break;

    if (publishing) pub_pump(now);

    // --- client pings, spread evenly over the interval
    if (ping_epoch && now > ping_epoch && o.ping_interval > 0 && o.conns > 0) {
      u64 want = (u64)((double)(now - ping_epoch) / 1e9 / o.ping_interval * o.conns);
      int burst = 256;
      while (ping_done < want && burst-- > 0) {
        u32 i = (u32)(ping_done++ % (u64)o.conns);
        if (C[i].state != S_READY) continue;
        tx_pings++;
        if (o.proto == P_SIGNALR) ws_send(i, 1, "{\"type\":6}\x1e", 11);
        else if (o.proto == P_RAW) ws_send(i, 9, "", 0);
      }
    }

    // --- wait
    u64 wait = 20000000ull;
    now = now_ns();
    if (ph == PH_CONNECT) {
      if (next_conn < o.conns && n_inflight < o.connect_conc) wait = o.connect_rate > 0 ? 200000 : 0;
    } else if (ph == PH_MEAS || ph == PH_WARM) {
      u64 end = ph == PH_MEAS ? t_meas + (u64)(o.duration * 1e9) : t_phase + (u64)(o.warmup * 1e9);
      u64 w = end > now ? end - now : 0;
      if (w < wait) wait = w;
      if (o.rate > 0 && n_idle > 0 && publishing) {
        w = next_due > now ? next_due - now : 0;
        if (w < wait) wait = w;
      }
    }
    if (o.ping_interval > 0 && ping_epoch && wait > 5000000ull) wait = 5000000ull;
    struct timespec ts = {(time_t)(wait / 1000000000ull), (long)(wait % 1000000000ull)};
    int n = epoll_pwait2(ep, evs, 1024, &ts, NULL);
    if (n < 0) {
      if (errno == EINTR) continue;
      die("epoll_pwait2: %s", strerror(errno));
    }
    for (int q = 0; q < n; q++) {
      u64 d = evs[q].data.u64;
      if (d >> 32) {
        pub_event((int)(u32)d, evs[q].events);
        if (publishing && o.rate == 0 && !o.bcast_window && now_ns() < t_pub_end) pub_pump(now);
      } else
        sub_event((u32)d, evs[q].events);
      // keep the schedule while a long batch of events is handled
      if (publishing && o.rate > 0 && (q & 15) == 15) {
        u64 t = now_ns();
        if (t >= next_due) pub_pump(t);
      }
    }
  }

  if (!t_meas_end) {
    t_meas_end = now_ns();
    take_snap(&s1);
    if (!t_meas) s0 = sr;
  }
  double w = t_meas ? (double)(t_meas_end - t_meas) / 1e9 : 0;
  double cs = t_conn_last > t_conn_first ? (double)(t_conn_last - t_conn_first) / 1e9 : 0;
  FILE *f = stdout;
  fprintf(f, "{\"label\":\"%s\",\"conns\":%d,\"ready\":%d,\"failed\":%d,\"lost\":%d,\"connect_s\":%.3f,\"connects_per_s\":%.0f,", o.label,
          o.conns, n_ready, n_failed, n_lost, cs, cs > 0 ? (double)h_conn.n / cs : 0.0);
  hjson(f, "connect", &h_conn);
  fprintf(f, ",\"connect_srv_cpu_s\":%.2f", sr.srv - sc.srv);
  fprintf(f, ",\"window_s\":%.3f,\"recv_total\":%lu,\"recv\":%lu,\"recv_per_s\":%.0f,\"recv_mb_per_s\":%.2f,\"recv_calls\":%lu,\"recv_without_ts\":%lu,"
             "\"other_frames\":%lu,\"pings_in\":%lu,\"pings_out\":%lu,\"writes_dropped\":%lu,",
          w, rx_msgs, rx_msgs_w, w > 0 ? (double)rx_msgs_w / w : 0.0, w > 0 ? (double)rx_bytes_w / w / 1e6 : 0.0, rx_calls_w,
          rx_nots_w, rx_other, rx_pings, tx_pings, tx_drop);
  hjson(f, "e2e", &h_lat);
  if (pub) {
    fprintf(f, ",\"pub_sent_total\":%lu,\"pub_ok_total\":%lu,\"pub_sent\":%lu,\"pub_done\":%lu,\"pub_ok\":%lu,\"pub_per_s\":%.0f,\"pub_errors\":%lu,\"pub_reconnects\":%lu,\"pub_late_max_us\":%.0f,\"status\":{",
            pub_sent, pub_ok, pub_sent_w, pub_done_w, pub_ok_w, w > 0 ? (double)pub_ok_w / w : 0.0, pub_err, pub_reconnects,
            (double)pub_late_max / 1000.0);
    bool first = true;
    for (int s = 0; s < 600; s++)
      if (status_w[s]) {
        fprintf(f, "%s\"%d\":%lu", first ? "" : ",", s, status_w[s]);
        first = false;
      }
    fprintf(f, "},");
    hjson(f, "pub", &h_pub);
    if (o.bcast_window) {
      fprintf(f, ",\"bcast_window\":%d,\"bcast_done\":%lu,\"bcast_per_s\":%.1f,\"bcast_stalled\":%lu,", o.bcast_window, bcast_done_w,
              w > 0 ? (double)bcast_done_w / w : 0.0, bcast_stalled);
      hjson(f, "bcast", &h_bc);
    }
  }
  double dt = (double)(s1.t - s0.t) / 1e9, srv = s1.srv - s0.srv, self = s1.self - s0.self;
  fprintf(f, ",\"cpu_window_s\":%.3f,\"srv_cpu_s\":%.3f,\"gen_cpu_s\":%.3f,\"other_cpu_s\":%.3f,\"kthread_cpu_s\":%.3f,\"steal_s\":%.3f,\"srv_cpu_us_per_msg\":%.3f,\"gen_cpu_us_per_msg\":%.3f,"
             "\"srv_rss_kb_start\":%.0f,\"srv_rss_kb_ready\":%.0f,\"srv_rss_kb_end\":%.0f",
          dt, srv, self, (s1.busy - s0.busy) - srv - self, s1.kernel - s0.kernel, s1.steal - s0.steal, rx_msgs_w ? srv * 1e6 / (double)rx_msgs_w : 0.0,
          rx_msgs_w ? self * 1e6 / (double)rx_msgs_w : 0.0, sc.rss, sr.rss, s1.rss);
  fprintf(f, ",\"notes\":[");
  for (int i = 0; i < nreasons; i++) fprintf(f, "%s\"%s\"", i ? "," : "", reasons[i]);
  fprintf(f, "]}\n");
  fflush(f);
  return n_failed || n_lost ? 1 : 0;
}
