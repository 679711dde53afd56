#include "server/reloader.hpp"

#include <algorithm>

namespace luminate::server {

Reloader::Warnings Reloader::reload(const config::Config& changed) const {
  Warnings warnings;
  std::vector<Commit> commits;
  for (const Part& part : parts_) commits.push_back(part.prepare(changed, warnings));
  for (const Commit& commit : commits) commit();
  return warnings;
}

bool Reloader::follows(const config::Option& option) const {
  const auto covers = [&](std::string_view name) {
    return option.name.starts_with(name) && (option.name.size() == name.size() || option.name[name.size()] == '.');
  };
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return std::any_of(part.takes.begin(), part.takes.end(), covers); });
}

}  // namespace luminate::server
