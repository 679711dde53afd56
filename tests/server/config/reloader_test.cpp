#include "server/reloader.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace luminate::server {
namespace {

class Reloading : public testing::Test {
 protected:
  void add(const std::string& name, bool fails = false) {
    reloader_.add({}, [this, name, fails](const config::Config&, Reloader::Warnings& warnings) -> Reloader::Commit {
      log_ += "prepare " + name + ";";
      if (fails) throw std::runtime_error(name + " cannot");
      warnings.push_back(name + " warns");
      return [this, name] { log_ += "commit " + name + ";"; };
    });
  }

  Reloader reloader_;
  std::string log_;
};

TEST_F(Reloading, PutsNothingInPlaceBeforeAllIsPrepared) {
  add("keys");
  add("limits");
  EXPECT_EQ(reloader_.reload({}), (Reloader::Warnings{"keys warns", "limits warns"}));
  EXPECT_EQ(log_, "prepare keys;prepare limits;commit keys;commit limits;");
}

TEST_F(Reloading, ChangesNothingWhenOnePartCannot) {
  add("keys");
  add("limits", true);
  add("log");
  EXPECT_THROW(reloader_.reload({}), std::runtime_error);
  EXPECT_EQ(log_, "prepare keys;prepare limits;");
}

TEST(Reloads, FollowSectionsGroupsAndSingleOptions) {
  Reloader reloader;
  const auto nothing = [](const config::Config&, Reloader::Warnings&) { return Reloader::Commit(); };
  reloader.add({"auth", "logging.level"}, nothing);
  EXPECT_TRUE(reloader.follows(*config::find_option("auth.keys")));
  EXPECT_TRUE(reloader.follows(*config::find_option("logging.level")));
  EXPECT_FALSE(reloader.follows(*config::find_option("logging.format")));
  EXPECT_FALSE(reloader.follows(*config::find_option("server.port")));
  reloader.add({"server.po"}, nothing);
  EXPECT_FALSE(reloader.follows(*config::find_option("server.port")));
}

}  // namespace
}  // namespace luminate::server
