#include <luminate.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// Columns as a binding might get them wrong: ends that do not ascend, texts beyond the last, series that there are not.
// Whatever is taken is added whole and can be judged; whatever is not leaves the batch as it was, and says where.
namespace {

/// Cuts numbers from the front. Most are small, as those that are nearly right would be.
class Cutter {
 public:
  Cutter(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint64_t number() {
    if (size_ == 0) return 0;
    const std::uint8_t first = take();
    if (first < 0xf0) return first;
    std::uint64_t wide = 0;
    for (int i = 0; i < 8; ++i) wide = wide << 8 | take();
    return wide;
  }
  template <class Number>
  std::vector<Number> numbers(std::size_t most) {
    std::vector<Number> all(number() % (most + 1));
    for (Number& each : all) each = static_cast<Number>(number());
    return all;
  }
  std::string rest() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  std::uint8_t take() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }

  const std::uint8_t* data_;
  std::size_t size_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Cutter cutter(data, size);
  auto text_ends = cutter.numbers<std::size_t>(40);
  const auto series_ends = cutter.numbers<std::size_t>(20);
  const auto series = cutter.numbers<std::uint32_t>(40);
  std::vector<std::int64_t> times(series.size(), 1'700'000'000'000);
  const std::vector<double> values(series.size(), 1);
  const std::string texts = cutter.rest();
  // How many bytes there are is the caller's to know: the library cannot.
  for (std::size_t& end : text_ends) {
    if (end > texts.size()) end %= texts.size() + 1;
  }

  luminate_batch* batch = nullptr;
  luminate_validator* validator = nullptr;
  luminate_result* refused = nullptr;
  luminate_error* error = nullptr;
  require(luminate_batch_create(&batch, nullptr) == LUMINATE_OK);
  require(luminate_validator_create(nullptr, &validator, nullptr) == LUMINATE_OK);
  const luminate_status status = luminate_batch_append_columns(batch, texts.data(), text_ends.data(), text_ends.size(),
                                                               series_ends.data(), series_ends.size(), series.data(),
                                                               times.data(), values.data(), series.size(), &error);
  if (status == LUMINATE_OK) {
    require(error == nullptr && luminate_batch_size(batch) == series.size());
  } else {
    require(status == LUMINATE_INVALID_REQUEST && luminate_batch_size(batch) == 0);
    require(std::strlen(luminate_error_message(error)) > 0 && luminate_error_index(error) >= 0);
  }
  require(luminate_validator_check(validator, batch, 1'700'000'000'000, &refused, nullptr) == LUMINATE_OK);
  luminate_result_destroy(refused);
  luminate_error_destroy(error);
  luminate_validator_destroy(validator);
  luminate_batch_destroy(batch);
  return 0;
}
