#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every step of a delivery: nothing is lost, and nothing is sent twice unless the answer to it was lost.
Steps are met by killing when the server has the request but has not answered, right after its answer, while the daemon is
asked, and at random moments. usage: kill_test.py PATH/gatewitness-notify [unittest options]"""
import collections
import os
import random
import time

import base
from stand_ins import Server, alert, wait_until

ROUNDS = int(os.environ.get("GATEWITNESS_KILLS", "25"))


class Kills(base.NotifyTest):
    def begin(self, server):
        self.start({"phone": {"type": "ntfy", "url": server.url, "topic": "home"}})

    def titles(self, server):
        return [r.json()["title"] for r in server.requests]

    def test_before_the_answer(self):
        server = self.server()
        server.plan = ["hang", 200]
        self.begin(server)
        self.daemon.tell(alert(1), alert(2, incident="8"))
        wait_until(lambda: server.requests, "nothing came")
        self.notify.kill()
        self.notify.start()
        wait_until(lambda: len(server.requests) == 3, "lost")
        self.assertEqual([t[-2] for t in self.titles(server)], ["1", "1", "2"], "its answer was lost: once more, and in order")

    def test_after_the_answer(self):
        server = self.server()
        self.begin(server)
        for number in range(1, 6):
            self.daemon.tell(alert(number, incident=str(number)))
            wait_until(lambda n=number: f"alert {n} delivered" in self.notify.said(), "not delivered")
            self.notify.kill()
            self.notify.start()
        time.sleep(1.5)
        self.assertEqual([t[-2] for t in self.titles(server)], ["1", "2", "3", "4", "5"])

    def test_between_two_tries(self):
        server = self.server()
        server.plan = [500, 200]
        self.begin(server)
        self.daemon.tell(alert(1))
        wait_until(lambda: self.notify.channel("phone").get("tries") == 1, "no try")
        self.notify.kill()
        self.notify.start()
        wait_until(lambda: len(server.requests) == 2, "lost")
        wait_until(lambda: self.notify.channel("phone").get("delivered") == 1, "not delivered")

    def test_at_random_moments(self):
        seed = int(os.environ.get("GATEWITNESS_SEED", time.time_ns()))
        dice = random.Random(seed)
        print(f"GATEWITNESS_SEED={seed}")
        answered = []  # (title, when the answer was written)

        class Slow(Server):
            def handle(self, handler, request):
                time.sleep(dice.random() * 0.02)
                super().handle(handler, request)
                answered.append((request.json()["title"], time.monotonic()))

        server = Slow()
        self.addCleanup(server.close)
        self.begin(server)
        kills, number = [], 0
        for _ in range(ROUNDS):
            for _ in range(dice.randrange(1, 6)):
                number += 1
                self.daemon.tell(alert(number, incident=str(number)))
            time.sleep(dice.random() * 0.25)
            kills.append(time.monotonic())
            self.notify.kill()
            self.notify.start()
        wait_until(lambda: len(set(self.titles(server))) == number, "alerts are lost")
        wait_until(lambda: self.notify.channel("phone").get("waiting") == 0, "some still wait")
        wanted = [f"Fridge sends spam ({n})" for n in range(1, number + 1)]
        first_times = list(dict.fromkeys(self.titles(server)))
        self.assertEqual(first_times, wanted, "out of order")
        doubles = [t for t, count in collections.Counter(self.titles(server)).items() if count > 1]
        # Sent twice is only what was on its way at a kill: its first answer, if there was one, was written less than the
        # time before the kill that one turn of the loop and one flush to disk take.
        for title in doubles:
            first_answer = next(when for name, when in answered if name == title)
            nearest = min(abs(k - first_answer) for k in kills)
            self.assertLess(nearest, 0.3, f"{title} was sent twice, {nearest * 1000:.0f} ms from any kill")
        self.assertLessEqual(len(doubles), ROUNDS)
        print(f"{ROUNDS} kills, {number} alerts, 0 lost, {len(doubles)} sent twice because the answer was lost")


if __name__ == "__main__":
    base.main()
