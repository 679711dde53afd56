#include <gtest/gtest.h>
#include <luminate.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "capi/arrow_abi.hpp"
#include "support/temporary_directory.hpp"
#include "torture/failing_memory.hpp"
#include "torture/scale.hpp"

// Each phase of a session is run again and again, and each time another allocation fails, until none does: the
// library's own, then SQLite's; alone, then with all that follow. A call ends with a status that says so, hands out
// nothing then, changes nothing, and leaks nothing. Nothing throws, and nothing ends the program.
namespace luminate {
namespace {

using test::FailingMemory;

/// One of each kind, made while there is memory.
struct World {
  explicit World(const std::string& where) : url(where) {
    luminate_options_create(&options, nullptr);
    luminate_options_set(options, "batch_write.max_age", LUMINATE_NUL, "36500d", LUMINATE_NUL, nullptr);
    luminate_options_set(options, "query_limits.max_query_time_range", LUMINATE_NUL, "36500d", LUMINATE_NUL, nullptr);
    luminate_store_open(url.c_str(), url.size(), options, &store, nullptr);
    luminate_call_create(&call, nullptr);
    luminate_call_set_timeout(call, 60'000, nullptr);
    luminate_batch_create(&batch, nullptr);
    for (int host = 0; host < 3; ++host) add(host, 1'000, 1);
    luminate_store_write(store, batch, nullptr, nullptr, nullptr, nullptr);
    query = ask(LUMINATE_RANGE);
    luminate_store_query(store, query, nullptr, &result, nullptr);
  }
  ~World() {
    luminate_result_destroy(result);
    luminate_query_destroy(query);
    luminate_batch_destroy(batch);
    luminate_call_destroy(call);
    luminate_store_destroy(store);
    luminate_options_destroy(options);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  luminate_status series(int host, std::uint32_t* number, luminate_error** error) const {
    const std::string value = std::to_string(host);
    const char* const keys[] = {"host", "a_key_that_is_too_long_to_be_kept_in_place"};
    const char* const values[] = {value.c_str(), "a value that is too long to be kept in place"};
    return luminate_batch_series(batch, "cpu", LUMINATE_NUL, keys, nullptr, values, nullptr, 2, number, error);
  }
  void add(int host, std::int64_t time, double value) const {
    std::uint32_t number = 0;
    series(host, &number, nullptr);
    luminate_batch_add(batch, number, time, value, nullptr);
  }
  static luminate_query* ask(std::int32_t type) {
    luminate_query* query = nullptr;
    luminate_query_create(type, "cpu", LUMINATE_NUL, &query, nullptr);
    luminate_query_between(query, 0, 100'000'000, nullptr);
    if (type == LUMINATE_AGGREGATE) luminate_query_aggregation(query, "p95", LUMINATE_NUL, nullptr);
    if (type != LUMINATE_RANGE) {
      luminate_query_group_by(query, "host", LUMINATE_NUL, nullptr);
      luminate_query_interval(query, 1'000, nullptr);
    }
    return query;
  }

  std::string url;
  luminate_options* options = nullptr;
  luminate_store* store = nullptr;
  luminate_call* call = nullptr;
  luminate_batch* batch = nullptr;
  luminate_query* query = nullptr;
  luminate_result* result = nullptr;
};

/// What a call said, and what else is wrong: "" if nothing is.
struct Said {
  FailingMemory::Of whose;
  long n;
  bool from_then_on;

  /// Phases call this when they have what they need.
  void begin() const { FailingMemory::arm(whose, n, from_then_on); }

  luminate_status status = LUMINATE_OK;
  luminate_error* error = nullptr;
  const char* wrong = "";
};

struct Phase {
  friend void PrintTo(const Phase& phase, std::ostream* out) { *out << phase.name; }

  const char* name;
  std::function<void(World&, Said&)> run;
  bool writes = false;
};

/// What was handed out is there or not, as the status says, and goes.
template <class Handle>
void settle(Said& said, Handle* handle, void (*destroy)(Handle*), bool may_be_null = false) {
  FailingMemory::disarm();
  if (said.status != LUMINATE_OK && handle != nullptr) said.wrong = "something was handed out by a call that failed";
  if (said.status == LUMINATE_OK && handle == nullptr && !may_be_null) said.wrong = "nothing was handed out";
  destroy(handle);
}

/// A phase that asks for a table.
template <class Ask>
Phase table(const char* name, Ask ask) {
  return {name, [ask](World& world, Said& said) {
            luminate_result* result = nullptr;
            said.begin();
            said.status = ask(world, &result, &said.error);
            settle(said, result, luminate_result_destroy);
          }};
}

Phase query(const char* name, std::int32_t type) {
  return {name, [type](World& world, Said& said) {
            luminate_query* asked = nullptr;
            said.begin();
            said.status = luminate_query_create(type, "cpu", LUMINATE_NUL, &asked, &said.error);
            const auto go_on = [&](luminate_status status) {
              said.status = status;
              return status == LUMINATE_OK;
            };
            luminate_error** error = &said.error;
            const bool built =
                said.status == LUMINATE_OK && go_on(luminate_query_between(asked, 0, 100'000'000, error)) &&
                (type != LUMINATE_AGGREGATE || go_on(luminate_query_aggregation(asked, "p95", LUMINATE_NUL, error))) &&
                (type == LUMINATE_RANGE || go_on(luminate_query_group_by(asked, "host", LUMINATE_NUL, error))) &&
                (type == LUMINATE_RANGE || go_on(luminate_query_interval(asked, 1'000, error)));
            luminate_result* result = nullptr;
            if (built) said.status = luminate_store_query(world.store, asked, world.call, &result, error);
            settle(said, result, luminate_result_destroy);
            luminate_query_destroy(asked);
          }};
}

void fill_batch(World&, Said& said) {
  const std::int64_t times[] = {1'000, 1'000, 2'000, 2'000, 3'000, 3'000};
  const double values[] = {1, 2, 3, 4, 5, 6};
  const std::string texts = "cpuhosta and so much more that it is too long to be kept in placecpuhostb";
  const std::size_t text_ends[] = {3, 7, texts.size() - 8, texts.size() - 5, texts.size() - 1, texts.size()};
  const std::size_t series_ends[] = {3, 6};
  const std::uint32_t of_series[] = {0, 1, 0, 1, 0, 1};  // In no runs: memory runs out between two points.
  luminate_batch* batch = nullptr;
  std::uint32_t number = 0;
  std::size_t added = 0;
  said.begin();
  said.status = luminate_batch_create(&batch, &said.error);
  if (said.status == LUMINATE_OK) {
    said.status = luminate_batch_append_columns(batch, texts.data(), text_ends, 6, series_ends, 2, of_series, times,
                                                values, 6, &said.error);
    added += said.status == LUMINATE_OK ? 6 : 0;
  }
  if (said.status == LUMINATE_OK) {
    const char* const keys[] = {"host"};
    const char* const hosts[] = {"c and so much more that it is too long to be kept in place"};
    said.status =
        luminate_batch_series(batch, "cpu", LUMINATE_NUL, keys, nullptr, hosts, nullptr, 1, &number, &said.error);
  }
  if (said.status == LUMINATE_OK) {
    said.status = luminate_batch_append(batch, number, times, values, 6, &said.error);
    added += said.status == LUMINATE_OK ? 6 : 0;
  }
  FailingMemory::disarm();
  if (luminate_batch_size(batch) != added) said.wrong = "a call that failed has changed the batch";
  luminate_batch_destroy(batch);
}

void write(World& world, Said& said) {
  luminate_result* refused = nullptr;
  std::uint64_t accepted = 0;
  static int host = 5'000;
  said.begin();
  said.status = luminate_store_write(world.store, world.batch, world.call, &accepted, &refused, &said.error);
  settle(said, refused, luminate_result_destroy, true);
  luminate_batch_clear(world.batch);
  for (int i = 0; i < 3; ++i) world.add(host++, 1'000, i == 1 ? std::numeric_limits<double>::infinity() : 1);
}

void write_json(World& world, Said& said) {
  luminate_result* refused = nullptr;
  static int host = 9'000;
  const std::string json = R"({"metrics":[{"name":"cpu","timestamp":1000,"value":1,"dimensions":{"host":")" +
                           std::to_string(host++) + R"("}},{"name":"c-pu","timestamp":1000,"value":1}]})";
  said.begin();
  said.status = luminate_store_write_bytes(world.store, LUMINATE_FORMAT_JSON, json.data(), json.size(), world.call,
                                           nullptr, &refused, &said.error);
  settle(said, refused, luminate_result_destroy);
}

void read_stream(World& world, Said& said) {
  luminate_stream* stream = nullptr;
  luminate_result* piece = nullptr;
  said.begin();
  said.status = luminate_store_stream(world.store, world.query, world.call, &stream, &said.error);
  std::size_t rows = 0;
  while (said.status == LUMINATE_OK) {
    said.status = luminate_stream_next(stream, &piece, &said.error);
    if (piece == nullptr) break;
    rows += luminate_result_row_count(piece);
    luminate_result_destroy(piece);
  }
  FailingMemory::disarm();
  if (said.status == LUMINATE_OK && rows != luminate_result_row_count(world.result)) said.wrong = "samples were lost";
  if (stream != nullptr && said.status != LUMINATE_OK) {
    const luminate_status again = luminate_stream_next(stream, &piece, nullptr);
    if (again != said.status) said.wrong = "a stream that failed went on";
  }
  luminate_stream_destroy(stream);
}

void read_arrow(World& world, Said& said) {
  ArrowArrayStream stream;
  std::memset(&stream, 0xff, sizeof stream);
  said.begin();
  said.status = luminate_result_arrow(world.result, &stream, &said.error);
  if (said.status != LUMINATE_OK) {
    if (stream.release != nullptr) said.wrong = "a stream was handed out by a call that failed";
    return;
  }
  ArrowSchema schema;
  ArrowArray array;
  const int schema_status = stream.get_schema(&stream, &schema);
  const char* schema_failure = stream.get_last_error(&stream);
  const int array_status = stream.get_next(&stream, &array);
  const char* array_failure = stream.get_last_error(&stream);
  FailingMemory::disarm();
  const auto check = [&](int status, bool is_there, const char* failure) {
    if (status != 0 && status != ENOMEM) said.wrong = "a status that does not say what was missing";
    if ((status == 0) != is_there) said.wrong = "a structure is there, and should not be, or the reverse";
    if ((status == 0) != (failure == nullptr)) said.wrong = "a failure that has no text, or the reverse";
  };
  check(schema_status, schema.release != nullptr, schema_failure);
  check(array_status, array.release != nullptr, array_failure);
  if (array_status != 0) {
    if (stream.get_next(&stream, &array) != 0 || array.release == nullptr) said.wrong = "the batch was lost";
  }
  if (schema_status == 0) schema.release(&schema);
  if (array.release != nullptr) array.release(&array);
  stream.release(&stream);
}

void ask_for_json(World& world, Said& said) {
  luminate_result* result = nullptr;
  const char* json = nullptr;
  said.begin();
  said.status = luminate_store_query(world.store, world.query, world.call, &result, &said.error);
  if (said.status == LUMINATE_OK) {
    said.status = luminate_result_json(result, &json, nullptr, &said.error);
    if ((json == nullptr) == (said.status == LUMINATE_OK)) said.wrong = "JSON is there, and should not be";
  }
  FailingMemory::disarm();
  luminate_result_destroy(result);
}

void set_options(World&, Said& said) {
  const char* value = nullptr;
  luminate_options* options = nullptr;
  int released = 0;
  said.begin();
  said.status = luminate_options_create(&options, &said.error);
  if (said.status == LUMINATE_OK) {
    said.status =
        luminate_options_set(options, "retention.policies", LUMINATE_NUL,
                             "debug_of_something_long_* 7d, audit_of_something_long_* off", LUMINATE_NUL, &said.error);
  }
  if (said.status == LUMINATE_OK) {
    said.status = luminate_options_get(options, "retention.policies", LUMINATE_NUL, &value, &said.error);
  }
  bool had_logger = false;
  if (said.status == LUMINATE_OK) {
    had_logger = true;
    const auto silent = [](void*, std::int32_t, const char*, std::size_t) {};
    const auto count = [](void* user) { ++*static_cast<int*>(user); };
    said.status = luminate_options_set_logger(options, silent, &released, count, &said.error);
    if ((said.status != LUMINATE_OK) != (released == 1))
      said.wrong = "a logger was not released by the call that failed";
  }
  luminate_options_destroy(options);
  FailingMemory::disarm();
  if (had_logger && released != 1) said.wrong = "a logger was not released once";
}

void fail_anyhow(World& world, Said& said) {
  said.begin();
  const luminate_status status =
      luminate_options_set(world.options, "no_such_option_whose_name_is_long", LUMINATE_NUL, "1", 1, &said.error);
  said.status = status;
  if (status == LUMINATE_INVALID_OPTION) {
    // As if it were a success: it is what would be said if there were memory.
    luminate_error_destroy(said.error);
    said.error = nullptr;
    said.status = LUMINATE_OK;
  }
}

void open_and_close(World&, Said& said) {
  luminate_store* store = nullptr;
  luminate_store* tenant = nullptr;
  said.begin();
  said.status = luminate_store_open("memory:", LUMINATE_NUL, nullptr, &store, &said.error);
  if (said.status == LUMINATE_OK) said.status = luminate_store_tenant(store, "acme", 4, &tenant, &said.error);
  luminate_store_destroy(store);
  luminate_store_destroy(tenant);
}

void open_file_and_destroy(World& world, Said& said) {
  const std::string url = world.url + ".other";
  luminate_store* store = nullptr;
  said.begin();
  said.status = luminate_store_open(url.c_str(), url.size(), world.options, &store, &said.error);
  luminate_store_destroy(store);
}

void validate(World& world, Said& said) {
  luminate_validator* validator = nullptr;
  luminate_result* refused = nullptr;
  said.begin();
  said.status = luminate_validator_create(nullptr, &validator, &said.error);
  if (said.status == LUMINATE_OK) {
    said.status = luminate_validator_check(validator, world.batch, 1'700'000'000'000, &refused, &said.error);
  }
  settle(said, refused, luminate_result_destroy);
  luminate_validator_destroy(validator);
}

void keep(World& world, Said& said) {
  said.begin();
  said.status = luminate_store_set_retention(world.store, "audit_of_something_long_*", LUMINATE_NUL, 86'400'000,
                                             world.call, &said.error);
}

void remove_some(World& world, Said& said) {
  said.begin();
  said.status = luminate_store_remove(world.store, world.query, 1, world.call, nullptr, &said.error);
}

const std::vector<Phase>& phases() {
  constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  static const std::vector<Phase> list = {
      {"Options", set_options},
      {"AnErrorOfItsOwn", fail_anyhow},
      {"OpenInMemory", open_and_close},
      {"OpenAFile", open_file_and_destroy},
      {"Batch", fill_batch},
      {"Write", write, true},
      {"WriteJson", write_json, true},
      {"Validate", validate},
      query("Range", LUMINATE_RANGE),
      query("Aggregate", LUMINATE_AGGREGATE),
      query("Rate", LUMINATE_RATE),
      {"Stream", read_stream},
      {"Json", ask_for_json},
      {"Arrow", read_arrow},
      table("Metrics",
            [](World& world, luminate_result** out, luminate_error** error) {
              return luminate_store_metrics(world.store, "c", 1, 10, kFirst, kLast, world.call, out, error);
            }),
      table("DimensionValues",
            [](World& world, luminate_result** out, luminate_error** error) {
              return luminate_store_dimension_values(world.store, "cpu", 3, "host", 4, nullptr, 0, 10, kFirst, kLast,
                                                     world.call, out, error);
            }),
      table("Cardinality",
            [](World& world, luminate_result** out, luminate_error** error) {
              return luminate_store_cardinality(world.store, nullptr, 0, 10, world.call, out, error);
            }),
      table("Tenants",
            [](World& world, luminate_result** out, luminate_error** error) {
              return luminate_store_tenants(world.store, 10, world.call, out, error);
            }),
      table("Statistics",
            [](World& world, luminate_result** out, luminate_error** error) {
              return luminate_store_statistics(world.store, world.call, out, error);
            }),
      table("Health",
            [](World& world, luminate_result** out, luminate_error** error) {
              return luminate_store_health(world.store, world.call, out, error);
            }),
      {"SetRetention", keep, true},
      table("Retention",
            [](World& world, luminate_result** out, luminate_error** error) {
              return luminate_store_retention(world.store, world.call, out, error);
            }),
      {"Remove", remove_some, true},
  };
  return list;
}

class OutOfMemory : public testing::TestWithParam<Phase> {
 protected:
  std::string url() const { return "sqlite:" + (directory_.path() / "store.db").string(); }

  /// @returns what is wrong with what the phase did while allocation `n` failed; sets `is_over` when none did.
  std::string attempt(World& world, FailingMemory::Of whose, long n, bool from_then_on, bool& is_over) const {
    Said said{whose, n, from_then_on};
    GetParam().run(world, said);
    is_over = !FailingMemory::disarm();
    const std::string wrong = is_over && said.status != LUMINATE_OK ? luminate_error_message(said.error) : check(said);
    luminate_error_destroy(said.error);
    return wrong;
  }

  std::string check(const Said& said) const {
    if (*said.wrong != '\0') return said.wrong;
    if ((said.error == nullptr) != (said.status == LUMINATE_OK)) return "the error does not go with the status";
    if (said.status == LUMINATE_OK) return "";
    if (luminate_error_code(said.error) != said.status) return "the error has another code";
    if (said.status == LUMINATE_STORAGE_UNAVAILABLE) return "";  // As SQLite says it.
    if (said.status != LUMINATE_OUT_OF_MEMORY) return luminate_error_message(said.error);
    if ((luminate_error_in_doubt(said.error) != 0) != GetParam().writes) return "in doubt, or not, and should not be";
    return luminate_error_retryable(said.error) != 0 ? "" : "not worth another attempt";
  }

  test::TemporaryDirectory directory_ = test::TemporaryDirectory::in_memory();
};

TEST_P(OutOfMemory, IsSaidAndGotOver) {
  for (int round = 0; round < 5; ++round) {
    const auto whose = round % 2 == 0 ? FailingMemory::Of::library : FailingMemory::Of::sqlite;
    const bool from_then_on = round >= 3;
    std::filesystem::remove_all(directory_.path() / "store.db");
    std::filesystem::remove_all(directory_.path() / "store.db-wal");
    const long before = FailingMemory::live();
    {
      World world(url());
      for (long n = round == 0 ? 1'000'000'000 : 1;; n += n < 200 ? 1 : test::kSanitizerDivisor) {
        bool is_over = false;
        const std::string wrong = attempt(world, whose, n, from_then_on, is_over);
        ASSERT_EQ(wrong, "") << "allocation " << n << " in round " << round;
        if (is_over) break;
      }
      luminate_error* error = nullptr;
      ASSERT_EQ(luminate_store_write(world.store, world.batch, nullptr, nullptr, nullptr, &error), LUMINATE_OK)
          << luminate_error_message(error);
    }
    const long after = FailingMemory::live();
    // The first round, in which nothing fails, makes what libraries make once and keep.
    ASSERT_TRUE(round == 0 || after == before) << "leaked " << after - before << " blocks in round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Phases, OutOfMemory, testing::ValuesIn(phases()),
                         [](const auto& phase) { return std::string(phase.param.name); });

}  // namespace
}  // namespace luminate
