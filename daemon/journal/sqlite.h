// SPDX-License-Identifier: Apache-2.0
//
// SQLite's handles, owning themselves, and its errors as values. Private to this folder.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatewitness::journal {

struct SqlError {
  int code = SQLITE_ERROR;  // SQLite's primary result code
  std::string text;

  // The file is not what it should be, as opposed to: it cannot be had now (locked, full, forbidden).
  bool is_corruption() const { return code == SQLITE_CORRUPT || code == SQLITE_NOTADB; }
};

// One prepared statement, bound, stepped and made ready again by its user.
class Statement {
 public:
  Statement() = default;

  void bind(int parameter, int64_t value);
  // Bytes and texts must stay until the next reset().
  void bind(int parameter, std::span<const uint8_t> bytes);
  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::optional<int64_t> value);  // nullopt: NULL
  // Binds all, in order from parameter 1, runs a statement that gives no rows, and makes it ready again.
  template <typename... Values>
  std::expected<void, SqlError> run(const Values&... values) {
    int parameter = 0;
    (bind(++parameter, values), ...);
    return finish();
  }
  // True: a row is there. False: done.
  std::expected<bool, SqlError> step();
  void reset();

  int parameters() const { return sqlite3_bind_parameter_count(handle_.get()); }
  int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  std::optional<int64_t> integer_or_null(int column) const;
  // Lives until the next step().
  std::span<const uint8_t> blob(int column) const;
  std::string text(int column) const;
  int columns() const { return sqlite3_column_count(handle_.get()); }
  std::string_view name(int column) const { return sqlite3_column_name(handle_.get(), column); }
  int type(int column) const { return sqlite3_column_type(handle_.get(), column); }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::expected<void, SqlError> finish();

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Database {
 public:
  // Opens or creates, in exclusive use: nobody else can open it before this one is closed.
  static std::expected<Database, SqlError> open(const std::string& path);
  // One that nobody writes to (a copy): nothing is changed, not even beside it.
  static std::expected<Database, SqlError> open_copy(const std::string& path);

  // One or several statements without parameters; rows are ignored.
  std::expected<void, SqlError> execute(const char* sql);
  std::expected<Statement, SqlError> prepare(const char* sql);
  // The first column of the first row; an error if there is none.
  std::expected<int64_t, SqlError> integer(const char* sql);
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  // Rows that the last INSERT, UPDATE or DELETE touched.
  int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  // A file of everything in this one as it stands at this moment (SQLite's backup interface), in place of
  // what was there: the old one or the new one is there at any moment, never half of one.
  std::expected<void, SqlError> copy_to(const std::string& path);

 private:
  std::expected<void, SqlError> fill(const std::string& fresh);
  struct Close {
    void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  SqlError last_error() const;

  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace gatewitness::journal
