// SPDX-License-Identifier: Apache-2.0
#include "probes/process/signals.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

namespace gatewitness::process {
namespace {

TEST(SignalQueue, HoldsASignalUntilItIsTaken) {
  auto queue = SignalQueue::open({SIGUSR1, SIGUSR2});
  ASSERT_TRUE(queue);
  EXPECT_FALSE(queue->take());
  ASSERT_EQ(::kill(::getpid(), SIGUSR2), 0);
  pollfd polled{queue->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 1000), 1);
  EXPECT_EQ(queue->take(), SIGUSR2);
  EXPECT_FALSE(queue->take());
}

TEST(SignalQueue, GivesTheMaskBack) {
  sigset_t mask;
  {
    auto queue = SignalQueue::open({SIGUSR1});
    ASSERT_TRUE(queue);
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, SIGUSR1), 1);
    const SignalQueue moved = std::move(*queue);
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, SIGUSR1), 1);
  }
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGUSR1), 0);
}

}  // namespace
}  // namespace gatewitness::process
