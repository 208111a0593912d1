// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/web_push_outlet.h"

#include <sodium.h>

#include <nlohmann/json.hpp>

#include "daemon/alert/button.h"
#include "daemon/alert/web_push.h"
#include "daemon/notify/http.h"
#include "daemon/notify/secrets.h"
#include "probes/process/clock.h"

namespace gatewitness::notify {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// How long the push service keeps it for a browser that is away.
constexpr const char* kTimeToLive_s = "86400";
constexpr Duration kProofFor = 12h;  // RFC 8292 section 2: at most 24 h

// What the page's service worker shows.
std::string payload_of(const alert::Alert& alert, const alert::Moment& moment) {
  const json value = {{"title", alert.title},
                      {"message", alert::body_text(alert, moment, 2800)},
                      {"time", to_string(alert.time)},
                      {"severity", alert.severity},
                      {"reason", alert.reason},
                      {"incident", alert.incident},
                      {"url", moment.click}};
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= alert::kMaxPlaintext) return text;
  // Only where nearly every character had to be escaped.
  return json({{"title", alert.title}, {"time", to_string(alert.time)}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

// The same for all alerts of one subject: the push service replaces what waits (RFC 8030 section 5.4).
std::string topic_of(const alert::Alert& alert, const alert::Moment& moment) {
  std::array<uint8_t, 18> hash{};
  const std::string name = moment.epoch + "/" + alert.subject();
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const uint8_t*>(name.data()), name.size(),
                     nullptr, 0);
  return alert::base64url(hash);
}

class WebPushOutlet : public Outlet {
 public:
  WebPushOutlet(alert::Subscription subscription, alert::P256Scalar key, const alert::Channel& channel,
                const OutletParts& parts)
      : subscription_(std::move(subscription)),
        key_(key),
        channel_(channel),
        http_(parts.http),
        timeout_(parts.timeout),
        secrets_(parts.secrets) {
    secrets_.push_back(subscription_.endpoint);
    secrets_.push_back(subscription_.endpoint.substr(alert::origin_of(subscription_.endpoint).size()));
  }

  void send(const alert::Alert& alert, const alert::Moment& moment, Done done) override {
    alert::P256Scalar ephemeral;
    std::array<uint8_t, 16> salt;
    // A scalar of 0 or beyond the order of the curve comes once in 2^32: then the alert is tried again.
    randombytes_buf(ephemeral.data(), ephemeral.size());
    randombytes_buf(salt.data(), salt.size());
    auto body = alert::encrypt(subscription_, payload_of(alert, moment), ephemeral, salt);
    auto proof = alert::vapid(key_, alert::origin_of(subscription_.endpoint), channel_.contact,
                              moment.now + kProofFor);
    sodium_memzero(ephemeral.data(), ephemeral.size());
    if (!body || !proof) {
      Result failed;
      failed.said = body ? proof.error() : body.error();
      return done(failed);
    }
    alert::Request request;
    request.url = subscription_.endpoint;
    request.headers = {{"TTL", kTimeToLive_s},
                       {"Urgency", alert.is_alarm() ? "high" : "normal"},
                       {"Content-Encoding", "aes128gcm"},
                       {"Content-Type", "application/octet-stream"},
                       {"Authorization", *proof}};
    if (!alert.incident.empty()) request.headers.emplace_back("Topic", topic_of(alert, moment));
    request.body = std::move(*body);
    HttpOptions options;
    options.timeout = timeout_;
    options.ca_file = channel_.ca_file;
    http_.start(request, options, [done = std::move(done), secrets = secrets_](const HttpAnswer& answer) {
      Result result = result_of(answer.status, answer.error, answer.body, answer.retry_after,
                                !answer.location.empty(), secrets);
      result.gone = answer.status == 404 || answer.status == 410;
      if (result.gone) result.said += " (the subscription has ended; subscribe anew and restart)";
      done(result);
    });
  }

  json details() const override {
    const auto point = alert::public_key_of(key_);
    json value = {{"to", alert::origin_of(subscription_.endpoint)}};
    if (point)
      value["vapid_key"] = alert::base64url({reinterpret_cast<const uint8_t*>(point->data()), point->size()});
    return value;
  }

 private:
  alert::Subscription subscription_;
  alert::P256Scalar key_;
  alert::Channel channel_;
  Http& http_;
  Duration timeout_;
  std::vector<std::string> secrets_;
};

}  // namespace

std::expected<std::unique_ptr<Outlet>, std::string> make_web_push_outlet(const alert::Channel& channel,
                                                                         const OutletParts& parts) {
  auto subscription = alert::parse_subscription(channel.subscription);
  if (!subscription) return std::unexpected(subscription.error());
  const std::string path = parts.state_dir + "/vapid.key";
  const auto key = own_key(path);
  if (!key) return std::unexpected(key.error());
  // Random 32 bytes are a key of P-256 but for one time in 2^32.
  if (!alert::public_key_of(*key)) return std::unexpected(path + ": is no private key of P-256; remove it");
  return std::make_unique<WebPushOutlet>(std::move(*subscription), *key, channel, parts);
}

}  // namespace gatewitness::notify
