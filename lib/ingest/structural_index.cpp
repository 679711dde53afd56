#include "ingest/structural_index.hpp"

#include <luminate/error.hpp>

#include <simdjson.h>
#include <limits>
#include <new>
#include <string>

#include "model/text.hpp"

namespace luminate::ingest {
namespace {

[[noreturn]] void reject(std::string_view json, simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      throw Error(ErrorCode::invalid_request, "the text is empty, expected {\"metrics\": [...]}");
    case simdjson::UTF8_ERROR: {
      std::size_t at = 0;
      while (at < json.size()) {
        const auto character = model::first_character(json.substr(at));
        if (character.length == 0) break;
        at += character.length;
      }
      throw Error(ErrorCode::invalid_request, "the text is not valid UTF-8 at byte " + std::to_string(at));
    }
    case simdjson::UNCLOSED_STRING:
      throw Error(ErrorCode::invalid_request,
                  "the text ends inside a string, after byte " + std::to_string(json.size()));
    case simdjson::UNESCAPED_CHARS:
      throw Error(ErrorCode::invalid_request, "a string holds a raw control character; write it as an escape");
    case simdjson::MEMALLOC:
      throw std::bad_alloc();
    default:
      throw Error(ErrorCode::invalid_request, std::string("the text is no JSON: ") + simdjson::error_message(error));
  }
}

}  // namespace

struct StructuralIndex::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation;
};

StructuralIndex::StructuralIndex() : parser_(std::make_unique<Parser>()) {}
StructuralIndex::~StructuralIndex() = default;

std::span<const std::uint32_t> StructuralIndex::build(std::string_view json) {
  // The second stage's stack of open brackets is allocated with the rest, and never used.
  constexpr std::size_t kMaxDepth = 1;
  constexpr std::size_t kSmallestCapacity = 4096;
  auto& implementation = parser_->implementation;
  if (json.size() > std::numeric_limits<std::uint32_t>::max() - simdjson::SIMDJSON_PADDING) {
    throw Error(ErrorCode::request_too_large,
                "the text has " + std::to_string(json.size()) + " bytes, 4 GiB is too many");
  }
  simdjson::error_code error = simdjson::SUCCESS;
  if (!implementation) {
    const std::size_t capacity = std::max(json.size(), kSmallestCapacity);
    error =
        simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, kMaxDepth, implementation);
  } else if (implementation->capacity() < json.size()) {
    error = implementation->set_capacity(std::max(json.size(), implementation->capacity() * 2));
  }
  if (error == simdjson::SUCCESS) {
    error = implementation->stage1(reinterpret_cast<const std::uint8_t*>(json.data()), json.size(),
                                   simdjson::stage1_mode::regular);
  }
  if (error != simdjson::SUCCESS) reject(json, error);
  const std::size_t count = implementation->n_structural_indexes;
  implementation->structural_indexes[count] = static_cast<std::uint32_t>(json.size());
  return {implementation->structural_indexes.get(), count + 1};
}

}  // namespace luminate::ingest
