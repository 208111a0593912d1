# SPDX-License-Identifier: Apache-2.0
"""What gatewitness-notify speaks to, made for its tests: the daemon's two sockets, and a web server that writes down each
request exactly and fails when it is told to. Needs python3-zmq."""
import datetime
import http.server
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import zmq

DEADLINE_S = 40
# As nobody, where this runs as root: the process then proves that it can.
USER = ["--user", "nobody"] if os.geteuid() == 0 else []


def wait_until(condition, what, deadline_s=DEADLINE_S):
    deadline = time.monotonic() + deadline_s
    while not (result := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return result


def time_text(ago_s=0):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def alert(number, incident="7", revision=None, reason="opened", severity="alarm", severe=False, device=True, ago_s=0, **more):
    value = {
        "number": number, "time": time_text(ago_s), "reason": reason,
        "incident": {"id": incident, "revision": number if revision is None else revision, "kind": "burst",
                     "severity": severity, "grade": "witnessed"},
        "device": {"id": "02:00:5e:10:00:01", "mac": "02:00:5e:10:00:01", "name": "Kitchen", "class": "fridge",
                   "vendor": "Example", "address": "192.168.1.20"} if device else None,
        "title": f"Fridge sends spam ({number})", "text": "Your fridge sent 14 mails.", "technical": "14 attempts, port 25",
        "advice": "Unplug it.", "severe": severe, "channel": None}
    value.update(more)
    return value


class Daemon:
    """control.sock and events.sock as daemon/control/README.md has them, as far as the notifier asks."""

    def __init__(self, run_dir):
        self.run_dir = run_dir
        self.alerts, self.epoch, self.incidents = [], "epoch-1", []
        self.asked = []  # requests other than alerts
        self.refuse = {}  # command -> error
        self.lock = threading.Lock()
        self.context = zmq.Context()
        self.start()

    def start(self):
        self.running = True
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        self.ready.wait(DEADLINE_S)

    def stop(self):
        self.running = False
        self.thread.join()

    def close(self):
        if self.running:
            self.stop()
        self.context.term()

    def serve(self):
        control, events = self.context.socket(zmq.ROUTER), self.context.socket(zmq.PUB)
        self.events_wanted = []
        for one, name in ((control, "control.sock"), (events, "events.sock")):
            one.linger = 0
            path = f"{self.run_dir}/{name}"
            if os.path.exists(path):
                os.remove(path)
            one.bind("ipc://" + path)
            os.chmod(path, 0o777)
        self.ready.set()
        while self.running:
            if control.poll(10):
                parts = control.recv_multipart()
                parts[-1] = json.dumps(self.answer(json.loads(parts[-1]))).encode()
                control.send_multipart(parts)
            with self.lock:
                wanted, self.events_wanted = self.events_wanted, []
            for line in wanted:
                events.send(line)
        control.close()
        events.close()

    def answer(self, request):
        with self.lock:
            command = request["command"]
            if command == "alerts":
                found = [a for a in self.alerts if a["number"] > request["after"]][:request["limit"]]
                newest = max([a["number"] for a in self.alerts], default=0)
                return {"ok": True, "data": {"epoch": self.epoch, "newest": newest, "alerts": found}}
            self.asked.append(request)
            if command in self.refuse:
                return {"ok": False, "error": self.refuse[command]}
            if command == "incidents":
                return {"ok": True, "data": self.incidents}
            if command == "status":
                return {"ok": True, "data": {"sentence": "Quiet.", "incidents_open": {"alarm": 0, "notice": 0},
                                             "daemon": {"version": "1", "journal": {}}}}
            return {"ok": True, "data": {}}

    def tell(self, *alerts):
        """As the daemon does: in the log first, then a word on the event stream."""
        with self.lock:
            self.alerts += alerts
            self.events_wanted.append(b'{"event":"alert"}')

    def commands(self):
        with self.lock:
            return [r for r in self.asked if r["command"] in ("mute", "block")]


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.time = time.monotonic()

    def json(self):
        return json.loads(self.body)


class Server:
    """Writes each request down, then does the next thing of `plan` (the last one for ever): an HTTP status, or
    (status, headers, body), "hang", "reset" (before an answer), "reset-mid-body". `streams`: path -> list of lines that a
    GET gets and then waits for more of."""

    def __init__(self, tls=None, port=0):
        outer = self
        self.requests, self.plan, self.streams = [], [200], {}
        self.streaming, self.stop_streams = 0, False

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.handle(self, Request(self.command, self.path, list(self.headers.items()), body))

            do_GET = do_POST = do_PUT = handle_any

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.server = Threads(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https" if tls else "http"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def handle(self, handler, request):
        stream = self.streams.get(request.path.split("?")[0])
        self.requests.append(request)
        if request.method == "GET" and stream is not None:
            return self.stream(handler, stream)
        step = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        if step == "hang":
            time.sleep(60)
            return None
        if step == "reset":
            return self.reset(handler)
        status, headers, body = step if isinstance(step, tuple) else (step, {}, b'{"id":"x"}')
        handler.send_response(status)
        length = len(body) + (1000 if headers.pop("X-Cut", None) else 0)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(body)
        if length > len(body):
            handler.wfile.flush()
            self.reset(handler)
        return None

    @staticmethod
    def reset(handler):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        handler.connection.close()

    def stream(self, handler, lines):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b'{"event":"open"}\n')
        handler.wfile.flush()
        self.streaming += 1
        sent = 0
        while not self.stop_streams:
            for line in lines[sent:]:
                handler.wfile.write(line)
                handler.wfile.flush()
                sent += 1
            time.sleep(0.02)
        self.streaming -= 1
        handler.close_connection = True

    def close(self):
        self.stop_streams = True
        self.server.shutdown()
        self.server.server_close()


class Notify:
    def __init__(self, program, folder, config):
        self.program, self.folder = program, folder
        self.run_dir, self.state_dir = folder + "/run", folder + "/state"
        self.log = folder + "/log"
        self.configure(config)
        self.process = None

    def configure(self, config):
        path = self.folder + "/gatewitness.yaml"
        with open(path, "w", encoding="utf-8") as out:
            json.dump(config, out)  # JSON is YAML
        os.chmod(path, 0o600)

    def command(self):
        return [self.program, "--config", self.folder + "/gatewitness.yaml", "--run-dir", self.run_dir,
                "--state-dir", self.state_dir, *USER]

    def start(self, **environment):
        with open(self.log, "ab") as log:
            before = self.said().count(": ready, ")
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stderr=log,
                                            env={**os.environ, **environment})
        wait_until(lambda: self.process.poll() is not None or self.said().count(": ready, ") > before,
                   "the notifier does not start")
        assert self.process.poll() is None, self.said()

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(DEADLINE_S)
        assert status == 0, (status, self.said())

    def status(self):
        try:
            with open(self.run_dir + "/notify.json", encoding="utf-8") as status:
                return json.load(status)
        except FileNotFoundError:
            return {"channels": [], "buttons": []}

    def channel(self, name):
        return next((c for c in self.status()["channels"] if c["name"] == name), {})

    def ask(self, request, deadline_s=DEADLINE_S):
        with zmq.Context() as context, context.socket(zmq.REQ) as question:
            question.linger = 0
            question.connect(f"ipc://{self.run_dir}/notify.sock")
            question.send(json.dumps(request).encode())
            assert question.poll(deadline_s * 1000), "no answer to " + str(request)
            return json.loads(question.recv())
