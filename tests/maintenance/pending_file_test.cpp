#include "file/pending_file.hpp"

#include <gtest/gtest.h>
#include <luminate/error.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"

namespace luminate::file {
namespace {

class Pending : public testing::Test {
 protected:
  std::string target() const { return (directory_.path() / "target").string(); }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_.path()), {}));
  }
  test::TemporaryDirectory directory_;
};

TEST_F(Pending, GetsItsNameWithTheCommitOnly) {
  {
    PendingFile file(target(), PendingFile::Existing::refuse);
    write(file.path(), "whole");
    EXPECT_FALSE(std::filesystem::exists(target()));
    file.commit();
  }
  EXPECT_EQ(read(target()), "whole");
  EXPECT_EQ(files(), 1u);
}

TEST_F(Pending, IsGoneWithoutOne) {
  { const PendingFile file(target(), PendingFile::Existing::refuse); }
  EXPECT_EQ(files(), 0u);
}

TEST_F(Pending, ReplacesOnlyWhenTold) {
  write(target(), "old");
  EXPECT_EQ(test::error_of([&] { PendingFile(target(), PendingFile::Existing::refuse); }), "INVALID_REQUEST");
  PendingFile file(target(), PendingFile::Existing::replace);
  write(file.path(), "new");
  EXPECT_EQ(read(target()), "old");
  file.commit();
  EXPECT_EQ(read(target()), "new");
  EXPECT_EQ(files(), 1u);
}

TEST_F(Pending, DoesNotReplaceWhatCameMeanwhile) {
  {
    PendingFile file(target(), PendingFile::Existing::refuse);
    write(file.path(), "new");
    write(target(), "came first");
    EXPECT_EQ(test::error_of([&] { file.commit(); }), "INVALID_REQUEST");
  }
  EXPECT_EQ(read(target()), "came first");
  EXPECT_EQ(files(), 1u);
}

TEST_F(Pending, SaysWhyItCannotBeMade) {
  EXPECT_NE(test::message_of([&] {
              PendingFile(target() + "/x/y", PendingFile::Existing::refuse);
            }).find("make its directory first"),
            std::string::npos);
  std::filesystem::create_directory(target());
  EXPECT_EQ(test::error_of([&] { PendingFile(target(), PendingFile::Existing::replace); }), "INVALID_REQUEST");
}

}  // namespace
}  // namespace luminate::file
