#include "store/store_url.hpp"

#include <luminate/error.hpp>

namespace luminate::store {
namespace {

[[noreturn]] void reject(const std::string& what) {
  throw Error(ErrorCode::invalid_option,
              what + "; use sqlite:PATH, sqlite:PATH?mode=ro, postgresql://user@host/database or memory:", "url");
}

}  // namespace

StoreUrl parse_store_url(std::string_view url) {
  const auto colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  if (colon == std::string_view::npos) reject("the store URL has no scheme");
  std::string_view rest = url.substr(colon + 1);

  if (scheme == "memory") {
    if (!rest.empty()) reject("memory: takes nothing behind it");
    return {};
  }
  if ((scheme == "postgresql" || scheme == "postgres") && rest.starts_with("//")) {
    return {.backend = BackendKind::postgres, .path = std::string(url)};
  }
  // What follows the scheme may carry a password for other backends: it is never repeated in a message.
  if (scheme != "sqlite") reject("this version has no backend for \"" + std::string(scheme.substr(0, 32)) + ":\"");

  StoreUrl parsed{.backend = BackendKind::sqlite};
  if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
    const std::string_view parameters = rest.substr(mark + 1);
    if (parameters == "mode=ro") {
      parsed.read_only = true;
    } else if (parameters != "mode=rw") {
      reject("a sqlite: URL knows the parameters mode=ro and mode=rw");
    }
    rest = rest.substr(0, mark);
  }
  if (rest.empty()) reject("a sqlite: URL needs the path of a file");
  if (rest.find('\0') != std::string_view::npos) reject("a path holds no NUL");
  parsed.path = rest;
  return parsed;
}

}  // namespace luminate::store
