#pragma once

#include <luminate/metric.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/index_table.hpp"

namespace luminate::postgres {

/// A metric as writes name it.
struct MetricName {
  std::string_view tenant;
  std::string_view name;
};

/// A series as writes name it.
struct SeriesName {
  std::int64_t metric = 0;     ///< Its metric's id.
  std::string_view canonical;  ///< Dimensions in canonical bytes.
  Batch::Fingerprint fingerprint;
};

/// Remembers what the database calls metrics and series, in bounded memory: what was not used for long goes first. All
/// ids are of one generation of the catalog; those of a newer one drive out what was there. Any thread.
///
/// It holds two halves. What is found or added goes into the young one; once that is full it becomes the old one, whose
/// content is forgotten: as good as a list ordered by use, at a fraction of the memory.
class SeriesLru {
 public:
  explicit SeriesLru(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Of all that is there. Nothing before the first use.
  std::optional<std::int64_t> generation() const;
  /// Forgets everything if `generation` is a newer one.
  void renew(std::int64_t generation);

  /// The ids, in the same order; 0 for those that are not known. @returns their generation.
  std::optional<std::int64_t> find(std::span<const MetricName> metrics, std::vector<std::int64_t>& ids) const;
  /// Likewise for series. Nothing is found unless the generation is still `generation`.
  void find(std::optional<std::int64_t> generation, std::span<const SeriesName> series, std::vector<std::int64_t>& ids);

  /// Does nothing with ids that are 0, or of an older generation.
  void remember(std::int64_t generation, std::span<const MetricName> metrics, std::span<const std::int64_t> ids);
  void remember(std::int64_t generation, std::span<const SeriesName> series, std::span<const std::int64_t> ids);

  std::size_t bytes() const;

 private:
  struct Entry {
    std::int64_t id;
    std::int64_t metric;
    std::size_t begin;  ///< Of its canonical bytes.
    std::uint32_t length;
  };
  struct Half {
    model::IndexTable table{};
    std::vector<Entry> entries{};
    std::string bytes{};

    std::size_t size() const noexcept;
    std::int64_t find(const SeriesName& series) const;
    void add(const SeriesName& series, std::int64_t id);
  };
  struct ByName {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      const int tenants = std::string_view(a.first).compare(b.first);
      return tenants != 0 ? tenants < 0 : std::string_view(a.second) < std::string_view(b.second);
    }
  };
  using Metrics = std::map<std::pair<std::string, std::string>, std::int64_t, ByName>;

  void add(const SeriesName& series, std::int64_t id);
  void forget();

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::optional<std::int64_t> generation_;  ///< Guarded by mutex_, like what follows.
  Half young_;
  Half old_;
  Metrics metrics_;
  std::size_t metric_bytes_ = 0;
};

}  // namespace luminate::postgres
