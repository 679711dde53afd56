#include "support/recorded_disk.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace luminate::test {
namespace {

std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

DiskEvent event_of(DiskEvent::Kind kind, const DiskCall& call) {
  DiskEvent event{.kind = kind, .name = name_of(call.path), .offset = call.offset};
  const auto* data = reinterpret_cast<const char*>(call.data.data());
  event.data.assign(data, data + call.data.size());
  return event;
}

}  // namespace

DiskObserver::Verdict DiskRecorder::before(const DiskCall& call) {
  const Verdict verdict = faults_ != nullptr ? faults_->before(call) : Verdict{};
  if (verdict.code != 0 && call.kind == DiskCall::Kind::sync) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event_of(DiskEvent::Kind::failed_sync, call));
  }
  return verdict;
}

void DiskRecorder::after(const DiskCall& call) {
  std::optional<DiskEvent::Kind> kind;
  switch (call.kind) {
    case DiskCall::Kind::open:
      // A file that was there already is known to the replay, which then ignores this.
      if (call.creates) kind = DiskEvent::Kind::create;
      break;
    case DiskCall::Kind::write:
      kind = DiskEvent::Kind::write;
      break;
    case DiskCall::Kind::truncate:
      kind = DiskEvent::Kind::truncate;
      break;
    case DiskCall::Kind::sync:
      kind = DiskEvent::Kind::sync;
      break;
    case DiskCall::Kind::remove:
      kind = DiskEvent::Kind::remove;
      break;
    case DiskCall::Kind::sync_directory:
      kind = DiskEvent::Kind::sync_directory;
      break;
    default:
      break;
  }
  if (!kind) return;
  const std::lock_guard lock(mutex_);
  events_.push_back(event_of(*kind, call));
}

std::size_t DiskRecorder::now() const {
  const std::lock_guard lock(mutex_);
  return events_.size();
}

void CutDisk::advance(std::size_t until) {
  for (; next_ < until; ++next_) apply((*events_)[next_]);
}

void CutDisk::apply(const DiskEvent& event) {
  using enum DiskEvent::Kind;
  if (event.kind == sync_directory) {
    for (auto& [text, name] : names_) {
      name.durable = name.current;
      name.pending.clear();
    }
    return;
  }
  Name& name = names_[event.name];
  if (event.kind == create) {
    if (name.current) return;
    inodes_.emplace_back();
    name.current = inodes_.size() - 1;
    name.pending.push_back(name.current);
    return;
  }
  if (event.kind == remove) {
    name.current.reset();
    name.pending.emplace_back();
    return;
  }
  if (!name.current) throw std::logic_error(event.name + " is changed, but was never made");
  Inode& inode = inodes_[*name.current];
  switch (event.kind) {
    case write:
      inode.pending.push_back({.offset = event.offset, .data = &event.data});
      break;
    case truncate:
      inode.pending.push_back({.truncates = true, .offset = event.offset});
      break;
    case sync:
      apply_pending(inode.durable, inode.pending, {.kept = 1});
      inode.pending.clear();
      break;
    default:  // A failed sync: what comes of it is decided here, once for all images of this replay.
      apply_pending(inode.durable, inode.pending, random_mood());
      inode.pending.clear();
      break;
  }
}

CutDisk::Mood CutDisk::random_mood() {
  constexpr double kChances[] = {0, 0.1, 0.5, 0.9, 1};
  Mood mood;
  mood.kept = kChances[std::uniform_int_distribution<std::size_t>(0, std::size(kChances) - 1)(random_)];
  mood.piece = chance(0.5) ? 512 : 4096;
  mood.in_order = chance(0.25);
  mood.garbage = chance(0.25);
  return mood;
}

void CutDisk::apply_pending(std::vector<char>& bytes, const std::vector<Change>& pending, const Mood& mood) {
  const std::size_t end =
      mood.in_order ? std::uniform_int_distribution<std::size_t>(0, pending.size())(random_) : pending.size();
  for (std::size_t i = 0; i < end; ++i) {
    const Change& change = pending[i];
    const bool surely = mood.kept >= 1 || (mood.in_order && i + 1 < end);
    if (change.truncates) {
      if (surely || chance(mood.kept)) bytes.resize(static_cast<std::size_t>(change.offset));
      continue;
    }
    // Pieces are those of the disk, not of the write.
    const auto begin = static_cast<std::size_t>(change.offset);
    const std::size_t stop = begin + change.data->size();
    for (std::size_t at = begin; at < stop;) {
      const std::size_t next = std::min(stop, (at / mood.piece + 1) * mood.piece);
      if (surely || chance(mood.kept)) write_piece(bytes, change, at, next - at, mood);
      at = next;
    }
  }
}

void CutDisk::write_piece(std::vector<char>& bytes, const Change& change, std::size_t from, std::size_t size,
                          const Mood& mood) {
  const std::size_t grown_from = bytes.size();
  if (bytes.size() < from + size) bytes.resize(from + size);
  if (mood.garbage) {
    for (std::size_t i = grown_from; i < from; ++i) bytes[i] = static_cast<char>(random_());
  }
  const auto data =
      change.data->begin() + static_cast<std::ptrdiff_t>(from) - static_cast<std::ptrdiff_t>(change.offset);
  std::copy(data, data + static_cast<std::ptrdiff_t>(size), bytes.begin() + static_cast<std::ptrdiff_t>(from));
}

void CutDisk::write_image(const std::filesystem::path& directory) {
  for (const auto& [text, name] : names_) {
    std::optional<InodeId> found = name.durable;
    if (!name.pending.empty()) {
      const auto state = std::uniform_int_distribution<std::size_t>(0, name.pending.size())(random_);
      if (state > 0) found = name.pending[state - 1];
    }
    if (!found) continue;
    const Inode& inode = inodes_[*found];
    std::vector<char> bytes = inode.durable;
    apply_pending(bytes, inode.pending, random_mood());
    std::ofstream file(directory / text, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error("cannot write the image of " + text);
  }
}

}  // namespace luminate::test
