#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/config.hpp"
#include "server/config/options.hpp"

namespace luminate::server {

/// The parts of a server that follow their configuration while it runs: all of them take up a new one, or none does.
///
///     reloader.add({"auth"}, [this](const config::Config& changed, Reloader::Warnings& warnings) {
///       auto keys = read_keys(changed.auth);                      // may throw: then nothing changes anywhere
///       return [this, keys] { authenticator_.replace(keys); };    // must not
///     });
///
/// Used by one thread at a time.
class Reloader {
 public:
  /// Puts in place what was prepared. Must not throw.
  using Commit = std::function<void()>;
  /// What the operator should know, a line each, once it is in place.
  using Warnings = std::vector<std::string>;
  /// Reads and checks all that it needs, and changes nothing. @throws std::exception why it cannot be used, in a line.
  using Prepare = std::function<Commit(const config::Config& changed, Warnings& warnings)>;

  /// @param takes the options that this part follows: of a section ("auth"), of a group ("server.tls"), or one.
  void add(std::vector<std::string_view> takes, Prepare prepare) {
    parts_.push_back({std::move(takes), std::move(prepare)});
  }

  /// Prepares every part, in the order in which they were added, and then puts all in place. @throws what a part did;
  /// then everything is as it was. @returns what the operator should know.
  Warnings reload(const config::Config& changed) const;

  /// Whether some part follows this option; others take effect at the next start.
  bool follows(const config::Option& option) const;

 private:
  struct Part {
    std::vector<std::string_view> takes;
    Prepare prepare;
  };

  std::vector<Part> parts_;
};

}  // namespace luminate::server
