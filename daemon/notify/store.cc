// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "daemon/journal/sqlite.h"
#include "probes/wire/json_text.h"

namespace gatewitness::notify {
namespace {

using journal::Database;
using journal::SqlError;
using journal::Statement;
using nlohmann::json;

constexpr int64_t kVersion = 1;
// Of what channels got, and of buttons: more than any home has open at a time.
constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS cursor(one INTEGER PRIMARY KEY CHECK(one = 1), epoch TEXT NOT NULL, number "
    "INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS waiting(id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, epoch "
    "TEXT NOT NULL,"
    " incident TEXT NOT NULL, revision INTEGER NOT NULL, severe INTEGER NOT NULL, collapsed INTEGER NOT NULL,"
    " alert TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sent(channel TEXT NOT NULL, incident TEXT NOT NULL, revision INTEGER NOT "
    "NULL,"
    " number INTEGER PRIMARY KEY AUTOINCREMENT, UNIQUE(channel, incident));"
    "CREATE TABLE IF NOT EXISTS used(nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS commands(nonce TEXT PRIMARY KEY, channel TEXT NOT NULL, action TEXT NOT NULL,"
    " incident TEXT NOT NULL, for_s INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS positions(channel TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;";
constexpr const char* kPrune = "DELETE FROM sent WHERE number <= (SELECT max(number) FROM sent) - 4096";

int64_t as_integer(uint64_t value) {
  return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
}

std::string key_of(const std::string& epoch, const alert::Alert& alert) {
  const std::string subject = alert.subject();
  return subject.empty() ? "" : epoch + "/" + subject;
}

std::string text_of(const alert::Alert& alert) {
  return alert::to_json(alert).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

struct Store::Tables {
  explicit Tables(Database opened) : database(std::move(opened)) {}

  Database database;
  std::string path;

  std::string fault(const SqlError& error) const { return "queue " + path + ": " + error.text; }

  // All of `work` or nothing of it; work gives std::expected<void, SqlError>.
  template <typename Work>
  std::expected<void, std::string> transaction(Work work) {
    auto done = database.execute("BEGIN IMMEDIATE");
    if (done) done = work();
    if (done) done = database.execute("COMMIT");
    if (done) return {};
    std::string text = fault(done.error());
    if (database.in_transaction())
      if (auto undone = database.execute("ROLLBACK"); !undone) text += "; " + undone.error().text;
    return std::unexpected(text);
  }

  template <typename... Values>
  std::expected<void, SqlError> run(const char* sql, const Values&... values) {
    auto statement = database.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    return statement->run(values...);
  }

  // The first row, if there is one: `take` reads it.
  template <typename Take, typename... Values>
  bool first(const char* sql, Take take, const Values&... values) {
    auto statement = database.prepare(sql);
    if (!statement) return false;
    int parameter = 0;
    (statement->bind(++parameter, values), ...);
    const auto row = statement->step();
    if (!row || !*row) return false;
    take(*statement);
    return true;
  }

  std::optional<uint64_t> sent(const std::string& channel, const std::string& incident) {
    std::optional<uint64_t> revision;
    if (!incident.empty())
      first(
          "SELECT revision FROM sent WHERE channel = ? AND incident = ?",
          [&](const Statement& row) { revision = static_cast<uint64_t>(row.integer(0)); },
          std::string_view(channel), std::string_view(incident));
    return revision;
  }

  std::expected<void, SqlError> set_cursor(const Cursor& cursor) {
    return run("INSERT OR REPLACE INTO cursor VALUES(1, ?, ?)", std::string_view(cursor.epoch),
               as_integer(cursor.number));
  }
};

namespace {

std::expected<Database, SqlError> open_database(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return database;
  // A handful of writes a day, and a power cut must not send twice what was sent.
  if (auto set = database->execute("PRAGMA synchronous=FULL"); !set) return std::unexpected(set.error());
  const auto version = database->integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > kVersion)
    return std::unexpected(
        SqlError{SQLITE_MISUSE, "was written by a newer gatewitness-notify; remove it to begin anew"});
  if (auto made = database->execute(kSchema); !made) return std::unexpected(made.error());
  if (auto set = database->execute("PRAGMA user_version = 1"); !set) return std::unexpected(set.error());
  return database;
}

}  // namespace

Store::Store(std::unique_ptr<Tables> tables) : tables_(std::move(tables)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

std::expected<Store, std::string> Store::open(const std::string& path,
                                              const std::vector<alert::Channel>& channels) {
  auto database = open_database(path);
  std::string notice;
  if (!database && database.error().is_corruption()) {
    const std::string aside = path + ".corrupt";
    (void)std::remove((path + "-wal").c_str());
    if (std::rename(path.c_str(), aside.c_str()) != 0)
      return std::unexpected("queue " + path + ": " + std::strerror(errno));
    notice = "the queue was damaged and is now " + aside + "; what waited in it is not sent";
    database = open_database(path);
  }
  if (!database) return std::unexpected("queue " + path + ": " + database.error().text);
  auto tables = std::make_unique<Tables>(std::move(*database));
  tables->path = path;
  Store store(std::move(tables));
  store.notice_ = notice;
  if (auto loaded = store.load_all(channels); !loaded) return std::unexpected(loaded.error());
  return store;
}

std::expected<void, std::string> Store::load_all(const std::vector<alert::Channel>& channels) {
  tables_->first("SELECT epoch, number FROM cursor", [&](const Statement& row) {
    cursor_ = {row.text(0), static_cast<uint64_t>(row.integer(1))};
  });
  auto rows = tables_->database.prepare(
      "SELECT id, channel, incident, revision, severe, collapsed FROM waiting ORDER BY id");
  if (!rows) return std::unexpected(tables_->fault(rows.error()));
  std::vector<int64_t> orphans;
  while (true) {
    const auto row = rows->step();
    if (!row) return std::unexpected(tables_->fault(row.error()));
    if (!*row) break;
    const std::string channel = rows->text(1);
    if (std::ranges::find(channels, channel, &alert::Channel::name) == channels.end()) {
      orphans.push_back(rows->integer(0));
      continue;
    }
    alert::Waiting entry;
    entry.id = rows->integer(0);
    entry.incident = rows->text(2);
    entry.revision = static_cast<uint64_t>(rows->integer(3));
    entry.severe = rows->integer(4) != 0;
    entry.collapsed = static_cast<uint32_t>(rows->integer(5));
    waiting_[channel].push_back(std::move(entry));
  }
  rows->reset();
  for (const int64_t id : orphans)
    if (auto done = tables_->run("DELETE FROM waiting WHERE id = ?", id); !done)
      return std::unexpected(tables_->fault(done.error()));
  return {};
}

std::expected<void, std::string> Store::move_cursor(const Cursor& cursor) {
  if (auto done = tables_->set_cursor(cursor); !done) return std::unexpected(tables_->fault(done.error()));
  cursor_ = cursor;
  return {};
}

std::expected<std::map<std::string, Taken>, std::string> Store::take_in(
    const alert::Batch& batch, const std::vector<alert::Channel>& channels,
    const std::set<int64_t>& in_flight, std::size_t room, Timestamp since) {
  std::map<std::string, Taken> by_channel;
  const Cursor after{batch.epoch, std::max(cursor_.number, batch.last)};
  auto fresh = waiting_;  // becomes true with the commit
  const auto admit_one = [&](const alert::Alert& alert,
                             const alert::Channel& channel) -> std::expected<void, SqlError> {
    auto& queue = fresh[channel.name];
    Taken& taken = by_channel[channel.name];
    for (auto& entry : queue) entry.in_flight = in_flight.contains(entry.id);
    const std::string incident = key_of(batch.epoch, alert);
    const auto admission =
        alert::admit(queue, incident, alert.order(), tables_->sent(channel.name, incident), room);
    if (!admission.admitted) {
      taken.duplicates += admission.duplicate ? 1 : 0;
      return {};
    }
    auto gone = admission.stale;
    if (admission.overflow) gone.push_back(*admission.overflow);
    for (const int64_t id : gone) {
      if (auto done = tables_->run("DELETE FROM waiting WHERE id = ?", id); !done) return done;
      std::erase_if(queue, [&](const alert::Waiting& entry) { return entry.id == id; });
    }
    if (auto done =
            tables_->run("INSERT INTO waiting(channel, epoch, incident, revision, severe, collapsed, alert)"
                         " VALUES(?, ?, ?, ?, ?, ?, ?)",
                         std::string_view(channel.name), std::string_view(batch.epoch),
                         std::string_view(incident), as_integer(alert.order()), int64_t{alert.severe},
                         int64_t{admission.collapsed}, std::string_view(text_of(alert)));
        !done)
      return done;
    const auto id = tables_->database.integer("SELECT last_insert_rowid()");
    if (!id) return std::unexpected(id.error());
    alert::Waiting entry;
    entry.id = *id;
    entry.incident = incident;
    entry.revision = alert.order();
    entry.severe = alert.severe;
    entry.collapsed = admission.collapsed;
    queue.push_back(std::move(entry));
    ++taken.queued;
    taken.collapsed += admission.stale.size();
    taken.overflowed += admission.overflow ? 1 : 0;
    return {};
  };
  auto done = tables_->transaction([&]() -> std::expected<void, SqlError> {
    for (const auto& alert : batch.alerts) {
      if (alert.number <= cursor_.number || alert.time < since) continue;
      for (const auto& channel : channels) {
        if (!alert::wants(channel, alert)) continue;
        if (auto one = admit_one(alert, channel); !one) return one;
      }
    }
    return tables_->set_cursor(after);
  });
  if (!done) return std::unexpected(done.error());
  waiting_ = std::move(fresh);
  cursor_ = after;
  return by_channel;
}

const std::vector<alert::Waiting>& Store::waiting(const std::string& channel) const {
  static const std::vector<alert::Waiting> kNone;
  const auto found = waiting_.find(channel);
  return found == waiting_.end() ? kNone : found->second;
}

std::optional<Delivery> Store::load(int64_t id) {
  std::optional<Delivery> delivery;
  tables_->first(
      "SELECT epoch, alert, collapsed FROM waiting WHERE id = ?",
      [&](const Statement& row) {
        const json value = read_json(row.text(1));
        if (auto alert = alert::parse_alert(value))
          delivery = Delivery{id, row.text(0), std::move(*alert), static_cast<uint32_t>(row.integer(2))};
      },
      id);
  return delivery;
}

std::expected<void, std::string> Store::delivered(const std::string& channel,
                                                  std::span<const Delivery> deliveries) {
  for (const Delivery& delivery : deliveries)
    std::erase_if(waiting_[channel], [&](const alert::Waiting& entry) { return entry.id == delivery.id; });
  const auto note_one = [&](const Delivery& delivery) -> std::expected<void, SqlError> {
    if (auto done = tables_->run("DELETE FROM waiting WHERE id = ?", delivery.id); !done) return done;
    const std::string incident = key_of(delivery.epoch, delivery.alert);
    if (incident.empty()) return {};
    return tables_->run("INSERT OR REPLACE INTO sent(channel, incident, revision) VALUES(?, ?, ?)",
                        std::string_view(channel), std::string_view(incident),
                        as_integer(delivery.alert.order()));
  };
  return tables_->transaction([&]() -> std::expected<void, SqlError> {
    for (const Delivery& delivery : deliveries)
      if (auto done = note_one(delivery); !done) return done;
    return tables_->database.execute(kPrune);
  });
}

std::expected<void, std::string> Store::dropped(const std::string& channel, int64_t id) {
  std::erase_if(waiting_[channel], [&](const alert::Waiting& entry) { return entry.id == id; });
  if (auto done = tables_->run("DELETE FROM waiting WHERE id = ?", id); !done)
    return std::unexpected(tables_->fault(done.error()));
  return {};
}

std::expected<bool, std::string> Store::use(const alert::ButtonCommand& command, Timestamp now) {
  bool fresh = false;
  auto done = tables_->transaction([&]() -> std::expected<void, SqlError> {
    if (auto old =
            tables_->run("DELETE FROM used WHERE expires <= ?", int64_t{now.time_since_epoch().count()});
        !old)
      return old;
    const int64_t expires = command.expires.time_since_epoch().count();
    if (auto used =
            tables_->run("INSERT OR IGNORE INTO used VALUES(?, ?)", std::string_view(command.nonce), expires);
        !used)
      return used;
    fresh = tables_->database.changes() == 1;
    if (!fresh) return {};
    return tables_->run("INSERT INTO commands VALUES(?, ?, ?, ?, ?, ?)", std::string_view(command.nonce),
                        std::string_view(command.channel), std::string_view(command.action),
                        std::string_view(command.incident), as_integer(command.for_s), expires);
  });
  if (!done) return std::unexpected(done.error());
  return fresh;
}

std::optional<PendingCommand> Store::next_command() {
  std::optional<PendingCommand> command;
  tables_->first("SELECT nonce, channel, action, incident, for_s, expires FROM commands LIMIT 1",
                 [&](const Statement& row) {
                   command = PendingCommand{row.text(0),
                                            row.text(1),
                                            row.text(2),
                                            row.text(3),
                                            static_cast<uint64_t>(row.integer(4)),
                                            Timestamp(Duration(row.integer(5)))};
                 });
  return command;
}

std::expected<void, std::string> Store::command_done(const std::string& nonce) {
  if (auto done = tables_->run("DELETE FROM commands WHERE nonce = ?", std::string_view(nonce)); !done)
    return std::unexpected(tables_->fault(done.error()));
  return {};
}

std::string Store::position(const std::string& channel) {
  std::string id;
  tables_->first(
      "SELECT id FROM positions WHERE channel = ?", [&](const Statement& row) { id = row.text(0); },
      std::string_view(channel));
  return id;
}

std::expected<void, std::string> Store::set_position(const std::string& channel, const std::string& id) {
  if (auto done = tables_->run("INSERT OR REPLACE INTO positions VALUES(?, ?)", std::string_view(channel),
                               std::string_view(id));
      !done)
    return std::unexpected(tables_->fault(done.error()));
  return {};
}

}  // namespace gatewitness::notify
