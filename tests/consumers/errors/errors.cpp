// Errors cross the border of the library both ways: what it throws is caught here, and what is thrown here, in a visit
// that it calls, comes back through it.
#include <luminate/maintenance.hpp>
#include <luminate/store.hpp>
#include <luminate/version.hpp>

#include <chrono>
#include <iostream>
#include <string_view>

namespace {

bool caught_here() {
  try {
    luminate::Store::open("nonsense:");
  } catch (const luminate::Error& error) {
    return error.code() == luminate::ErrorCode::invalid_option && !std::string_view(error.what()).empty();
  }
  return false;
}

bool thrown_here() {
  using namespace std::chrono;
  auto store = luminate::Store::open("memory:");
  luminate::Batch batch;
  batch.add({"m", duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count(), 1, {}});
  store.write(batch);
  try {
    store.scan({"m"}, [](const luminate::SeriesSamples&) {
      throw luminate::Error(luminate::ErrorCode::result_limit_exceeded, "enough");
    });
  } catch (const luminate::Error& error) {
    return error.code() == luminate::ErrorCode::result_limit_exceeded;
  }
  return false;
}

}  // namespace

int main() {
  std::cout << LUMINATE_VERSION << '\n';
  if (!caught_here() || !thrown_here()) {
    std::cout << "an error was not caught\n";
    return 1;
  }
}
