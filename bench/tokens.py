#!/usr/bin/env python3
"""tokens.py KEY-FILE PREFIX COUNT: a token per line for the users PREFIX0, PREFIX1 ..., signed with HS256 and valid for a day.

The key file is the signing.key that a node makes in its data folder: its text is the secret. `pushnode token` makes the same, one at a time.
"""
import base64, hashlib, hmac, json, sys, time

key_file, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(key_file, "rb") as f:
    key = f.read().rstrip(b"\r\n")


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


header = part(b'{"alg":"HS256","typ":"JWT"}')
now = int(time.time())
for user in range(count):
    claims = part(json.dumps({"sub": f"{prefix}{user}", "iat": now, "exp": now + 86400}, separators=(",", ":")).encode())
    signed = header + b"." + claims
    print((signed + b"." + part(hmac.digest(key, signed, hashlib.sha256))).decode())
