#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each channel's own form on the wire: method, path, headers and body; and what hostile names become in each.
Needs python3-cryptography for Web Push. usage: channels_test.py PATH/gatewitness-notify [unittest options]"""
import base64
import json
import os
import re
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import base
from stand_ins import alert, wait_until

HOSTILE = "\x1b[31mred\x1b]0;title\x07<script>alert(1)</script>\r\nX-Evil: 1\n\u202egnp.exe\u200b\x00" + "\U0001F600" * 1024
# Nothing of this may arrive as such in any channel.
HARM = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hkdf(salt, secret, info, length):
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


class Browser:
    """A push subscription and its private half: RFC 8291 from the other side, by other hands."""

    def __init__(self, endpoint):
        self.key, self.auth, self.endpoint = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), endpoint
        self.public = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)

    def subscription(self):
        return json.dumps({"endpoint": self.endpoint, "keys": {"p256dh": b64(self.public), "auth": b64(self.auth)}})

    def read(self, body):
        salt, size, key_length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21:21 + key_length], body[21 + key_length:]
        assert size == 4096 and key_length == 65 and len(sealed) <= size
        secret = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        material = hkdf(self.auth, secret, b"WebPush: info\0" + self.public + sender, 32)
        plain = AESGCM(hkdf(salt, material, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
            hkdf(salt, material, b"Content-Encoding: nonce\0", 12), sealed, None)
        assert plain.rstrip(b"\0").endswith(b"\x02")
        return json.loads(plain.rstrip(b"\0")[:-1])


def verified_claims(authorization):
    token, key = re.fullmatch(r"vapid t=([\w.-]+), k=([\w-]+)", authorization).groups()
    head, claims, signature = token.split(".")
    raw = un64(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), un64(key)).verify(
        der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(un64(head)) == {"typ": "JWT", "alg": "ES256"}
    return json.loads(un64(claims)), key


def lower(request):
    return {name.lower(): value for name, value in request.headers}


class Channels(base.NotifyTest):
    def one(self, channel, server, an_alert, **notify):
        self.start({"c": channel}, **notify)
        self.daemon.tell(an_alert)
        wait_until(lambda: server.requests, "nothing came")
        return server.requests[0]

    def test_ntfy(self):
        server = self.server()
        request = self.one({"type": "ntfy", "url": server.url + "/", "topic": "home", "token": "tk_a"}, server, alert(1),
                           url="https://gw.example/")
        headers = lower(request)
        self.assertEqual((request.method, request.path, headers["authorization"], headers["content-type"]),
                         ("POST", "/", "Bearer tk_a", "application/json"))
        self.assertNotIn("expect", headers)
        body = request.json()
        self.assertRegex(body.pop("message"), r"^Your fridge sent 14 mails\.\n\nUnplug it\.\n\nAt \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\.$")
        self.assertEqual(body, {"topic": "home", "title": "Fridge sends spam (1)", "priority": 4, "tags": ["rotating_light"],
                                "click": "https://gw.example/"})

    def test_gotify(self):
        server = self.server()
        request = self.one({"type": "gotify", "url": server.url + "/sub", "token": "AkEy"}, server, alert(1, severe=True))
        self.assertEqual((request.method, request.path, lower(request)["x-gotify-key"]), ("POST", "/sub/message", "AkEy"))
        body = request.json()
        self.assertEqual((body["title"], body["priority"], body["extras"]),
                         ("Fridge sends spam (1)", 10, {"client::display": {"contentType": "text/plain"}}))
        self.assertEqual(set(body), {"title", "message", "priority", "extras"})

    def test_apprise(self):
        server = self.server()
        request = self.one({"type": "apprise", "url": server.url, "key": "gw", "tag": "home"}, server, alert(1, severity="notice"))
        self.assertEqual((request.method, request.path), ("POST", "/notify/gw"))
        body = request.json()
        self.assertTrue(body.pop("body").startswith("Your fridge"))
        self.assertEqual(body, {"title": "Fridge sends spam (1)", "type": "warning", "format": "text", "tag": "home"})

    def test_webhook(self):
        server = self.server()
        request = self.one({"type": "webhook", "url": server.url + "/bot{{token}}/send", "token": "77:ab", "method": "PUT",
                            "headers": {"X-Key": "k {{token}}"}, "body": '{"text": "{{title}}: {{device}}", "at": "{{time}}"}'},
                           server, alert(1, title='q"uote'))
        self.assertEqual((request.method, request.path, lower(request)["x-key"]), ("PUT", "/bot77%3Aab/send", "k 77:ab"))
        self.assertEqual(request.json()["text"], 'q"uote: Kitchen')

    def test_web_push(self):
        server = self.server()
        browser = Browser(server.url + "/push/SECRETENDPOINT")
        request = self.one({"type": "webpush", "subscription": browser.subscription(), "contact": "mailto:you@example.net"},
                           server, alert(1))
        headers = lower(request)
        self.assertEqual((request.method, request.path), ("POST", "/push/SECRETENDPOINT"))
        self.assertEqual((headers["ttl"], headers["urgency"], headers["content-encoding"]), ("86400", "high", "aes128gcm"))
        self.assertRegex(headers["topic"], r"^[\w-]{1,32}$")
        claims, key = verified_claims(headers["authorization"])
        self.assertEqual((claims["aud"], claims["sub"]), (server.url, "mailto:you@example.net"))
        self.assertTrue(time.time() < claims["exp"] <= time.time() + 86400)
        message = browser.read(request.body)
        self.assertEqual((message["title"], message["incident"]), ("Fridge sends spam (1)", "7"))
        wait_until(lambda: self.notify.channel("c").get("vapid_key") == key, "the page cannot learn the server's key")
        # The same key after a restart, or every subscription would end; another revision replaces the first (Topic).
        self.notify.stop()
        self.notify.start()
        server.plan = [410]
        self.daemon.tell(alert(2, reason="worsened"))
        wait_until(lambda: len(server.requests) == 2, "nothing came")
        self.assertEqual(verified_claims(lower(server.requests[1])["authorization"])[1], key)
        self.assertEqual(lower(server.requests[1])["topic"], headers["topic"])
        self.assertNotEqual(server.requests[1].body[:16], request.body[:16], "a salt is used once")
        wait_until(lambda: self.notify.channel("c").get("gone"), "the end of the subscription is not seen")
        self.daemon.tell(alert(3, incident="9"))
        time.sleep(1.5)
        self.assertEqual(len(server.requests), 2, "nothing is sent to a subscription that has ended")
        self.assertNotIn("SECRETENDPOINT", self.notify.said() + str(self.notify.status()))

    def script(self, text):
        path = self.folder + "/script"
        with open(path, "w", encoding="utf-8") as script:
            script.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        os.chmod(self.folder, 0o777)
        return path

    def test_exec(self):
        script = self.script(f'cat > "{self.folder}/out.new"; printf "%s" "$1" > "{self.folder}/argument"\n'
                             f'if [ ! -e "{self.folder}/again" ]; then touch "{self.folder}/again"; echo not yet; exit 1; fi\n'
                             f'mv "{self.folder}/out.new" "{self.folder}/out"; echo done\n')
        notify = self.start({"c": {"type": "exec", "command": [script, "--loud ; touch x"]}})
        self.daemon.tell(alert(1))
        wait_until(lambda: os.path.exists(self.folder + "/again") and "exit status 1: not yet" in notify.said(), "no first try")
        wait_until(lambda: os.path.exists(self.folder + "/out"), "not tried again")
        with open(self.folder + "/out", encoding="utf-8") as out, open(self.folder + "/argument", encoding="utf-8") as argument:
            value = json.load(out)
            self.assertEqual((value["title"], value["device"]["name"], argument.read()),
                             ("Fridge sends spam (1)", "Kitchen", "--loud ; touch x"))
        self.assertIn("Your fridge", value["message"])
        answer = notify.ask({"command": "test-alert"})["data"][0]
        self.assertEqual((answer["ok"], answer["said"]), (True, "exit status 0: done\\x0a"))

    def test_exec_that_hangs_is_killed_and_one_that_is_not_there_is_refused(self):
        script = self.script("sleep 600 & sleep 600\n")
        notify = self.start({"slow": {"type": "exec", "command": [script]}, "none": {"type": "exec", "command": ["/nonexistent"]}})
        self.daemon.tell(alert(1))
        wait_until(lambda: "did not end within 2 s and was killed" in notify.said(), "not killed")
        wait_until(lambda: notify.channel("none").get("refused") == 1, "not refused")
        self.assertIn("exit status 127", notify.channel("none")["last_error"])

    def test_hostile_names_arrive_harmless_everywhere(self):
        server = self.server()
        browser = Browser(server.url + "/push")
        script = self.script(f'cat > "{self.folder}/out.new"; mv "{self.folder}/out.new" "{self.folder}/out"\n')
        self.start({
            "ntfy": {"type": "ntfy", "url": server.url + "/ntfy", "topic": "home"},
            "gotify": {"type": "gotify", "url": server.url, "token": "t"},
            "apprise": {"type": "apprise", "url": server.url, "key": "k"},
            "push": {"type": "webpush", "subscription": browser.subscription()},
            "json": {"type": "webhook", "url": server.url + "/json", "body": '{"t": "{{title}}", "d": "{{device}}", "m": "{{message}}"}'},
            "html": {"type": "webhook", "url": server.url + "/html", "escape": "html", "body": "<p>{{title}} {{message}} {{device}}</p>"},
            "form": {"type": "webhook", "url": server.url + "/form?d={{device}}", "escape": "url", "body": "t={{title}}&d={{device}}"},
            "head": {"type": "webhook", "url": server.url + "/head", "headers": {"X-Title": "{{title}} {{message}} {{device}}"}, "body": "x"},
            "exec": {"type": "exec", "command": [script]},
        })
        hostile = alert(1, title=HOSTILE, text=HOSTILE, advice=HOSTILE, technical=HOSTILE)
        hostile["device"].update(name=HOSTILE, vendor=HOSTILE)
        self.daemon.tell(hostile)
        wait_until(lambda: len(server.requests) == 8 and os.path.exists(self.folder + "/out"), f"{len(server.requests)} came")
        shown = {}
        for request in server.requests:
            path = request.path.split("?")[0]
            self.assertNotIn("X-Evil", [name for name, _ in request.headers])
            self.assertLess(len(request.body), 12000)
            if path == "/push":
                text = json.dumps(browser.read(request.body), ensure_ascii=False)
            elif path == "/head":
                text = json.dumps(lower(request), ensure_ascii=False).encode("latin-1").decode()  # as Python reads headers
            else:
                text = request.body.decode()
            shown[path] = text
            self.assertIsNone(HARM.search(text), (path, text[:200]))
            if path not in ("/html", "/form", "/head"):
                decoded = json.dumps(json.loads(text), ensure_ascii=False).replace("\\n", "")
                self.assertNotIn("\\u00", decoded, path)  # no control character behind JSON's own escape
        self.assertNotIn("<script", shown["/html"])
        self.assertIn("&lt;script&gt;", shown["/html"])
        self.assertEqual(shown["/form"].count("&"), 1)
        for request in server.requests:
            if request.path == "/ntfy":
                self.assertLess(len(request.json()["message"].encode()), 4096)
                self.assertEqual(request.json()["title"].count("\n"), 0)
        with open(self.folder + "/out", encoding="utf-8") as out:
            value = json.load(out)
        for text in (value["title"], value["text"], value["device"]["name"], value["device"]["vendor"]):
            self.assertIsNone(HARM.search(text))
            self.assertNotIn("\n", text)
        self.assertIsNone(HARM.search(self.notify.said()))


if __name__ == "__main__":
    base.main()
