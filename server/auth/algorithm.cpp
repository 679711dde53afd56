#include "server/auth/algorithm.hpp"

#include <array>

namespace luminate::server::auth {
namespace {

constexpr std::array kAll{Algorithm::hs256, Algorithm::hs384, Algorithm::hs512,
                          Algorithm::rs256, Algorithm::es256, Algorithm::eddsa};

}  // namespace

std::string_view to_string(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::hs256:
      return "HS256";
    case Algorithm::hs384:
      return "HS384";
    case Algorithm::hs512:
      return "HS512";
    case Algorithm::rs256:
      return "RS256";
    case Algorithm::es256:
      return "ES256";
    case Algorithm::eddsa:
      return "EdDSA";
  }
  return "";
}

std::optional<Algorithm> parse_algorithm(std::string_view name) noexcept {
  for (const Algorithm algorithm : kAll) {
    if (to_string(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

bool is_symmetric(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::hs256 || algorithm == Algorithm::hs384 || algorithm == Algorithm::hs512;
}

}  // namespace luminate::server::auth
