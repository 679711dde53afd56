#include <gtest/gtest.h>

#include <fstream>

#include "backend/sqlite/sqlite_file.hpp"

namespace luminate {
namespace {

using test::error_of;
using test::message_of;
using test::put;

class DamagedStore : public testing::Test {
 protected:
  /// Segment 1 holds metric "bad", segment 2 metric "good".
  void SetUp() override {
    Store store = file_.open();
    put(store, {{"bad", 0, 1, {{"h", "a"}}}, {"bad", 1, 2, {{"h", "b"}}}});
    put(store, {{"good", 0, 1, {{"h", "a"}}}});
  }
  static Query all(const std::string& metric) { return Query::range(metric).between(test::kStart, test::kNow); }

  test::SqliteFile file_;
};

TEST_F(DamagedStore, NamesTheSegmentWhicheverByteIsWrong) {
  const std::int64_t size = file_.sql("SELECT length(data) FROM segment WHERE id = 1");
  ASSERT_GT(size, 0);
  for (std::int64_t at = 0; at < size; ++at) {
    // Flips all bits of one byte, which SQLite can only do by way of hexadecimal digits.
    const std::string head = "substr(data, 1, " + std::to_string(at) + ")";
    const std::string tail = "substr(data, " + std::to_string(at + 2) + ")";
    const std::int64_t byte =
        file_.sql("SELECT instr('0123456789ABCDEF', substr(hex(data), " + std::to_string(2 * at + 1) +
                  ", 1)) * 16 - 17 + instr('0123456789ABCDEF', substr(hex(data), " + std::to_string(2 * at + 2) +
                  ", 1)) FROM segment WHERE id = 1");
    const auto patch = [&](std::int64_t value) {
      constexpr const char* kDigits = "0123456789ABCDEF";
      const std::string digits{kDigits[value / 16], kDigits[value % 16]};
      file_.sql("UPDATE segment SET data = CAST(" + head + " || x'" + digits + "' || " + tail +
                " AS BLOB) WHERE id = 1");
    };
    patch(byte ^ 0xFF);
    {
      const Store store = file_.open();
      EXPECT_EQ(error_of([&] { (void)store.query(all("bad")); }), "STORAGE_CORRUPT") << "byte " << at;
      const std::string message = message_of([&] { (void)store.query(all("bad")); });
      EXPECT_NE(message.find("segment 1 "), std::string::npos) << message;
      EXPECT_EQ(test::lines(store.query(all("good"))), test::Lines{"@0 {h=a} 1"});
    }
    patch(byte);
  }
  EXPECT_EQ(file_.open().query(all("bad")).points_scanned, 2u);
}

TEST_F(DamagedStore, NamesASegmentThatIsCutOrGone) {
  file_.sql("UPDATE segment SET data = substr(data, 1, length(data) - 1) WHERE id = 1");
  EXPECT_EQ(error_of([&] { (void)file_.open().query(all("bad")); }), "STORAGE_CORRUPT");
  file_.sql("UPDATE segment SET data = x'' WHERE id = 1");
  EXPECT_EQ(error_of([&] { (void)file_.open().query(all("bad")); }), "STORAGE_CORRUPT");
}

TEST_F(DamagedStore, DeletesNothingWhereItCannotReadWhatItWouldKeep) {
  file_.sql("UPDATE segment SET data = substr(data, 1, length(data) - 1) WHERE id = 1");
  Store store = file_.open();
  EXPECT_EQ(error_of([&] {
              store.remove({.metric = "bad", .filters = {{"h", Filter::Kind::any_of, {"a"}}}});
            }),
            "STORAGE_CORRUPT");
  EXPECT_EQ(store.series_count("bad"), 2u);
  // Writes go on.
  put(store, {{"bad", 5, 1, {{"h", "a"}}}, {"good", 5, 1, {}}});
  EXPECT_EQ(store.remove({.metric = "good"}), 2u);
}

TEST_F(DamagedStore, NoticesACatalogThatIsDamaged) {
  file_.sql("DELETE FROM word WHERE id = 2");
  const Store store = file_.open();
  EXPECT_EQ(error_of([&] { (void)store.dimension_keys("bad"); }), "STORAGE_CORRUPT");
}

TEST_F(DamagedStore, NoticesAFileThatSqliteFindsDamaged) {
  {
    std::fstream bytes(file_.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string garbage(3 * 4096, '\x5A');
    bytes.seekp(4096);
    bytes.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
  }
  EXPECT_EQ(error_of([&] {
              const Store store = file_.open();
              (void)store.query(all("bad"));
            }),
            "STORAGE_CORRUPT");
}

}  // namespace
}  // namespace luminate
