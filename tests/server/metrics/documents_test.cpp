// What docs/monitoring.md, the alert rules and the dashboard say about metrics is true.
#include <luminate/store.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "exposition.hpp"
#include "promtool.hpp"
#include "server/api/api.hpp"
#include "server/metrics/server_metrics.hpp"
#include "support/temporary_directory.hpp"

namespace luminate::server {
namespace {

using Json = nlohmann::json;

const std::string kRules = LUMINATE_SOURCE_DIR "/packaging/prometheus/luminate.rules.yml";

std::string content(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Of a server with a store in a file that has seen a bit of everything.
Exposition everything() {
  const test::TemporaryDirectory folder;
  const std::string file = (folder.path() / "m.db").string();
  Store store = Store::open("sqlite:" + file);
  const api::Api api({.report = [](const http::Request&, ErrorCode, std::string_view) {}});
  metrics::ServerMetrics metrics(api.routes(), {.version = "1.2.3"});
  metrics.watch(
      {.load = [] { return http::HttpServer::Load{}; }, .reload = [] { return metrics::ServerMetrics::Reload{}; }});
  metrics.watch(store, {.backend = "sqlite", .file = file});
  Exposition found(metrics.expose());
  store.close();
  return found;
}

/// The metrics that a text of PromQL names, as they are exposed.
std::set<std::string> metrics_in(const std::string& text, const Exposition& known) {
  static const std::regex kName("\\b(luminate|process)_[a-z_]+");
  std::set<std::string> names;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), kName); at != std::sregex_iterator(); ++at) {
    std::string name = at->str();
    for (const char* const suffix : {"_bucket", "_sum", "_count"}) {
      if (!name.ends_with(suffix) || known.has(name)) continue;
      name.resize(name.size() - std::string(suffix).size());
      EXPECT_EQ(known.types().at(name), "histogram") << name;
    }
    names.insert(name);
  }
  return names;
}

struct Query {
  std::string title;
  std::string text;
};

std::vector<Query> dashboard_queries() {
  const Json dashboard = Json::parse(content(LUMINATE_SOURCE_DIR "/packaging/grafana/luminate.json"));
  std::vector<Query> queries;
  for (const Json& panel : dashboard.at("panels")) {
    if (panel.at("type") == "row") continue;
    EXPECT_NE(panel.at("fieldConfig").at("defaults").value("unit", ""), "") << panel.at("title");
    EXPECT_NE(panel.value("description", ""), "") << panel.at("title");
    for (const Json& target : panel.at("targets")) queries.push_back({panel.at("title"), target.at("expr")});
  }
  for (const Json& annotation : dashboard.at("annotations").at("list")) {
    queries.push_back({annotation.at("name"), annotation.at("expr")});
  }
  return queries;
}

TEST(MonitoringDocument, ListsEveryMetricWithItsTypeAndLabels) {
  const Exposition exposed = everything();
  using Row = std::pair<std::string, std::string>;
  std::map<std::string, Row> expected;
  for (const auto& [name, type] : exposed.types()) expected[name] = {type, exposed.labels_of(name)};

  std::map<std::string, Row> documented;
  static const std::regex kRow(R"(\| `([a-z_]+)` \| (counter|gauge|histogram) \| ([a-z, ]*)\|.*)");
  std::istringstream lines(content(LUMINATE_SOURCE_DIR "/docs/monitoring.md"));
  for (std::string line; std::getline(lines, line);) {
    std::smatch row;
    if (!std::regex_match(line, row, kRow)) continue;
    std::string text = row[3].str();
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    std::set<std::string> labels;
    std::istringstream words(text);
    for (std::string label; std::getline(words, label, ',');) labels.insert(label);
    std::string sorted;
    for (const std::string& label : labels) sorted += (sorted.empty() ? "" : ",") + label;
    EXPECT_TRUE(documented.emplace(row[1].str(), Row{row[2].str(), sorted}).second) << line;
  }
  EXPECT_EQ(documented, expected);
}

TEST(AlertRules, AskForMetricsThatThereAre) {
  const Exposition exposed = everything();
  const auto named = metrics_in(content(kRules), exposed);
  EXPECT_GT(named.size(), 15u);
  for (const std::string& name : named) EXPECT_TRUE(exposed.has(name)) << name;
}

TEST(AlertRules, AreAllTestedAndPointToARunbook) {
  const std::string rules = content(kRules);
  const std::string tests = content(LUMINATE_SOURCE_DIR "/tests/server/metrics/rules_test.yml");
  static const std::regex kAlert("- alert: (\\w+)");
  std::size_t alerts = 0;
  for (auto at = std::sregex_iterator(rules.begin(), rules.end(), kAlert); at != std::sregex_iterator(); ++at) {
    ++alerts;
    EXPECT_NE(tests.find("{alertname=\"" + at->str(1) + "\"}"), std::string::npos) << at->str(1);
  }
  static const std::regex kRunbook("runbook: (docs/\\w+\\.md)#([\\w-]+)\n");
  std::size_t runbooks = 0;
  for (auto at = std::sregex_iterator(rules.begin(), rules.end(), kRunbook); at != std::sregex_iterator(); ++at) {
    ++runbooks;
    std::string anchors = content(LUMINATE_SOURCE_DIR "/" + at->str(1));
    std::transform(anchors.begin(), anchors.end(), anchors.begin(),
                   [](unsigned char c) { return c == ' ' ? '-' : static_cast<char>(std::tolower(c)); });
    const bool found = std::regex_search(anchors, std::regex("\n#+-" + at->str(2) + "\n"));
    EXPECT_TRUE(found) << at->str(1) << '#' << at->str(2);
  }
  EXPECT_EQ(runbooks, alerts);
}

TEST(AlertRules, AreGoodPromQl) {
  LUMINATE_NEEDS_PROMTOOL();
  const PromtoolOutcome outcome = promtool("check rules " + kRules);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
}

TEST(AlertRules, FireWhenTheyShouldAndAreSilentElse) {
  LUMINATE_NEEDS_PROMTOOL();
  const PromtoolOutcome outcome = promtool("test rules " LUMINATE_SOURCE_DIR "/tests/server/metrics/rules_test.yml");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
}

TEST(Dashboard, AsksForMetricsThatThereAre) {
  const Exposition exposed = everything();
  std::set<std::string> shown;
  for (const Query& query : dashboard_queries()) {
    const auto named = metrics_in(query.text, exposed);
    EXPECT_FALSE(named.empty()) << query.title;
    for (const std::string& name : named) EXPECT_TRUE(exposed.has(name)) << query.title << ": " << name;
    shown.insert(named.begin(), named.end());
  }
  // All but the one that the variables are made of.
  for (const auto& [name, type] : exposed.types()) {
    EXPECT_TRUE(shown.contains(name) || name == "luminate_build_info") << name << " is not shown";
  }
}

TEST(Dashboard, KnowsItsVariables) {
  const Json dashboard = Json::parse(content(LUMINATE_SOURCE_DIR "/packaging/grafana/luminate.json"));
  std::set<std::string> known{"__rate_interval"};
  for (const Json& variable : dashboard.at("templating").at("list")) known.insert(variable.at("name"));
  EXPECT_TRUE(known.contains("datasource") && known.contains("tenant") && known.contains("route"));
  static const std::regex kVariable(R"(\$\{?(\w+))");
  const std::string text = dashboard.dump();
  for (auto at = std::sregex_iterator(text.begin(), text.end(), kVariable); at != std::sregex_iterator(); ++at) {
    EXPECT_TRUE(known.contains(at->str(1)) || at->str(1) == "__all") << at->str(1);
  }
}

TEST(Dashboard, IsGoodPromQl) {
  LUMINATE_NEEDS_PROMTOOL();
  const test::TemporaryDirectory folder;
  Json rules = Json::array();
  for (const Query& query : dashboard_queries()) {
    std::string text = std::regex_replace(query.text, std::regex(R"(\$__rate_interval)"), "5m");
    text = std::regex_replace(text, std::regex(R"(\$\w+)"), ".*");
    rules.push_back({{"record", "query:" + std::to_string(rules.size())}, {"expr", text}});
  }
  const std::string file = (folder.path() / "rules.yml").string();
  // JSON is YAML.
  std::ofstream(file) << Json{{"groups", {{{"name", "dashboard"}, {"rules", rules}}}}};
  const PromtoolOutcome outcome = promtool("check rules --lint=none " + file);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
}

}  // namespace
}  // namespace luminate::server
