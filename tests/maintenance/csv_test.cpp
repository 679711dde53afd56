#include "maintenance/csv.hpp"

#include <gtest/gtest.h>
#include <luminate/error.hpp>

#include "model/dimension_set.hpp"
#include "support/answers.hpp"

namespace luminate::maintenance {
namespace {

using Fields = std::vector<std::string_view>;

TEST(Csv, QuotesWhatNeedsItAndReadsItBack) {
  for (const std::string text : {"", "plain", "a b", "a,b", "\"", "\"\"", "say \"hi\", twice", ",", " ", "ü€"}) {
    std::string line = "first,";
    append_csv_field(line, text);
    line += ",last";
    CsvReader reader;
    EXPECT_EQ(reader.read(line), "");
    EXPECT_EQ(reader.fields(), (Fields{"first", text, "last"})) << line;
  }
}

TEST(Csv, ReadsEmptyFieldsWhereverTheyAre) {
  CsvReader reader;
  EXPECT_EQ(reader.read(""), "");
  EXPECT_EQ(reader.fields(), Fields{""});
  EXPECT_EQ(reader.read(",,\"\","), "");
  EXPECT_EQ(reader.fields(), (Fields{"", "", "", ""}));
  EXPECT_EQ(reader.read("\"a\"\"b\",\"c,d\""), "");
  EXPECT_EQ(reader.fields(), (Fields{"a\"b", "c,d"}));
}

TEST(Csv, SaysWhatIsWrongWithALine) {
  CsvReader reader;
  for (const char* line : {"\"", "a,\"b", "\"a\"\"", "\"a\"b,c", "a\"b", "a,b\"\"", "\"a\" ,b"}) {
    EXPECT_NE(reader.read(line), "") << line;
  }
}

std::string header_error(const Fields& fields) {
  PointColumns columns;
  return test::message_of([&] { columns.read_header(fields); });
}

TEST(PointColumns, WantNameTimestampAndValueFirst) {
  EXPECT_EQ(header_error({"name", "timestamp", "value"}), "");
  EXPECT_EQ(header_error({"name", "timestamp", "value", "name", "value", "_tenant_id"}), "");
  for (const Fields& wrong : {Fields{},
                              {"name"},
                              {"timestamp", "name", "value"},
                              {"name", "timestamp", "value", ""},
                              {"name", "timestamp", "value", "a", "a"},
                              {"Name", "timestamp", "value"},
                              {"name", "timestamp", "value", "_tenant_id", "_tenant_id"}}) {
    EXPECT_NE(header_error(wrong).find("the first line is no header of points: column "), std::string::npos);
  }
  EXPECT_NE(header_error({"name", "timestamp", "value", "a", "a"}).find("\"a\" is there twice"), std::string::npos);
}

TEST(PointColumns, MakeAPointOfARow) {
  PointColumns columns;
  columns.read_header({"name", "timestamp", "value", "b", "_tenant_id", "a"});
  PointColumns::Row row;
  EXPECT_EQ(columns.read_row({"cpu", "-5", "1e-3", "2", "acme", "1"}, 77, row), "");
  EXPECT_EQ(row.name, "cpu");
  EXPECT_EQ(row.timestamp_ms, -5);
  EXPECT_EQ(row.value, 0.001);
  EXPECT_EQ(row.tenant, "acme");
  EXPECT_EQ(row.dimensions, model::canonical_bytes({{"a", "1"}, {"b", "2"}}));

  EXPECT_EQ(columns.read_row({"cpu", "", "1", "", "", "x"}, 77, row), "");
  EXPECT_EQ(row.timestamp_ms, 77);  // Without a time: now.
  EXPECT_EQ(row.tenant, "");
  EXPECT_EQ(row.dimensions, model::canonical_bytes({{"a", "x"}}));

  EXPECT_EQ(columns.read_row({"cpu", "2023-11-15T00:00:00Z", "1", "", "", ""}, 0, row), "");
  EXPECT_EQ(row.timestamp_ms, test::kNow);
}

TEST(PointColumns, SayWhatIsWrongWithARow) {
  PointColumns columns;
  columns.read_header({"name", "timestamp", "value"});
  PointColumns::Row row;
  EXPECT_EQ(columns.read_row({"cpu", "1"}, 0, row), "has 2 fields, the header names 3");
  EXPECT_EQ(columns.read_row({"cpu", "1", "2", "3"}, 0, row), "has 4 fields, the header names 3");
  for (const char* time : {"x", "1.5", "1e3", " 1", "9223372036854775808", "2023-13-01T00:00:00Z"}) {
    EXPECT_NE(columns.read_row({"cpu", time, "1"}, 0, row).find("timestamp "), std::string::npos) << time;
  }
  for (const char* value : {"", "x", "1 ", "1e999", "0x10", "1,5"}) {
    EXPECT_NE(columns.read_row({"cpu", "1", value}, 0, row).find("is no number"), std::string::npos) << value;
  }
}

}  // namespace
}  // namespace luminate::maintenance
