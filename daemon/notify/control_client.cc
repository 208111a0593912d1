// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/control_client.h"

#include "daemon/alert/alert.h"
#include "probes/wire/json_text.h"

namespace gatewitness::notify {
namespace {

using nlohmann::json;

// 64 alerts, or all incidents.
constexpr std::size_t kMaxAnswer = std::size_t{8} << 20;

std::expected<json, std::string> read(const std::vector<uint8_t>& bytes) {
  json answer = read_json(bytes);
  if (!answer.is_object() || !answer.contains("ok"))
    return std::unexpected("what answers is not gatewitnessd");
  if (answer.at("ok") == true && answer.contains("data")) return std::move(answer.at("data"));
  const auto error = answer.find("error");
  return std::unexpected(error != answer.end() && error->is_string()
                             ? alert::harmless(error->get_ref<const std::string&>(), 300)
                             : "the daemon refused without a reason");
}

}  // namespace

std::expected<ControlClient, std::string> ControlClient::connect(process::ZmqContext& context,
                                                                 const std::string& run_dir) {
  auto socket = process::ZmqSocket::create(context, process::ZmqKind::kReq, {.max_message = kMaxAnswer});
  if (!socket) return std::unexpected(socket.error());
  if (auto done = socket->connect("ipc://" + run_dir + "/control.sock"); !done)
    return std::unexpected(done.error());
  return ControlClient(std::move(*socket));
}

void ControlClient::ask(const json& request, Done done) {
  questions_.push_back({request.dump(-1, ' ', true, json::error_handler_t::replace), std::move(done)});
}

void ControlClient::turn(Timestamp steady) {
  while (!questions_.empty()) {
    if (!until_) {
      const std::string& text = questions_.front().text;
      // Without a daemon there is no peer to queue for: the patience runs all the same.
      (void)socket_.send({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
      until_ = steady + kPatience;
    }
    if (const auto bytes = socket_.receive()) {
      finish(read(*bytes));
    } else if (steady >= *until_) {
      finish(std::unexpected("the daemon does not answer"));
    } else {
      return;
    }
  }
}

void ControlClient::finish(const std::expected<json, std::string>& answer) {
  const Done done = std::move(questions_.front().done);
  questions_.pop_front();
  until_.reset();
  done(answer);
}

}  // namespace gatewitness::notify
