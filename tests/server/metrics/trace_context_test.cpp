#include "server/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace luminate::server {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00f067aa0ba902b7";
const std::string kGood = "00-" + kTrace + '-' + kParent + "-01";

TEST(Traceparent, HasATraceAndTheCallersSpan) {
  const auto context = parse_traceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id, kTrace);
  EXPECT_EQ(context->parent_id, kParent);
}

TEST(Traceparent, MayBeOfALaterVersionThatSaysMore) {
  for (const std::string& later : {"01" + kGood.substr(2), "fe" + kGood.substr(2), "01" + kGood.substr(2) + "-more"}) {
    EXPECT_TRUE(parse_traceparent(later)) << later;
  }
}

TEST(Traceparent, IsPassedOverWhereItBreaksARule) {
  for (const std::string& bad :
       {std::string(), kGood.substr(0, 54), kGood + "0", kGood + "-more", "ff" + kGood.substr(2), "0" + kGood.substr(2),
        "0g" + kGood.substr(2), "0A" + kGood.substr(2), "01" + kGood.substr(2) + "more",
        "00-" + std::string(32, '0') + '-' + kParent + "-01", "00-" + kTrace + '-' + std::string(16, '0') + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kParent + "-01", "00_" + kTrace + '-' + kParent + "-01",
        "00-" + kTrace + '_' + kParent + "-01", "00-" + kTrace + '-' + kParent + "_01",
        "00-" + kTrace + '-' + kParent + "-0x", kGood + ", " + kGood, ' ' + kGood.substr(1),
        "00-" + kTrace.substr(1) + "\n-" + kParent + "-01"}) {
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
  }
}

/// Every byte has its rule.
TEST(Traceparent, HasNoByteThatMayBeAnything) {
  for (std::size_t at = 0; at < kGood.size(); ++at) {
    for (const char wrong : {'G', ' ', '\0', '\xff', '"'}) {
      std::string bad = kGood;
      bad[at] = wrong;
      EXPECT_FALSE(parse_traceparent(bad)) << at;
    }
  }
}

TEST(Traceparent, IsFoundInARequest) {
  http::Request request;
  EXPECT_EQ(trace_of(request).trace_id, "");
  request.headers["TraceParent"] = kGood;
  EXPECT_EQ(trace_of(request).trace_id, kTrace);
  request.headers["TraceParent"] = "nonsense";
  EXPECT_EQ(trace_of(request).parent_id, "");
}

}  // namespace
}  // namespace luminate::server
