// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/outlet.h"

#include <nlohmann/json.hpp>

#include "daemon/notify/exec_runner.h"
#include "daemon/notify/http.h"
#ifdef GATEWITNESS_MQTT
#include "daemon/notify/mqtt_outlet.h"
#endif
#ifdef GATEWITNESS_WEBPUSH
#include "daemon/notify/web_push_outlet.h"
#endif
#include "probes/process/clock.h"

namespace gatewitness::notify {
namespace {

using alert::ChannelType;

class HttpOutlet : public Outlet {
 public:
  HttpOutlet(const alert::Channel& channel, const OutletParts& parts)
      : channel_(channel), http_(parts.http), timeout_(parts.timeout), secrets_(parts.secrets) {}

  void send(const alert::Alert& alert, const alert::Moment& moment, Done done) override {
    HttpOptions options;
    options.timeout = timeout_;
    options.ca_file = channel_.ca_file;
    http_.start(alert::request_for(channel_, alert, moment), options,
                [done = std::move(done), secrets = secrets_](const HttpAnswer& answer) {
                  done(result_of(answer.status, answer.error, answer.body, answer.retry_after,
                                 !answer.location.empty(), secrets));
                });
  }

 private:
  alert::Channel channel_;
  Http& http_;
  Duration timeout_;
  std::vector<std::string> secrets_;
};

class ExecOutlet : public Outlet {
 public:
  explicit ExecOutlet(const OutletParts& parts) : runner_(*parts.exec), index_(parts.exec_index) {}

  void send(const alert::Alert& alert, const alert::Moment& moment, Done done) override {
    runner_.run(index_, alert::plain_json(alert, moment) + "\n",
                [done = std::move(done)](const ExecAnswer& answer) {
                  Result result;
                  result.answered = true;
                  result.said = alert::harmless(answer.said, 300);
                  // 126, 127: it cannot be run (POSIX). 78: it says that its configuration is wrong
                  // (sysexits.h).
                  const bool hopeless = answer.status == 126 || answer.status == 127 || answer.status == 78;
                  result.outcome = answer.status == 0 ? alert::Outcome::kDelivered
                                   : hopeless         ? alert::Outcome::kRefused
                                                      : alert::Outcome::kRetry;
                  done(result);
                });
  }

 private:
  ExecRunner& runner_;
  std::size_t index_;
};

}  // namespace

nlohmann::json Outlet::details() const {
  return nlohmann::json::object();
}

Result result_of(int status, const std::string& error, const std::string& body,
                 const std::string& retry_after, bool redirect, const std::vector<std::string>& secrets) {
  Result result;
  result.outcome = alert::outcome_of(status);
  result.answered = status != 0;
  if (!retry_after.empty())
    result.retry_after = alert::parse_retry_after(retry_after, process::wall_clock_now());
  std::string said = status == 0 ? "no answer" : "HTTP " + std::to_string(status);
  if (redirect && status >= 300 && status < 400)
    said += " (it sends us elsewhere; name that address in the configuration)";
  // Redacted before it is cut and escaped, which would hide a secret from the search.
  const std::string more = alert::redacted(status == 0 || body.empty() ? error : body, secrets);
  if (!more.empty()) said += ": " + alert::harmless(more, 300);
  result.said = std::move(said);
  return result;
}

std::expected<std::unique_ptr<Outlet>, std::string> make_outlet(const alert::Channel& channel,
                                                                const OutletParts& parts) {
  switch (channel.type) {
    case ChannelType::kExec:
      return std::make_unique<ExecOutlet>(parts);
    case ChannelType::kMqtt:
#ifdef GATEWITNESS_MQTT
      return make_mqtt_outlet(channel);
#else
      return std::unexpected("this build cannot speak MQTT (libmosquitto)");
#endif
    case ChannelType::kWebPush:
#ifdef GATEWITNESS_WEBPUSH
      return make_web_push_outlet(channel, parts);
#else
      return std::unexpected("this build cannot speak Web Push (OpenSSL)");
#endif
    default:
      return std::make_unique<HttpOutlet>(channel, parts);
  }
}

}  // namespace gatewitness::notify
