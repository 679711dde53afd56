#include "support/test_disk.hpp"

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <new>
#include <stdexcept>
#include <vector>

namespace luminate::test {
namespace {

using Kind = DiskCall::Kind;
using OpenDirectory = int (*)(const char*, int*);

// SQLite calls plain functions; this is what they work with.
std::atomic<DiskObserver*> current_observer = nullptr;
sqlite3_vfs* system_vfs = nullptr;
OpenDirectory system_open_directory = nullptr;

/// What SQLite takes for an open file. The system's own follows it in memory.
struct File {
  sqlite3_file base;
  std::string_view path;
  sqlite3_file* real;
};

File& file_of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}

DiskObserver& observer() {
  return *current_observer.load();
}

/// Asks the observer, then the disk, then tells the observer what became of it.
template <class Call>
int pass(const DiskCall& call, Call&& disk) {
  const DiskObserver::Verdict verdict = observer().before(call);
  if (verdict.code != SQLITE_OK) return verdict.code;
  const int code = verdict.pretend ? SQLITE_OK : disk();
  if (code == SQLITE_OK) observer().after(call);
  return code;
}

int close_file(sqlite3_file* file) {
  return file_of(file).real->pMethods->xClose(file_of(file).real);
}

int read_file(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
  File& self = file_of(file);
  return pass({.kind = Kind::read, .path = self.path, .offset = offset},
              [&] { return self.real->pMethods->xRead(self.real, into, amount, offset); });
}

int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  File& self = file_of(file);
  DiskCall call{.kind = Kind::write,
                .path = self.path,
                .offset = offset,
                .data = {static_cast<const std::byte*>(from), static_cast<std::size_t>(amount)}};
  const DiskObserver::Verdict verdict = observer().before(call);
  const auto write = [&] {
    const int code =
        self.real->pMethods->xWrite(self.real, call.data.data(), static_cast<int>(call.data.size()), offset);
    if (code == SQLITE_OK) observer().after(call);
    return code;
  };
  if (verdict.code == SQLITE_OK) return write();
  call.data = call.data.first(verdict.written);
  if (!call.data.empty()) write();
  return verdict.code;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  File& self = file_of(file);
  return pass({.kind = Kind::truncate, .path = self.path, .offset = size},
              [&] { return self.real->pMethods->xTruncate(self.real, size); });
}

int sync_file(sqlite3_file* file, int flags) {
  File& self = file_of(file);
  return pass({.kind = Kind::sync, .path = self.path}, [&] { return self.real->pMethods->xSync(self.real, flags); });
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  File& self = file_of(file);
  return pass({.kind = Kind::size, .path = self.path}, [&] { return self.real->pMethods->xFileSize(self.real, size); });
}

int lock_file(sqlite3_file* file, int level) {
  File& self = file_of(file);
  return pass({.kind = Kind::lock, .path = self.path}, [&] { return self.real->pMethods->xLock(self.real, level); });
}

int unlock_file(sqlite3_file* file, int level) {
  return file_of(file).real->pMethods->xUnlock(file_of(file).real, level);
}

int check_reserved_lock(sqlite3_file* file, int* result) {
  return file_of(file).real->pMethods->xCheckReservedLock(file_of(file).real, result);
}

int file_control(sqlite3_file* file, int operation, void* argument) {
  return file_of(file).real->pMethods->xFileControl(file_of(file).real, operation, argument);
}

int sector_size(sqlite3_file* file) {
  return file_of(file).real->pMethods->xSectorSize(file_of(file).real);
}

int device_characteristics(sqlite3_file* file) {
  return file_of(file).real->pMethods->xDeviceCharacteristics(file_of(file).real);
}

int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  File& self = file_of(file);
  return pass({.kind = Kind::map, .path = self.path},
              [&] { return self.real->pMethods->xShmMap(self.real, page, size, extend, memory); });
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return file_of(file).real->pMethods->xShmLock(file_of(file).real, offset, count, flags);
}

void shared_barrier(sqlite3_file* file) {
  file_of(file).real->pMethods->xShmBarrier(file_of(file).real);
}

int unmap_shared(sqlite3_file* file, int remove) {
  return file_of(file).real->pMethods->xShmUnmap(file_of(file).real, remove);
}

// Version 2: write-ahead logs, but no pages that are mapped instead of read.
const sqlite3_io_methods kFileMethods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = shared_barrier,
    .xShmUnmap = unmap_shared,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* given_flags) {
  File& self = *new (file) File{.base = {nullptr}, .path = name != nullptr ? name : "", .real = nullptr};
  self.real = reinterpret_cast<sqlite3_file*>(&self + 1);
  const int code = pass({.kind = Kind::open, .path = self.path, .creates = (flags & SQLITE_OPEN_CREATE) != 0},
                        [&] { return system_vfs->xOpen(system_vfs, name, self.real, flags, given_flags); });
  // SQLite closes exactly the files that have methods.
  if (code == SQLITE_OK) self.base.pMethods = &kFileMethods;
  return code;
}

int remove_file(sqlite3_vfs*, const char* name, int sync_directory) {
  return pass({.kind = Kind::remove, .path = name},
              [&] { return system_vfs->xDelete(system_vfs, name, sync_directory); });
}

int file_exists(sqlite3_vfs*, const char* name, int flags, int* result) {
  return pass({.kind = Kind::exists, .path = name},
              [&] { return system_vfs->xAccess(system_vfs, name, flags, result); });
}

/// SQLite opens a directory only to sync it, inside the system's VFS: the one place to see that.
int open_directory(const char* path, int* descriptor) {
  DiskObserver* const observer = current_observer.load();
  const DiskCall call{.kind = Kind::sync_directory, .path = path};
  if (observer != nullptr && observer->before(call).code != SQLITE_OK) return SQLITE_CANTOPEN;
  const int code = system_open_directory(path, descriptor);
  if (observer != nullptr && code == SQLITE_OK) observer->after(call);
  return code;
}

sqlite3_vfs& test_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *system_vfs;
    made.pNext = nullptr;
    made.zName = "luminate-test";
    made.szOsFile = static_cast<int>(sizeof(File)) + system_vfs->szOsFile;
    made.xOpen = open_file;
    made.xDelete = remove_file;
    made.xAccess = file_exists;
    return made;
  }();
  return vfs;
}

}  // namespace

TestDisk::TestDisk(DiskObserver& observer) {
  if (current_observer.exchange(&observer) != nullptr) throw std::logic_error("there is a test disk already");
  sqlite3_initialize();
  system_vfs = sqlite3_vfs_find("unix");
  if (system_open_directory == nullptr) {
    system_open_directory = reinterpret_cast<OpenDirectory>(system_vfs->xGetSystemCall(system_vfs, "openDirectory"));
    system_vfs->xSetSystemCall(system_vfs, "openDirectory", reinterpret_cast<sqlite3_syscall_ptr>(open_directory));
  }
  sqlite3_vfs_register(&test_vfs(), 1);
}

TestDisk::~TestDisk() {
  sqlite3_vfs_unregister(&test_vfs());
  current_observer = nullptr;
}

}  // namespace luminate::test
