// Whatever text comes in as a store URL: settings that PostgreSQL's library takes, or an Error that quotes none of it.
#include <libpq-fe.h>
#include <luminate/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "model/names.hpp"
#include "model/text.hpp"
#include "postgres/url.hpp"

namespace {

void demand(bool condition) {
  if (!condition) std::abort();
}

bool printable(std::string_view text) {
  return luminate::model::printable(text, text.size()) == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view url(reinterpret_cast<const char*>(data), size);
  try {
    const auto settings = luminate::postgres::parse_url(url, {});
    demand(luminate::model::is_schema_name(settings.schema));
    demand(printable(settings.display) && settings.display.size() <= 256);
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(settings.conninfo.c_str(), nullptr), &PQconninfoFree);
    demand(parsed != nullptr);
    demand(settings.hosts.size() != 1);
  } catch (const luminate::Error& error) {
    const std::string_view text = error.what();
    demand(!text.empty() && printable(text));
    demand(text.find("s3cret") == std::string_view::npos);  // The password in the corpus.
  }
  return 0;
}
