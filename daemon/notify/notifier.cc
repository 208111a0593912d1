// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/notifier.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/alert/button.h"
#include "probes/process/clock.h"
#include "probes/wire/json_text.h"

namespace gatewitness::notify {
namespace {

using nlohmann::json;
using words::Message;
using namespace std::chrono_literals;

// What is older than this at the very first start is history, not news.
constexpr Duration kNewsAtFirst = 10min;
constexpr Duration kStatesEvery = 1min;
// Of the 2 s that the supervisor gives.
constexpr Duration kLastAnswers = 1500ms;
constexpr Duration kCommandAgain = 5s;
constexpr std::chrono::milliseconds kLongestSleep{10'000};
constexpr std::size_t kRequestsPerTurn = 16;
constexpr std::size_t kEventsPerTurn = 1000;

json refusal(const std::string& text) {
  return {{"ok", false}, {"error", text}};
}

}  // namespace

// One test-alert: answered when all of its channels have.
struct Notifier::TestRun {
  std::vector<std::vector<uint8_t>> envelope;
  std::vector<json> results;
  std::size_t missing = 0;
};

Notifier::Notifier(Parts parts, const process::Log& log)
    : parts_(std::move(parts)), log_(log), status_(parts_.run_dir + "/notify.json") {}

std::expected<std::unique_ptr<Notifier>, std::string> Notifier::create(Parts parts, const process::Log& log) {
  std::unique_ptr<Notifier> notifier(new Notifier(std::move(parts), log));
  Parts& own = notifier->parts_;
  const auto& options = own.options;
  std::size_t exec_index = 0;
  std::vector<std::string> secrets;
  for (const auto& channel : options.channels)
    for (auto& secret : alert::secrets_of(channel)) secrets.push_back(std::move(secret));
  for (const auto& channel : options.channels) {
    OutletParts outlet_parts{
        own.http, own.exec ? &*own.exec : nullptr, exec_index, options.timeout, own.state_dir, secrets};
    if (channel.type == alert::ChannelType::kExec) ++exec_index;
    auto outlet = make_outlet(channel, outlet_parts);
    if (!outlet) return std::unexpected("channel " + channel.name + ": " + outlet.error());
    notifier->shows_states_ |= (*outlet)->shows_state();
    notifier->lines_.push_back(
        std::make_unique<Line>(channel, std::move(*outlet),
                               LineSettings{options.max_age, options.group_wait, options.quiet_hours,
                                            options.url, own.key, options.language, own.guard},
                               own.store, log));
    if (!channel.buttons_topic.empty())
      notifier->readers_.push_back(
          std::make_unique<ButtonReader>(channel, own.key, own.http, own.store, log));
  }
  notifier->first_start_ = own.store.cursor().epoch.empty();
  return notifier;
}

void Notifier::run(process::SignalQueue& signals, process::ServiceManager& manager) {
  while (true) {
    const Now at = now();
    manager.alive(at.steady);
    turn(at);
    wait(signals, manager.next_alive());
    if (signals.take()) break;
  }
  manager.stopping();
  finish();
  status_.stopped();
}

// An answer that is on its way is waited for: without it the alert would be sent once more after the next
// start.
void Notifier::finish() {
  const Timestamp until = now().steady + kLastAnswers;
  const auto in_flight = [](const auto& line) { return !line->in_flight().empty(); };
  for (const auto& line : lines_) line->close();
  while (std::ranges::any_of(lines_, in_flight) && now().steady < until) {
    std::vector<curl_waitfd> watched;
    for (const auto& line : lines_)
      if (line->outlet().fd() >= 0) watched.push_back({line->outlet().fd(), CURL_WAIT_POLLIN, 0});
    if (parts_.exec) watched.push_back({parts_.exec->fd(), CURL_WAIT_POLLIN, 0});
    parts_.http.wait(watched, 50);
    parts_.http.perform();
    if (parts_.exec) parts_.exec->turn();
    for (const auto& line : lines_) line->turn(now());
  }
}

// Something can be done at once.
bool Notifier::busy() const {
  // libzmq's descriptors report edges only: ask all of them before sleeping.
  const bool events = parts_.events.readable(), requests = parts_.requests.readable(),
             answers = parts_.control.readable();
  return events || requests || answers || (alerts_wanted_ && !asking_) ||
         (states_wanted_ && !asking_states_) ||
         std::ranges::any_of(readers_, &ButtonReader::has_news,
                             [](const auto& reader) -> const ButtonReader& { return *reader; });
}

void Notifier::wait(process::SignalQueue& signals, const std::optional<Timestamp>& alive) {
  std::vector<curl_waitfd> watched;
  const auto watch = [&](int fd) {
    if (fd >= 0) watched.push_back({fd, CURL_WAIT_POLLIN, 0});
  };
  watch(signals.fd());
  watch(parts_.events.fd());
  watch(parts_.requests.fd());
  watch(parts_.control.fd());
  if (parts_.exec) watch(parts_.exec->fd());
  std::optional<Timestamp> next = next_poll_;
  const auto consider = [&](const std::optional<Timestamp>& time) {
    if (time) next = std::min(*next, *time);
  };
  consider(alive);
  consider(parts_.control.deadline());
  consider(status_.deadline());
  for (const auto& line : lines_) {
    watch(line->outlet().fd());
    consider(line->deadline());
  }
  for (const auto& reader : readers_) consider(reader->deadline());
  const int timeout = busy() ? 0 : process::poll_timeout_ms(now().steady, next, std::nullopt, kLongestSleep);
  parts_.http.wait(watched, timeout);
}

void Notifier::turn(const Now& at) {
  parts_.http.perform();
  if (parts_.exec) parts_.exec->turn();
  hear_events();
  ask_for_alerts(at);
  ask_for_incidents(at);
  give_commands(at);
  parts_.control.turn(at.steady);
  answer_requests(at);
  for (const auto& reader : readers_) reader->turn(at);
  for (const auto& line : lines_) line->turn(at);
  // What was just begun goes out now, not after the next sleep.
  parts_.http.perform();
  write_status(at);
}

void Notifier::hear_events() {
  for (std::size_t i = 0; i < kEventsPerTurn; ++i) {
    const auto bytes = parts_.events.receive();
    if (!bytes) return;
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()),
                                std::min<std::size_t>(bytes->size(), 64));
    if (text.starts_with("{\"event\":\"alert\"") || text.starts_with("{\"event\": \"alert\""))
      alerts_wanted_ = true;
  }
}

void Notifier::ask_for_alerts(const Now& at) {
  if (asking_ || (!alerts_wanted_ && at.steady < next_poll_)) return;
  asking_ = true;
  alerts_wanted_ = false;
  next_poll_ = at.steady + parts_.options.poll;
  const uint64_t after = parts_.store.cursor().number;
  const json request = {{"command", "alerts"}, {"after", after}, {"limit", alert::kMaxBatch}};
  parts_.control.ask(request, [this, after](const std::expected<json, std::string>& answer) {
    asking_ = false;
    next_poll_ = now().steady + parts_.options.poll;
    if (answer) {
      if (daemon_error_) log_.info("the daemon answers again");
      daemon_error_.reset();
      return take_alerts(*answer, after);
    }
    if (daemon_error_ != answer.error()) log_.warning(answer.error());
    daemon_error_ = answer.error();
  });
}

void Notifier::take_alerts(const json& data, uint64_t after) {
  auto batch = alert::parse_batch(data);
  if (!batch) {
    daemon_error_ = batch.error();
    return;
  }
  Store& store = parts_.store;
  if (batch->epoch != store.cursor().epoch) {
    if (auto moved = store.move_cursor({batch->epoch, 0}); !moved) return log_.error(moved.error());
    if (after != 0) {
      alerts_wanted_ = true;  // what was asked for was another log's
      return;
    }
  }
  if (batch->malformed > 0)
    log_.warning(std::to_string(batch->malformed) + " alerts could not be read and are skipped");
  malformed_ += batch->malformed;
  if (batch->last > store.cursor().number) {
    const Now at = now();
    const Timestamp since = at.wall - (first_start_ ? kNewsAtFirst : parts_.options.max_age);
    std::set<int64_t> in_flight;
    for (const auto& line : lines_)
      for (const int64_t id : line->in_flight()) in_flight.insert(id);
    const auto taken = store.take_in(*batch, parts_.options.channels, in_flight, parts_.options.queue, since);
    if (!taken) return log_.error(taken.error());  // asked for again at the next poll
    for (const auto& line : lines_) {
      const auto own = taken->find(line->channel().name);
      if (own != taken->end()) line->note(own->second, at.steady);
    }
    states_wanted_ = shows_states_;
    if (batch->newest > store.cursor().number) alerts_wanted_ = true;
  }
  if (!alerts_wanted_) first_start_ = false;
}

void Notifier::ask_for_incidents(const Now& at) {
  if (asking_states_ || !shows_states_ || (!states_wanted_ && at.steady < next_states_)) return;
  asking_states_ = true;
  states_wanted_ = false;
  next_states_ = at.steady + kStatesEvery;
  const json request = {{"command", "incidents"}, {"language", words::to_string(parts_.options.language)}};
  parts_.control.ask(request, [this](const std::expected<json, std::string>& answer) {
    asking_states_ = false;
    if (!answer) return;
    for (const auto& line : lines_)
      if (line->outlet().shows_state()) line->outlet().show(*answer, parts_.options.language);
  });
}

// REQ's envelope: the peer's id, an empty part, the request (daemon/control/loop.cc).
void Notifier::answer_requests(const Now& at) {
  for (std::size_t i = 0; i < kRequestsPerTurn; ++i) {
    auto parts = parts_.requests.receive_parts();
    if (!parts) return;
    const std::size_t body = parts->size() - 1;
    if (parts->size() < 3 || !(*parts)[body - 1].empty()) continue;
    const json request = read_json((*parts)[body]);
    if (!request.is_object() || !request.contains("command") || request.at("command") != "test-alert") {
      reply(*parts,
            refusal("the request must be {\"command\": \"test-alert\", \"channel\": NAME or nothing}"));
      continue;
    }
    const auto channel = request.find("channel");
    begin_test(std::move(*parts),
               channel != request.end() && channel->is_string() ? channel->get<std::string>() : "", at);
  }
}

void Notifier::reply(std::vector<std::vector<uint8_t>>& envelope, const json& answer) {
  const std::string text = answer.dump(-1, ' ', true, json::error_handler_t::replace);
  envelope.back().assign(text.begin(), text.end());
  (void)parts_.requests.send_parts(envelope);  // who has gone gets no answer
}

void Notifier::begin_test(std::vector<std::vector<uint8_t>> envelope, const std::string& name,
                          const Now& at) {
  std::vector<Line*> wanted;
  std::string names;
  for (const auto& line : lines_) {
    names += (names.empty() ? "" : ", ") + line->channel().name;
    if (name.empty() || line->channel().name == name) wanted.push_back(line.get());
  }
  if (wanted.empty())
    return reply(envelope,
                 refusal("there is no channel \"" + alert::harmless(name, 64) + "\"; there are: " + names));
  auto run = std::make_shared<TestRun>();
  run->envelope = std::move(envelope);
  run->results.resize(wanted.size());
  run->missing = wanted.size();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& channel = wanted[i]->channel();
    run->results[i] = {{"channel", channel.name}, {"type", type_name(channel.type)}};
    wanted[i]->send_now(
        alert::test_alert(at.wall, parts_.options.language), at,
        [this, run, i, begun = at.steady](const Result& result) {
          run->results[i]["ok"] = result.outcome == alert::Outcome::kDelivered;
          run->results[i]["said"] = result.said;
          run->results[i]["took_ms"] =
              std::chrono::duration_cast<std::chrono::milliseconds>(now().steady - begun).count();
          if (--run->missing == 0) reply(run->envelope, {{"ok", true}, {"data", run->results}});
        });
  }
}

// What buttons asked for, one at a time, until the daemon has answered: used is used, but it must not get
// lost.
void Notifier::give_commands(const Now& at) {
  for (const auto& reader : readers_)
    if (reader->take_news()) next_command_ = at.steady;
  if (commanding_ || readers_.empty() || at.steady < next_command_) return;
  next_command_ = at.steady + kCommandAgain;
  const auto command = parts_.store.next_command();
  if (!command) {
    next_command_ = at.steady;
    return;
  }
  if (command->expires <= at.wall) {
    if (auto done = parts_.store.command_done(command->nonce); !done) log_.error(done.error());
    return tell(*command, say(parts_.options.language, words::Message::kDoneLate));
  }
  commanding_ = true;
  const json request = {
      {"command", command->action}, {"incident", command->incident}, {"for_s", command->for_s}};
  parts_.control.ask(request, [this, command = *command](const std::expected<json, std::string>& answer) {
    commanding_ = false;
    if (!answer && answer.error() == "the daemon does not answer") return;
    if (auto done = parts_.store.command_done(command.nonce); !done) log_.error(done.error());
    next_command_ = Timestamp();
    tell(command, answer ? "" : answer.error());
  });
}

void Notifier::tell(const PendingCommand& command, const std::string& fault) {
  const std::string incident = alert::harmless(command.incident, 64);
  log_.info("a button of channel " + command.channel + " asked to " + command.action + " incident " +
            incident + " for " + std::to_string(command.for_s / 3600) + " h" +
            (fault.empty() ? ": done" : ": " + fault));
  const words::Language in = parts_.options.language;
  const Now at = now();
  alert::Alert alert;
  alert.number = 1;
  alert.time = at.wall;
  alert.reason = "done";
  alert.title = say(in, fault.empty() ? Message::kDoneTitle : Message::kDoneFailedTitle);
  alert.text = say(in, command.action == "mute" ? Message::kDoneMute : Message::kDoneQuarantine,
                   {{"incident", incident}, {"hours", command.for_s / 3600}});
  alert.text +=
      fault.empty() ? say(in, Message::kDoneDone) : say(in, Message::kDoneFailed, {{"fault", fault}});
  for (const auto& line : lines_)
    if (line->channel().name == command.channel) line->send_now(alert, at, [](const Result&) {});
}

void Notifier::write_status(const Now& at) {
  if (!status_.due(at.steady)) return;
  json channels = json::array();
  for (const auto& line : lines_) channels.push_back(line->status(at));
  json buttons = json::array();
  for (const auto& reader : readers_) buttons.push_back(reader->status());
  status_.write({{"version", GATEWITNESS_VERSION},
                 {"running", true},
                 {"daemon_error", daemon_error_ ? json(*daemon_error_) : json(nullptr)},
                 {"taken_up_to", parts_.store.cursor().number},
                 {"malformed", malformed_},
                 {"channels", std::move(channels)},
                 {"buttons", std::move(buttons)}},
                at.steady);
}

}  // namespace gatewitness::notify
