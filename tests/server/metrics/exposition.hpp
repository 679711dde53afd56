#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace luminate::server {

/// A text of Prometheus' format, taken apart, as far as this server writes it.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string word;
      std::string name;
      std::string type;
      if (line.starts_with("# TYPE ")) {
        words >> word >> word >> name >> type;
        types_[name] = type;
      } else if (!line.starts_with('#') && !line.empty()) {
        add(line);
      }
    }
  }

  /// The value of one series, its labels sorted by name: `name{a="1",b="2"}`. -1 where there is none.
  double value(const std::string& series) const {
    const auto found = values_.find(series);
    return found == values_.end() ? -1 : found->second;
  }
  bool has(const std::string& name) const { return types_.contains(name); }
  /// "counter", "gauge", "histogram", by name.
  const std::map<std::string, std::string>& types() const { return types_; }
  const std::map<std::string, double>& values() const { return values_; }
  /// The labels of a metric, sorted, with commas between; without the `le` of a histogram.
  std::string labels_of(const std::string& name) const {
    const auto found = labels_.find(name);
    std::string all;
    if (found == labels_.end()) return all;
    for (const std::string& label : found->second) all += (all.empty() ? "" : ",") + label;
    return all;
  }

 private:
  void add(const std::string& line) {
    const std::size_t space = line.rfind(' ');
    const std::string series = line.substr(0, space);
    const std::size_t brace = series.find('{');
    std::string name = series.substr(0, brace);
    std::vector<std::string> labels;
    for (std::size_t at = brace; at < series.size() && series[at] != '}';) {
      const std::size_t equals = series.find('=', at);
      std::size_t quote = equals + 2;
      while (series[quote] != '"') quote += series[quote] == '\\' ? 2U : 1U;
      labels.push_back(series.substr(at + 1, quote - at));
      at = quote + 1;
    }
    std::sort(labels.begin(), labels.end());
    std::string sorted = name;
    for (std::size_t i = 0; i < labels.size(); ++i) sorted += (i == 0 ? "{" : ",") + labels[i];
    values_[sorted + (labels.empty() ? "" : "}")] = std::stod(line.substr(space + 1));
    for (const char* const suffix : {"_bucket", "_sum", "_count"}) {
      if (!name.ends_with(suffix)) continue;
      const std::string base = name.substr(0, name.size() - std::string(suffix).size());
      if (types_.contains(base) && types_[base] == "histogram") name = base;
    }
    for (const std::string& label : labels) {
      const std::string key = label.substr(0, label.find('='));
      if (key != "le") labels_[name].insert(key);
    }
  }

  std::map<std::string, std::string> types_;
  std::map<std::string, double> values_;
  std::map<std::string, std::set<std::string>> labels_;
};

}  // namespace luminate::server
