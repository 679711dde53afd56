#pragma once

#include <luminate/metric.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace luminate::maintenance {

/// How far a copy has come. Copies go through tenants and metrics in the order of their names, and along time.
struct CopyPosition {
  /// Tenants before this one are done, and of this one the metrics before `metric`, and of that one what is before
  /// `before_ms`.
  std::string tenant{};
  std::string metric{};
  std::int64_t before_ms = 0;
  std::uint64_t points = 0;   ///< Before this position, with those that were refused.
  std::uint64_t refused = 0;  ///< A few behind it may be among them.

  /// One of the points that were copied last: a target that lacks it is not the one that the journal is about.
  struct Witness {
    std::string tenant{};
    std::string metric{};
    Dimensions dimensions{};
    std::int64_t timestamp_ms = 0;
  };
  std::optional<Witness> witness{};
};

/// The file that remembers a CopyPosition. It is replaced as a whole, so that it is never half of one.
class CopyJournal {
 public:
  /// @param path empty: nothing is remembered. @param title what the copy is of.
  CopyJournal(std::string path, std::string title);

  /// What an earlier copy of this title left. @throws Error invalid_request for a file that is none of this title's.
  std::optional<CopyPosition> load() const;
  void save(const CopyPosition& position) const;
  /// The copy is complete.
  void remove() const;

 private:
  const std::string path_;
  const std::string title_;
};

}  // namespace luminate::maintenance
