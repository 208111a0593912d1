// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/opening.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/journal/schema.h"

namespace gatewitness::journal {
namespace {

std::expected<Database, SqlError> open_checked(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return std::unexpected(database.error());
  if (auto ready = bring_up_to_date(*database); !ready) return std::unexpected(ready.error());
  if (auto sound = check(*database); !sound) return std::unexpected(sound.error());
  return database;
}

// The write-ahead log goes along: it may hold what the main file does not.
std::expected<std::string, std::string> move_aside(const std::string& path, Timestamp now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::string aside = path + ".corrupt-" + std::to_string(seconds);
  for (int again = 2; std::filesystem::exists(aside); ++again)
    aside = path + ".corrupt-" + std::to_string(seconds) + "-" + std::to_string(again);
  std::error_code error;
  std::filesystem::rename(path, aside, error);
  if (error)
    return std::unexpected("journal " + path + " is corrupt and cannot be moved: " + error.message());
  for (const char* companion : {"-wal", "-shm"}) {
    std::filesystem::rename(path + companion, aside + companion, error);  // often there is none
    (void)std::filesystem::remove(path + companion, error);
  }
  return aside;
}

// True: the copy is in the store's place now. False: there is none. A corrupt one is put aside and said.
std::expected<bool, SqlError> take_copy(const Place& place, Timestamp now, std::string& notice) {
  std::error_code error;
  if (place.copy.empty() || !std::filesystem::exists(place.copy, error)) return false;
  auto copy = Database::open_copy(place.copy);
  auto taken = copy ? check(*copy) : std::unexpected(copy.error());
  if (taken) taken = copy->copy_to(place.path);
  if (taken) return true;
  if (!taken.error().is_corruption())
    return std::unexpected(SqlError{taken.error().code, "from " + place.copy + ": " + taken.error().text});
  const auto aside = move_aside(place.copy, now);
  if (!aside) return std::unexpected(SqlError{SQLITE_CORRUPT, aside.error()});
  notice += (notice.empty() ? "" : "; ") + std::string("the copy ") + place.copy + " was corrupt, too (" +
            taken.error().text + "): kept as " + *aside;
  return false;
}

}  // namespace

namespace {

// The store as it is, as its copy has it, or a new one in a corrupt one's place.
std::expected<Database, SqlError> open_some(const Place& place, Timestamp now, std::string& notice) {
  std::error_code error;
  if (!std::filesystem::exists(place.path, error)) {
    if (const auto taken = take_copy(place, now, notice); !taken) return std::unexpected(taken.error());
  }
  auto database = open_checked(place.path);
  if (database || !database.error().is_corruption()) return database;
  const auto aside = move_aside(place.path, now);
  if (!aside) return std::unexpected(SqlError{SQLITE_CORRUPT, aside.error()});
  notice += (notice.empty() ? "" : "; ") + std::string("journal ") + place.path + " was corrupt (" +
            database.error().text + "): kept as " + *aside;
  const auto taken = take_copy(place, now, notice);
  if (!taken) return std::unexpected(taken.error());
  notice += *taken ? ", gone on from its copy; what came after it is not used"
                   : ", started afresh; what was known before is not used";
  return open_checked(place.path);
}

}  // namespace

std::expected<Opened, std::string> open_store(const Place& place, Timestamp now) {
  std::string notice;
  auto database = open_some(place, now, notice);
  if (database) return Opened{std::move(*database), std::move(notice), true};
  if (database.error().code == SQLITE_FULL || database.error().code == SQLITE_IOERR) {
    // Better a witness without memory than none.
    notice += (notice.empty() ? "" : "; ") + std::string("journal ") + place.path + " cannot be used (" +
              database.error().text + "): nothing is kept, and a restart forgets everything";
    database = open_checked(":memory:");
    if (database) return Opened{std::move(*database), std::move(notice), false};
  }
  const std::string why =
      database.error().code == SQLITE_BUSY ? "another gatewitnessd uses it" : database.error().text;
  return std::unexpected("journal " + place.path + ": " + why);
}

}  // namespace gatewitness::journal
