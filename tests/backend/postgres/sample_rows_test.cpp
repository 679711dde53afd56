#include "postgres/sample_rows.hpp"

#include <gtest/gtest.h>

#include <random>

#include "postgres/conflict_memory.hpp"

namespace luminate::postgres {
namespace {

std::string text(const std::vector<SampleRow>& rows) {
  std::string text;
  for (const SampleRow& row : rows) {
    text += std::to_string(row.series) + "@" + std::to_string(row.time_ms) + "=" +
            std::to_string(static_cast<int>(row.value)) + " ";
  }
  return text;
}

std::string sorted(std::vector<SampleRow> rows) {
  sort_rows(rows);
  return text(rows);
}

TEST(SampleRows, AreSortedAsThePrimaryKeyIs) {
  EXPECT_EQ(sorted({}), "");
  EXPECT_EQ(sorted({{2, 5, 1}, {1, 7, 2}, {1, -6, 3}}), "1@-6=3 1@7=2 2@5=1 ");
}

TEST(SampleRows, OfEqualKeysTheLastStays) {
  EXPECT_EQ(sorted({{1, 5, 1}, {1, 5, 2}}), "1@5=2 ");
  EXPECT_EQ(sorted({{1, 5, 1}, {2, 5, 2}, {1, 5, 3}, {1, 4, 4}, {1, 5, 5}, {2, 5, 6}}), "1@4=4 1@5=5 2@5=6 ");
  std::vector<SampleRow> rows;
  std::mt19937 random(1);
  double last[10] = {};
  for (int i = 0; i < 5'000; ++i) {
    const auto series = static_cast<std::int64_t>(random() % 10);
    last[series] = i;
    rows.push_back({series, 1, static_cast<double>(i)});
  }
  sort_rows(rows);
  ASSERT_EQ(rows.size(), 10U);
  for (const SampleRow& row : rows) EXPECT_EQ(row.value, last[row.series]);
}

TEST(CopyPieces, AreWhatTheProtocolSays) {
  const std::vector<SampleRow> rows = {{258, 946'684'800'001, 1.5}};
  CopyPieces pieces(rows);
  std::string piece;
  pieces.next(piece);
  const std::string row(
      "\0\3"
      "\0\0\0\10\0\0\0\0\0\0\1\2"
      "\0\0\0\10\0\0\0\0\0\0\3\350"
      "\0\0\0\10\77\370\0\0\0\0\0\0",
      38);
  EXPECT_EQ(piece, std::string("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19) + row + "\377\377");
  pieces.next(piece);
  EXPECT_EQ(piece, "");
}

TEST(CopyPieces, CarryEveryRowOnceHoweverMany) {
  for (const std::size_t count : {0U, 1U, 1'499U, 1'500U, 1'501U, 4'567U}) {
    std::vector<SampleRow> rows(count);
    std::string all;
    std::string piece;
    CopyPieces pieces(rows);
    for (pieces.next(piece); !piece.empty(); pieces.next(piece)) all += piece;
    EXPECT_EQ(all.size(), 19 + count * 38 + 2) << count;
    EXPECT_EQ(all.substr(all.size() - 2), "\377\377");
  }
}

TEST(ConflictMemory, TakesARowForNewUnlessOneAtLeastAsNewIsThere) {
  ConflictMemory memory(1'000);
  EXPECT_FALSE(memory.may_exist({7, 100, 0}));
  memory.stored(std::vector<SampleRow>{{7, 90, 0}, {7, 100, 0}, {8, 50, 0}});
  EXPECT_TRUE(memory.may_exist({7, 100, 0}));
  EXPECT_TRUE(memory.may_exist({7, 10, 0}));
  EXPECT_FALSE(memory.may_exist({7, 101, 0}));
  EXPECT_TRUE(memory.may_exist({8, 50, 0}));
  EXPECT_FALSE(memory.may_exist({8, 51, 0}));
  memory.stored(std::vector<SampleRow>{{7, 20, 0}});  // A late one changes nothing.
  EXPECT_TRUE(memory.may_exist({7, 100, 0}));
}

TEST(ConflictMemory, IsBounded) {
  ConflictMemory memory(16 * 4);
  for (std::int64_t series = 1; series <= 8; ++series) memory.stored(std::vector<SampleRow>{{series, 5, 0}});
  int known = 0;
  for (std::int64_t series = 1; series <= 8; ++series) known += memory.may_exist({series, 5, 0}) ? 1 : 0;
  EXPECT_EQ(known, 4);
  ConflictMemory none(0);
  none.stored(std::vector<SampleRow>{{1, 5, 0}, {2, 5, 0}});
  EXPECT_FALSE(none.may_exist({1, 5, 0}));
}

TEST(ConflictMemory, DistrustsATenantTwiceAsOftenEachTimeItWasWrongAgain) {
  ConflictMemory memory(0);
  const auto times = [&] {
    int times = 0;
    while (memory.distrusts("acme")) ++times;
    return times;
  };
  EXPECT_EQ(times(), 0);
  std::vector<int> all;
  for (int i = 0; i < 9; ++i) {
    memory.guessed_wrong("acme");
    all.push_back(times());
  }
  EXPECT_EQ(all, (std::vector<int>{1, 2, 4, 8, 16, 32, 64, 64, 64}));
  for (int i = 0; i < 7; ++i) memory.guessed_right("acme");
  memory.guessed_wrong("acme");
  EXPECT_EQ(times(), 1);
}

}  // namespace
}  // namespace luminate::postgres
