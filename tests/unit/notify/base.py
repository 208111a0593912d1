# SPDX-License-Identifier: Apache-2.0
"""One notifier, one stand-in for the daemon and one web server for each test."""
import os
import sys
import tempfile
import unittest

from stand_ins import Daemon, Notify, Server, USER

PROGRAM = ""


class NotifyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gw-", dir="/tmp")  # a socket's path has 107 bytes
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)
        os.mkdir(self.folder + "/run", 0o750)
        if USER:
            os.chown(self.folder + "/run", 65534, 65534)
        self.daemon = Daemon(self.folder + "/run")
        self.addCleanup(self.daemon.close)
        self.notify = None

    def server(self, **how):
        server = Server(**how)
        self.addCleanup(server.close)
        return server

    def start(self, channels, guard=True, **notify):
        self.notify = Notify(PROGRAM, self.folder, {"guard": {"enabled": guard},
                                                   "notify": {"poll": "1s", "timeout": "2s", "group_wait": "0s", "channels": channels, **notify}})
        self.addCleanup(self.end)
        self.notify.start()
        return self.notify

    def end(self):
        if self.notify.process.poll() is None:
            self.notify.stop()
        said = self.notify.said()
        assert "Sanitizer" not in said and "runtime error" not in said, said


def main():
    global PROGRAM  # the one argument of every test file
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    sys.modules["base"] = sys.modules.get("base") or sys.modules[__name__]
    unittest.main(module="__main__", verbosity=1)
