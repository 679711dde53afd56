#include "support/disk_faults.hpp"

#include <sqlite3.h>

namespace luminate::test {
namespace {

int io_error_of(DiskCall::Kind kind) {
  switch (kind) {
    case DiskCall::Kind::open:
      return SQLITE_CANTOPEN;
    case DiskCall::Kind::read:
      return SQLITE_IOERR_READ;
    case DiskCall::Kind::write:
      return SQLITE_IOERR_WRITE;
    case DiskCall::Kind::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case DiskCall::Kind::sync:
      return SQLITE_IOERR_FSYNC;
    case DiskCall::Kind::size:
      return SQLITE_IOERR_FSTAT;
    case DiskCall::Kind::lock:
      return SQLITE_IOERR_LOCK;
    case DiskCall::Kind::map:
      return SQLITE_IOERR_SHMMAP;
    case DiskCall::Kind::remove:
      return SQLITE_IOERR_DELETE;
    case DiskCall::Kind::exists:
      return SQLITE_IOERR_ACCESS;
    case DiskCall::Kind::sync_directory:
      return SQLITE_IOERR_DIR_FSYNC;
  }
  return SQLITE_IOERR;
}

bool takes_space(const DiskCall& call) {
  return call.kind == DiskCall::Kind::write || call.kind == DiskCall::Kind::map || call.creates;
}

bool syncs(const DiskCall& call) {
  return call.kind == DiskCall::Kind::sync || call.kind == DiskCall::Kind::sync_directory;
}

}  // namespace

void DiskFaults::arm(Kind kind, int call, bool from_then_on) {
  armed_ = false;
  kind_ = kind;
  fails_at_ = call;
  from_then_on_ = from_then_on;
  calls_ = 0;
  failures_ = 0;
  armed_ = true;
}

DiskObserver::Verdict DiskFaults::before(const DiskCall& call) {
  if (!armed_) return {};
  const bool full = kind_ == Kind::full || kind_ == Kind::short_write;
  if (full && !takes_space(call)) return {};
  if (kind_ == Kind::sync_error && !syncs(call)) return {};
  const int number = ++calls_;
  if (from_then_on_ ? number < fails_at_ : number != fails_at_) return {};
  ++failures_;
  if (!full || call.kind == DiskCall::Kind::open) return {.code = io_error_of(call.kind)};
  if (call.kind == DiskCall::Kind::map) return {.code = SQLITE_IOERR_SHMSIZE};
  return {.code = SQLITE_FULL, .written = kind_ == Kind::short_write ? call.data.size() / 2 : 0};
}

}  // namespace luminate::test
