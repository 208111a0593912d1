// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/mqtt_outlet.h"

#include <mosquitto.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "daemon/alert/mqtt_messages.h"
#include "probes/process/file_descriptor.h"

namespace gatewitness::notify {
namespace {

using nlohmann::json;

constexpr int kKeepAlive_s = 30;
constexpr int kAtLeastOnce = 1;
// For a connection or an acknowledgement.
constexpr Duration kPatience = std::chrono::seconds(15);

struct Broker {
  std::string host;
  int port = 1883;
  bool tls = false;
};

std::expected<Broker, std::string> parse_broker(std::string_view url) {
  Broker broker;
  broker.tls = url.starts_with("mqtts://");
  broker.port = broker.tls ? 8883 : 1883;
  std::string_view rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == rest.npos) return std::unexpected("its url has a [ without ]");
    broker.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    broker.host = rest.substr(0, colon);
    port = rest.substr(colon);
  }
  if (port.empty()) return broker;
  const auto [end, fault] = std::from_chars(port.data() + 1, port.data() + port.size(), broker.port);
  if (port.front() != ':' || fault != std::errc{} || end != port.data() + port.size() || broker.port < 1 ||
      broker.port > 65535)
    return std::unexpected("its url has a port that is none");
  return broker;
}

// What libmosquitto's thread tells the loop.
class Mailbox {
 public:
  struct News {
    enum class Kind : uint8_t { kConnected, kDisconnected, kAcknowledged, kHomeAssistantIsUp } kind;
    int number = 0;  // reason code, or the message's id
  };

  Mailbox() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  int fd() const { return wake_.get(); }
  void put(News news) {
    {
      const std::lock_guard lock(mutex_);
      news_.push_back(news);
    }
    const uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }
  std::vector<News> take() {
    uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(news_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<News> news_;
  process::FileDescriptor wake_;
};

class MqttOutlet : public Outlet {
 public:
  MqttOutlet(const alert::Channel& channel, Broker broker) : channel_(channel), broker_(std::move(broker)) {}
  ~MqttOutlet() override {
    if (client_ == nullptr) return;
    publish(alert::availability_topic(), "offline", true);
    stop_ = true;
    mosquitto_disconnect(client_);
    if (thread_.joinable()) thread_.join();
    mosquitto_destroy(client_);
    mosquitto_lib_cleanup();
  }
  MqttOutlet(const MqttOutlet&) = delete;
  MqttOutlet& operator=(const MqttOutlet&) = delete;

  std::expected<void, std::string> start();

  void send(const alert::Alert& alert, const alert::Moment& moment, Done done) override {
    waiting_.push_back({alert::event_payload(alert, alert::body_text(alert, moment, 4000)), std::move(done),
                        std::nullopt, std::nullopt});
  }
  void turn(Timestamp steady) override;
  bool shows_state() const override { return true; }
  void show(const json& incidents, words::Language in) override {
    announcements_ = alert::announcements(channel_.discovery, incidents, in);
    states_ = alert::states(incidents);
    if (connected_) publish_changes();
  }
  int fd() const override { return mailbox_.fd(); }
  json details() const override { return {{"connected", connected_}}; }

 private:
  struct Job {
    std::string payload;
    Done done;
    std::optional<int> id;           // published, not acknowledged
    std::optional<Timestamp> until;  // steady
  };

  void keep_connected();
  static void on_connect(mosquitto* client, void* self, int code);
  static void on_publish(mosquitto* /*client*/, void* self, int id);
  static void on_message(mosquitto* /*client*/, void* self, const mosquitto_message* message);

  int publish(const std::string& topic, const std::string& payload, bool retain) {
    int id = 0;
    const int result = mosquitto_publish(client_, &id, topic.c_str(), static_cast<int>(payload.size()),
                                         payload.data(), kAtLeastOnce, retain);
    return result == MOSQ_ERR_SUCCESS ? id : -1;
  }
  // Discovery before states: Home Assistant forgets a state that it has no entity for.
  void publish_changes() {
    for (const auto* wanted : {&announcements_, &states_})
      for (const auto& [topic, payload] : *wanted) {
        if (const auto known = published_.find(topic); known != published_.end() && known->second == payload)
          continue;
        if (publish(topic, payload, true) >= 0) published_[topic] = payload;
      }
    for (auto it = published_.begin(); it != published_.end();) {
      const bool wanted = announcements_.contains(it->first) || states_.contains(it->first);
      if (!wanted) publish(it->first, "", true);
      it = wanted ? std::next(it) : published_.erase(it);
    }
  }
  void take_news();
  void finish(std::size_t index, alert::Outcome outcome, const std::string& said) {
    const Done done = std::move(waiting_[index].done);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
    Result result;
    result.outcome = outcome;
    result.said = said;
    result.answered = connected_;
    done(result);
  }

  alert::Channel channel_;
  Broker broker_;
  Mailbox mailbox_;
  mosquitto* client_ = nullptr;
  std::thread thread_;
  std::atomic<bool> stop_ = false;
  bool connected_ = false;
  bool refused_ = false;
  std::string why_not_ = "not connected yet";
  std::vector<Job> waiting_;
  alert::Retained announcements_, states_, published_;
};

std::expected<void, std::string> MqttOutlet::start() {
  mosquitto_lib_init();
  client_ = mosquitto_new(nullptr, true, this);
  if (client_ == nullptr) return std::unexpected("cannot start libmosquitto");
  const std::string will = alert::availability_topic(), offline = "offline";
  int result = mosquitto_will_set(client_, will.c_str(), static_cast<int>(offline.size()), offline.data(),
                                  kAtLeastOnce, true);
  if (result == MOSQ_ERR_SUCCESS && !channel_.user.empty())
    result = mosquitto_username_pw_set(client_, channel_.user.c_str(),
                                       channel_.token.empty() ? nullptr : channel_.token.c_str());
  if (result == MOSQ_ERR_SUCCESS && broker_.tls)
    result = channel_.ca_file.empty()
                 ? mosquitto_int_option(client_, MOSQ_OPT_TLS_USE_OS_CERTS, 1)
                 : mosquitto_tls_set(client_, channel_.ca_file.c_str(), nullptr, nullptr, nullptr, nullptr);
  if (result == MOSQ_ERR_SUCCESS && broker_.tls) result = mosquitto_tls_insecure_set(client_, false);
  if (result != MOSQ_ERR_SUCCESS) return std::unexpected(std::string("MQTT: ") + mosquitto_strerror(result));
  mosquitto_connect_callback_set(client_, &MqttOutlet::on_connect);
  mosquitto_publish_callback_set(client_, &MqttOutlet::on_publish);
  mosquitto_message_callback_set(client_, &MqttOutlet::on_message);
  mosquitto_threaded_set(client_, true);  // we publish, the thread sends
  thread_ = std::thread([this] { keep_connected(); });
  return {};
}

// The thread. Whatever fails is tried again, after 1 s at first and up to a minute.
void MqttOutlet::keep_connected() {
  int pause_s = 1;
  while (!stop_) {
    int result = mosquitto_connect(client_, broker_.host.c_str(), broker_.port, kKeepAlive_s);
    if (result == MOSQ_ERR_SUCCESS) {
      const auto begun = std::chrono::steady_clock::now();
      // When told to stop: until the farewell is sent, which ends the loop.
      for (int farewell = 0; result == MOSQ_ERR_SUCCESS && farewell < 10; farewell += stop_ ? 1 : 0)
        result = mosquitto_loop(client_, stop_ ? 100 : 1000, 1);
      if (std::chrono::steady_clock::now() - begun > std::chrono::minutes(1)) pause_s = 1;
    }
    mailbox_.put({Mailbox::News::Kind::kDisconnected, result == MOSQ_ERR_ERRNO ? -errno : result});
    for (int tenth = 0; tenth < pause_s * 10 && !stop_; ++tenth)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    pause_s = std::min(pause_s * 2, 60);
  }
}

void MqttOutlet::on_connect(mosquitto* client, void* self, int code) {
  if (code == 0)
    mosquitto_subscribe(client, nullptr,
                        (static_cast<MqttOutlet*>(self)->channel_.discovery + "/status").c_str(), 0);
  static_cast<MqttOutlet*>(self)->mailbox_.put({Mailbox::News::Kind::kConnected, code});
}
void MqttOutlet::on_publish(mosquitto* /*client*/, void* self, int id) {
  static_cast<MqttOutlet*>(self)->mailbox_.put({Mailbox::News::Kind::kAcknowledged, id});
}
void MqttOutlet::on_message(mosquitto* /*client*/, void* self, const mosquitto_message* message) {
  const std::string_view text(static_cast<const char*>(message->payload),
                              static_cast<std::size_t>(message->payloadlen));
  if (text == "online")
    static_cast<MqttOutlet*>(self)->mailbox_.put({Mailbox::News::Kind::kHomeAssistantIsUp});
}

void MqttOutlet::take_news() {
  for (const auto& news : mailbox_.take()) {
    switch (news.kind) {
      case Mailbox::News::Kind::kConnected:
        connected_ = news.number == 0;
        refused_ = !connected_;
        if (refused_) why_not_ = mosquitto_connack_string(news.number);
        if (!connected_) break;
        publish(alert::availability_topic(), "online", true);
        published_.clear();  // the broker may have begun anew
        publish_changes();
        break;
      case Mailbox::News::Kind::kDisconnected:
        // A refusal's own words are better than that the connection then ended.
        if (!refused_)
          why_not_ = news.number < 0 ? std::strerror(-news.number) : mosquitto_strerror(news.number);
        refused_ = connected_ = false;
        break;
      case Mailbox::News::Kind::kAcknowledged:
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
          if (waiting_[i].id != news.number) continue;
          finish(i, alert::Outcome::kDelivered, "MQTT: acknowledged by the broker");
          break;
        }
        break;
      case Mailbox::News::Kind::kHomeAssistantIsUp:
        published_.clear();
        if (connected_) publish_changes();
        break;
    }
  }
}

void MqttOutlet::turn(Timestamp steady) {
  take_news();
  for (std::size_t i = 0; i < waiting_.size();) {
    Job& job = waiting_[i];
    if (!job.until) job.until = steady + kPatience;
    // Published once: libmosquitto repeats it itself until it is acknowledged, over reconnections too.
    if (!job.id && connected_)
      if (const int id = publish(alert::event_topic(), job.payload, false); id >= 0) job.id = id;
    // What was published may still get there: to send it again now would send it twice.
    if (steady < *job.until || job.id)
      ++i;
    else
      finish(i, alert::Outcome::kRetry, "MQTT: " + why_not_);
  }
}

}  // namespace

std::expected<std::unique_ptr<Outlet>, std::string> make_mqtt_outlet(const alert::Channel& channel) {
  auto broker = parse_broker(channel.url);
  if (!broker) return std::unexpected(broker.error());
  auto outlet = std::make_unique<MqttOutlet>(channel, std::move(*broker));
  if (auto started = outlet->start(); !started) return std::unexpected(started.error());
  return outlet;
}

}  // namespace gatewitness::notify
