#include <gtest/gtest.h>

#include <optional>

#include "backend/sqlite/sqlite_file.hpp"
#include "support/child_process.hpp"

namespace luminate {
namespace {

TEST(ForkedChild, GetsStoreClosedAndDoesNotDisturbItsParent) {
  const test::SqliteFile file;
  std::optional<Store> store = file.open();
  test::put(*store, {{"m", 0, 1, {}}});
  EXPECT_EQ(test::in_child([&] {
              std::string errors = test::error_of([&] { (void)store->metrics(); }) + " ";
              errors += test::error_of([&] { store->write(test::batch_of({{"m", 1, 1, {}}})); }) + " ";
              errors += test::error_of([&] { store->tenant("acme").remove({.metric = "m"}); });
              store->close();  // Nothing, here.
              store.reset();
              return errors;
            }),
            "STORE_CLOSED STORE_CLOSED STORE_CLOSED");
  test::put(*store, {{"m", 1, 2, {}}});
  EXPECT_EQ(test::error_of([&] { (void)file.open(); }), "STORAGE_LOCKED");
  store->close();
  EXPECT_EQ(file.files(), "store.db ");
}

}  // namespace
}  // namespace luminate
