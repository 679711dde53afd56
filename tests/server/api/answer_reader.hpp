#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::server::api {

/// One answer as a client reads it, with no leniency.
struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers{};  ///< Names in lower case; each at most once.
  std::string body{};                            ///< Without chunks, and decompressed.

  bool says_close() const;
  /// "" where there is none of that name.
  std::string_view header(const std::string& name) const;
};

/// Takes what a server sent apart, one answer for each of `methods`, whose interim answers (100) are passed over.
/// @throws std::runtime_error for whatever is not HTTP/1.1 to the letter, and when anything is left over.
std::vector<Answer> read_answers(std::string_view bytes, const std::vector<std::string>& methods);

}  // namespace luminate::server::api
