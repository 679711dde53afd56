#include <luminate/query.hpp>

#include <utility>

namespace luminate {
namespace {

Query make(QueryType type, std::string metric) {
  Query query;
  query.type = type;
  query.metric = std::move(metric);
  return query;
}

Query& add(Query& query, std::string key, Filter::Kind kind, std::vector<std::string> operands) {
  query.filters.push_back({std::move(key), kind, std::move(operands)});
  return query;
}

}  // namespace

Query Query::range(std::string metric) {
  return make(QueryType::range, std::move(metric));
}

Query Query::aggregate(std::string metric, std::vector<Aggregation> aggregations) {
  Query query = make(QueryType::aggregate, std::move(metric));
  query.aggregations = std::move(aggregations);
  return query;
}

Query Query::rate(std::string metric) {
  return make(QueryType::rate, std::move(metric));
}

Query& Query::between(std::int64_t start_ms, std::int64_t end_ms) {
  time_range = TimeRange{start_ms, end_ms};
  return *this;
}

Query& Query::last(std::chrono::milliseconds length) {
  time_range = RelativeRange{length};
  return *this;
}

Query& Query::where(std::string key, std::string value) {
  return add(*this, std::move(key), Filter::Kind::any_of, {std::move(value)});
}

Query& Query::where_any(std::string key, std::vector<std::string> values) {
  return add(*this, std::move(key), Filter::Kind::any_of, std::move(values));
}

Query& Query::where_not(std::string key, std::string value) {
  return add(*this, std::move(key), Filter::Kind::is_not, {std::move(value)});
}

Query& Query::where_matches(std::string key, std::string expression) {
  return add(*this, std::move(key), Filter::Kind::matches, {std::move(expression)});
}

Query& Query::where_not_matches(std::string key, std::string expression) {
  return add(*this, std::move(key), Filter::Kind::matches_not, {std::move(expression)});
}

Query& Query::by(std::vector<std::string> keys) {
  group_by = std::move(keys);
  return *this;
}

Query& Query::every(std::chrono::milliseconds bucket) {
  interval = bucket;
  return *this;
}

Query& Query::top(std::size_t groups) {
  limit = groups;
  return *this;
}

}  // namespace luminate
