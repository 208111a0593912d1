// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/exec_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace gatewitness::notify {
namespace {

using process::FileDescriptor;
using Commands = std::vector<std::vector<std::string>>;

constexpr std::size_t kMaxOutput = 512;

struct Header {
  int32_t value = 0;  // to the helper: which command; from it: the exit status
};

[[noreturn]] void become(const std::vector<std::string>& command, int input, int output) {
  ::setpgid(0, 0);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  const char* const text = std::strerror(errno);
  (void)!::write(STDERR_FILENO, text, std::strlen(text));
  ::_exit(errno == ENOENT ? 127 : 126);
}

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Feeds the input and reads the output until the child closes its end, or it is that late. False: late.
bool talk(FileDescriptor input, const FileDescriptor& output, const std::string& text, std::string& said,
          int64_t until) {
  std::size_t written = 0;
  while (true) {
    if (written == text.size()) input.reset();
    pollfd watched[] = {{output.get(), POLLIN, 0}, {input.get(), POLLOUT, 0}};
    const int64_t left = until - now_ms();
    if (left <= 0) return false;
    if (::poll(watched, input.is_open() ? 2 : 1, static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (input.is_open() && watched[1].revents != 0) {
      const ssize_t put = ::write(input.get(), text.data() + written, text.size() - written);
      if (put < 0 && errno != EAGAIN)
        written = text.size();  // it does not want to know more
      else if (put > 0)
        written += static_cast<std::size_t>(put);
    }
    if (watched[0].revents == 0) continue;
    char buffer[512];
    const ssize_t got = ::read(output.get(), buffer, sizeof buffer);
    if (got <= 0) return true;
    said.append(buffer, std::min(static_cast<std::size_t>(got), kMaxOutput - said.size()));
  }
}

bool ended_by(pid_t child, int64_t until, int& status) {
  while (true) {
    const pid_t got = ::waitpid(child, &status, WNOHANG);
    if (got == child) return true;
    if (got < 0 || now_ms() >= until) return false;
    ::poll(nullptr, 0, 10);
  }
}

ExecAnswer run_one(const std::vector<std::string>& command, const std::string& text, int64_t timeout_ms) {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0) return {-1, std::strerror(errno)};
  FileDescriptor in_read(in[0]), in_write(in[1]);
  if (::pipe2(out, O_CLOEXEC) != 0) return {-1, std::strerror(errno)};
  FileDescriptor out_read(out[0]), out_write(out[1]);
  const pid_t child = ::fork();
  if (child < 0) return {-1, std::strerror(errno)};
  if (child == 0) become(command, in_read.get(), out_write.get());
  in_read.reset();
  out_write.reset();
  (void)::fcntl(in_write.get(), F_SETFL, O_NONBLOCK);
  const int64_t until = now_ms() + timeout_ms;
  std::string said;
  int status = 0;
  bool ended = talk(std::move(in_write), out_read, text, said, until) && ended_by(child, until, status);
  const bool late = !ended;
  if (late) {
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    (void)::waitpid(child, &status, 0);
    return {-1, "did not end within " + std::to_string(timeout_ms / 1000) + " s and was killed"};
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, "exit status " + std::to_string(code) + (said.empty() ? "" : ": " + said)};
}

[[noreturn]] void serve(int socket, const Commands& commands, int64_t timeout_ms) {
  ::prctl(PR_SET_NAME, "gatewitness-exec");
  // The queue's lock above all: a command that outlives the notifier must not keep the next one out.
  constexpr int kMostDescriptors = 1024;
  for (int fd = STDERR_FILENO + 1; fd < kMostDescriptors; ++fd)
    if (fd != socket) ::close(fd);
  ::signal(SIGPIPE, SIG_IGN);
  std::string message(ExecRunner::kMaxInput + sizeof(Header), '\0');
  while (true) {
    const ssize_t got = ::recv(socket, message.data(), message.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < static_cast<ssize_t>(sizeof(Header))) ::_exit(0);
    Header header;
    std::memcpy(&header, message.data(), sizeof header);
    const auto index = static_cast<std::size_t>(header.value);
    const ExecAnswer answer =
        index < commands.size()
            ? run_one(commands[index],
                      message.substr(sizeof header, static_cast<std::size_t>(got) - sizeof header),
                      timeout_ms)
            : ExecAnswer{127, "no such command"};
    header.value = answer.status;
    const std::string reply =
        std::string(reinterpret_cast<const char*>(&header), sizeof header) + answer.said;
    if (::send(socket, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) ::_exit(0);
  }
}

}  // namespace

std::expected<ExecRunner, std::string> ExecRunner::start(const Commands& commands, Duration timeout) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(std::string("socketpair: ") + std::strerror(errno));
  FileDescriptor ours(ends[0]);
  FileDescriptor theirs(ends[1]);
  const auto timeout_ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(std::string("fork: ") + std::strerror(errno));
  if (pid == 0) {
    ours.reset();
    serve(theirs.get(), commands, timeout_ms);
  }
  return ExecRunner(std::move(ours));
}

void ExecRunner::run(std::size_t command, std::string input, Done done) {
  if (input.size() > kMaxInput) input.resize(kMaxInput);
  jobs_.push_back({command, std::move(input), std::move(done)});
  send_next();
}

void ExecRunner::send_next() {
  if (busy_ || jobs_.empty()) return;
  Header header;
  header.value = static_cast<int32_t>(jobs_.front().command);
  const std::string message =
      std::string(reinterpret_cast<const char*>(&header), sizeof header) + jobs_.front().input;
  busy_ = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(message.size());
}

void ExecRunner::turn() {
  char buffer[sizeof(Header) + kMaxOutput + 128];
  while (!jobs_.empty()) {
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR) && busy_) return;
    ExecAnswer answer{-1, "the helper that runs commands has ended; restart gatewitness-notify"};
    if (got >= static_cast<ssize_t>(sizeof(Header))) {
      Header header;
      std::memcpy(&header, buffer, sizeof header);
      answer = {header.value,
                std::string(buffer + sizeof header, static_cast<std::size_t>(got) - sizeof header)};
    }
    const Done done = std::move(jobs_.front().done);
    jobs_.pop_front();
    busy_ = false;
    send_next();
    done(answer);
  }
}

}  // namespace gatewitness::notify
