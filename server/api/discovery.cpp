#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"
#include "server/api/storage_timer.hpp"

namespace luminate::server::api {
namespace {

constexpr std::size_t kMaxListed = 10'000;
constexpr std::size_t kNamesListed = 1'000;
constexpr std::size_t kValuesListed = 100;

Listing listing_of(const http::Request& request, std::size_t default_limit) {
  const Parameters parameters(request, {"prefix", "limit", "start", "end"});
  return {std::string(parameters.text("prefix").value_or("")), parameters.count("limit", 1, kMaxListed, default_limit),
          parameters.time_range()};
}

http::Response answer(std::string_view name, const std::vector<std::string>& items) {
  http::Response response;
  response.body = list_object(name, items);
  return response;
}

}  // namespace

http::Response list_metrics(Store& store, const http::Request& request) {
  const Listing listing = listing_of(request, kNamesListed);
  return answer("metrics", in_storage(request, "metrics", [&] { return store.metrics(listing); }));
}

http::Response list_dimensions(Store& store, const http::Request& request, std::string_view metric) {
  const Listing listing = listing_of(request, kNamesListed);
  return answer("dimensions", in_storage(request, "dimensions", [&] { return store.dimension_keys(metric, listing); }));
}

http::Response list_values(Store& store, const http::Request& request, std::string_view metric, std::string_view key) {
  const Listing listing = listing_of(request, kValuesListed);
  return answer("values", in_storage(request, "values", [&] { return store.dimension_values(metric, key, listing); }));
}

}  // namespace luminate::server::api
