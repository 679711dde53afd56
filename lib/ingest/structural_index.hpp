#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace luminate::ingest {

/// Where the tokens of a JSON text begin: simdjson's first stage, alone. It uses the widest vector instructions of the
/// machine, reads nothing behind the text, and proves that the text is UTF-8, that each string is closed, and that
/// no string holds a raw control character. Whether the tokens make sense is for the reader of them.
class StructuralIndex {
 public:
  StructuralIndex();
  ~StructuralIndex();

  /// The offset of each token (a string's opening quote, a punctuation mark, the start of anything else), ascending;
  /// then, once more, the size of the text. What stands between the end of a token and the next offset is white space.
  /// Valid until the next call. @throws Error invalid_request.
  std::span<const std::uint32_t> build(std::string_view json);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace luminate::ingest
