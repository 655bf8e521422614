#!/usr/bin/env python3
"""summarize.py RESULTS-FOLDER [NAME...]: Markdown tables of the *.jsonl files that run_*.sh have written; median (lowest to highest)."""
import glob, json, os, statistics, sys

if len(sys.argv) < 2:
    sys.exit(__doc__)
folder = sys.argv[1]
order = sys.argv[2:] or sorted(os.path.basename(f)[:-6] for f in glob.glob(os.path.join(folder, "*.jsonl")))
runs = {}
for name in order:
    file = os.path.join(folder, name + ".jsonl")
    if not os.path.exists(file):
        continue
    with open(file) as lines:
        for line in lines:
            try:
                run = json.loads(line)
            except ValueError:
                continue
            _, phase, repetition = run["label"].split("/")
            runs.setdefault((name, phase), {})[repetition] = run  # a later run of the same repetition replaces the earlier one


def number(v):
    a = abs(v)
    return f"{v:,.0f}" if a >= 100 or v == 0 else f"{v:.1f}" if a >= 10 else f"{v:.2f}"


def cell(values):
    values = [v for v in values if v is not None]
    if not values:
        return "-"
    if min(values) == max(values):
        return number(values[0])
    return f"{number(statistics.median(values))} ({number(min(values))} to {number(max(values))})"


def first(phase):
    return next((r for (_, p), v in runs.items() if p == phase for r in v.values()), None)


def table(title, phase, columns):
    names = [n for n in order if (n, phase) in runs]
    if not names:
        return
    print(f"### {title}\n")
    print("| server | " + " | ".join(c for c, _ in columns) + " | runs |")
    print("|---|" + "---:|" * (len(columns) + 1))
    for n in names:
        cells = [cell([value(r) for r in runs[(n, phase)].values()]) for _, value in columns]
        print(f"| {n} | " + " | ".join(cells) + f" | {len(runs[(n, phase)])} |")
    print()


def per_connection(key, before, after, count):  # KB between two snapshots
    return lambda r: (r[after][key] - r[before][key]) / r[count] if r[after] else None


def ms(kind, key):
    return lambda r: r[kind][key] / 1000


def part(*keys):
    def value(r):
        for k in keys:
            r = r[k]
        return r
    return value


def conns(phase):
    r = first(phase)
    return f"{r['conns']:,} connections" if r else ""


idle = first("A")
if idle:
    table("A. Idle connections", "A", [
        ("server empty, MB RSS", lambda r: r["s0"]["rss_kb"] / 1024),
        (f"KB per connection at {idle['idle1']:,}", per_connection("rss_kb", "s0", "s1", "idle1")),
        (f"KB per connection at {idle['idle2']:,}", per_connection("rss_kb", "s0", "s2", "idle2")),
        ("KB per further connection", lambda r: (r["s2"]["rss_kb"] - r["s1"]["rss_kb"]) / (r["idle2"] - r["idle1"])),
        ("PSS KB per connection", per_connection("pss_kb", "s0", "s2", "idle2")),
        ("after a full collection", per_connection("rss_kb", "s0", "gc", "idle2")),
        ("connects/s", lambda r: r["g1"]["connects_per_s"]),
        ("server CPU us per connect", lambda r: r["g1"]["connect_srv_cpu_s"] / r["g1"]["ready"] * 1e6),
    ])
table(f"B. Unicast at capacity ({conns('B')}, 32 publisher connections, closed loop)", "B", [
    ("delivered/s", part("recv_per_s")),
    ("server CPU us/message", part("srv_cpu_us_per_msg")),
    ("server cores", lambda r: r["srv_cpu_s"] / r["cpu_window_s"]),
    ("generator cores", lambda r: r["gen_cpu_s"] / r["cpu_window_s"]),
    ("p50 ms", ms("e2e", "p50_us")), ("p99 ms", ms("e2e", "p99_us")), ("p99.9 ms", ms("e2e", "p999_us")), ("max ms", ms("e2e", "max_us")),
    ("sent OK minus received", lambda r: r["pub_ok_total"] - r["recv_total"]),
    ("RSS MB at the end", lambda r: r["srv_rss_kb_end"] / 1024),
])
table("N. The same over streams of NDJSON (pushnode bench --batch 1000)", "N", [
    ("delivered/s", part("bench", "deliveredPerSecond")),
    ("server CPU us/message", part("bench", "node", "cpuMicrosecondsPerDelivery")),
    ("server cores", part("bench", "node", "cores")),
    ("generator cores", part("bench", "own", "cores")),
    ("p50 ms", part("bench", "latencyMs", "p50")), ("p99 ms", part("bench", "latencyMs", "p99")), ("p99.9 ms", part("bench", "latencyMs", "p99.9")),
    ("lost, doubled, out of order", lambda r: r["bench"]["lost"] + r["bench"]["doubled"] + r["bench"]["outOfOrder"]),
])
table(f"C. Unicast at a steady rate ({conns('C')}, open loop, from the time it was due)", "C", [
    ("delivered/s", part("recv_per_s")),
    ("server CPU us/message", part("srv_cpu_us_per_msg")),
    ("p50 ms", ms("e2e", "p50_us")), ("p90 ms", ms("e2e", "p90_us")), ("p99 ms", ms("e2e", "p99_us")), ("p99.9 ms", ms("e2e", "p999_us")),
    ("max ms", ms("e2e", "max_us")),
])
table(f"D. Broadcast ({conns('D')}, 4 outstanding)", "D", [
    ("deliveries/s", part("recv_per_s")),
    ("broadcasts/s", part("bcast_per_s")),
    ("server CPU us/delivery", part("srv_cpu_us_per_msg")),
    ("server cores", lambda r: r["srv_cpu_s"] / r["cpu_window_s"]),
    ("generator cores", lambda r: r["gen_cpu_s"] / r["cpu_window_s"]),
    ("stalled", part("bcast_stalled")),
    ("RSS MB at the end", lambda r: r["srv_rss_kb_end"] / 1024),
])
table(f"D1. One broadcast at a time ({conns('D1')}): from the POST to the last receiver", "D1", [
    ("p50 ms", ms("bcast", "p50_us")), ("p90 ms", ms("bcast", "p90_us")), ("max ms", ms("bcast", "max_us")),
    ("deliveries/s", part("recv_per_s")),
    ("server CPU us/delivery", part("srv_cpu_us_per_msg")),
    ("POST answered, p50 ms", ms("pub", "p50_us")),
])
loads = [(f"{n}/{p}/{k}", r) for (n, p), v in runs.items() if p not in ("A", "N") for k, r in v.items()]
bad = [f"{label}: failed {r['failed']}, lost {r['lost']}" for label, r in loads if r["failed"] or r["lost"]]
bad += [f"{n}/N/{k}: {'; '.join(r['bench']['problems']) or 'not good'}" for (n, p), v in runs.items() if p == "N" for k, r in v.items() if not r["bench"]["good"]]
print("Connections failed or lost, or something else wrong, in a measured run:", "; ".join(bad) or "none", "\n")
noisy = [f"{label} {r['other_cpu_s']:.1f} s of {r['cpu_window_s']:.0f} s" for label, r in loads if r["other_cpu_s"] > 0.1 * r["cpu_window_s"]]
print("Runs during which other processes used more than a tenth of a core:", "; ".join(noisy) or "none")
