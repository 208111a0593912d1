#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The owner's phone and the ntfy server that it uses, somewhere in the laboratory's internet.

    with Phone(home) as phone:
        phone.channel()      the channel's YAML, for notify.channels
        phone.messages()     what arrived
        phone.press(phone.messages()[0], "Quarantine")

Run as a program it is the server: phone.py ADDRESS PORT FOLDER. It writes each message to FOLDER/messages, a line of JSON,
and sends who reads the other topic the lines of FOLDER/pressed, also those that come later.
"""
import http.server
import json
import os
import sys
import time

from internet import PROVIDER
from netns import end_process, wait_for

PORT = 8080


class Phone:
    def __init__(self, home):
        self.home = home
        self.folder = os.path.join(home.folder, "phone")
        os.makedirs(self.folder, exist_ok=True)
        for name in ("messages", "pressed"):
            with open(f"{self.folder}/{name}", "w", encoding="utf-8"):
                pass
        self.process = None

    def __enter__(self):
        self.process = self.home.net.start(sys.executable, os.path.abspath(__file__), PROVIDER.address, str(PORT), self.folder)
        wait_for(lambda: self.home.internet.listens(PROVIDER.address, PORT), 10, "answer of the ntfy server")
        return self

    def __exit__(self, *_):
        end_process(self.process)

    def channel(self):
        # It asks each second: it may miss the word of a daemon that has just started.
        return (f"notify:\n  poll: 1s\n  channels:\n    phone:\n      type: ntfy\n      url: http://{PROVIDER.address}:{PORT}\n"
                "      topic: home\n      buttons_topic: back\n")

    def messages(self):
        """Each with the time at which it arrived."""
        with open(f"{self.folder}/messages", encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def press(self, message, label):
        """One button of a message: the phone posts its body to the button's own address."""
        action = next(a for a in message["actions"] if a["label"] == label)
        assert (action["method"], action["url"]) == ("POST", f"http://{PROVIDER.address}:{PORT}/back"), action
        with open(f"{self.folder}/pressed", "a", encoding="utf-8") as file:
            file.write(json.dumps({"id": f"m{time.monotonic_ns()}", "time": 1, "event": "message", "topic": "back",
                                   "message": action["body"]}) + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    folder = ""

    def log_message(self, *_):
        pass

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(f"{self.folder}/messages", "a", encoding="utf-8") as file:
            file.write(json.dumps({"arrived": time.time(), "path": self.path, **message}) + "\n")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"event":"open"}\n')
        with open(f"{self.folder}/pressed", "rb") as pressed:
            while True:
                self.wfile.write(pressed.readline())
                self.wfile.flush()
                time.sleep(0.05)


if __name__ == "__main__":
    Handler.folder = sys.argv[3]
    http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
