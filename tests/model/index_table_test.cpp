#include "model/index_table.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace luminate::model {
namespace {

/// A list of numbers that finds them through a table, with whatever hash it is told.
struct Numbers {
  std::vector<int> list;
  IndexTable table;

  IndexTable::Index intern(int number, std::uint64_t hash) {
    const auto next = static_cast<IndexTable::Index>(list.size());
    const auto index = table.find_or_insert(hash, next, [&](IndexTable::Index i) { return list[i] == number; });
    if (index == next) list.push_back(number);
    return index;
  }
};

TEST(IndexTable, FindsWhatItWasGiven) {
  Numbers numbers;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5000; ++i) {
      ASSERT_EQ(numbers.intern(i, static_cast<std::uint64_t>(i) << 40), static_cast<IndexTable::Index>(i));
    }
  }
}

TEST(IndexTable, TellsThingsWithOneHashApart) {
  Numbers numbers;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 200; ++i) ASSERT_EQ(numbers.intern(i, 42), static_cast<IndexTable::Index>(i));
  }
}

TEST(IndexTable, StartsAgainAfterClear) {
  Numbers numbers;
  for (int round = 0; round < 3; ++round) {
    const int count = round == 1 ? 3 : 1000;
    for (int i = 0; i < count; ++i)
      ASSERT_EQ(numbers.intern(i, static_cast<std::uint64_t>(i)), static_cast<unsigned>(i));
    numbers.list.clear();
    numbers.table.clear();
  }
}

}  // namespace
}  // namespace luminate::model
