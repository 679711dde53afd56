// Opens a store, writes a few points and asks for the 95th percentile of each customer.
#include <luminate/store.hpp>

#include <chrono>
#include <exception>
#include <iostream>

int main(int argc, char** argv) try {
  using namespace std::chrono;
  auto store = luminate::Store::open(argc > 1 ? argv[1] : "sqlite:quickstart.db");

  const auto now_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  luminate::Batch batch;
  for (int i = 0; i < 100; ++i) {
    batch.add({"api_latency", now_ms - i * 1000, 10.0 + i, {{"customer_id", "acme"}, {"region", "eu"}}});
    batch.add({"api_latency", now_ms - i * 1000, 50.0 + i, {{"customer_id", "zenith"}, {"region", "us"}}});
  }
  const luminate::WriteReport report = store.write(batch);  // Returned: on the disk.
  std::cout << report.accepted << " points stored\n";

  const auto query = luminate::Query::aggregate("api_latency", {luminate::Aggregation::quantile(0.95)})
                         .last(hours(24))
                         .by({"customer_id"});
  const luminate::Result result = store.query(query);
  for (const auto& row : result.aggregate().rows) {
    std::cout << row.group[0] << ": p95 " << row.values[0] << " ms of " << row.count << " requests\n";
  }
} catch (const std::exception& error) {  // A luminate::Error, most likely; it says what was wrong and what is right.
  std::cerr << error.what() << '\n';
  return 1;
}
