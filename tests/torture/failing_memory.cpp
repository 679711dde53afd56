#include "torture/failing_memory.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace luminate::test {
namespace {

std::atomic<long> library_left = 0;  // Allocations until the one that fails; 0: none does.
std::atomic<long> sqlite_left = 0;
std::atomic<bool> all_fail = false;
std::atomic<bool> failed = false;
std::atomic<long> live_blocks = 0;

bool fails(std::atomic<long>& left) {
  const long now = left.load(std::memory_order_relaxed);
  if (now <= 0) return false;
  if (now > 1 && --left > 0) return false;
  if (!all_fail) left = 0;
  failed = true;
  return true;
}

void* allocate(std::size_t size, std::size_t alignment) {
  if (fails(library_left)) return nullptr;
  void* block = alignment > alignof(std::max_align_t)
                    ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                    : std::malloc(size > 0 ? size : 1);
  if (block != nullptr) ++live_blocks;
  return block;
}

void release(void* block) {
  if (block == nullptr) return;
  --live_blocks;
  std::free(block);
}

sqlite3_mem_methods system_methods;

void* sqlite_allocate(int size) {
  if (fails(sqlite_left)) return nullptr;
  void* block = system_methods.xMalloc(size);
  if (block != nullptr) ++live_blocks;
  return block;
}

void sqlite_release(void* block) {
  if (block != nullptr) --live_blocks;
  system_methods.xFree(block);
}

void* sqlite_reallocate(void* block, int size) {
  return fails(sqlite_left) ? nullptr : system_methods.xRealloc(block, size);
}

/// SQLite takes its allocator once, before it is first used.
const bool installed = [] {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_methods);
  sqlite3_mem_methods methods = system_methods;
  methods.xMalloc = sqlite_allocate;
  methods.xFree = sqlite_release;
  methods.xRealloc = sqlite_reallocate;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK;
}();

}  // namespace

void FailingMemory::arm(Of whose, long n, bool from_then_on) {
  if (!installed) std::abort();
  failed = false;
  all_fail = from_then_on;
  (whose == Of::library ? library_left : sqlite_left) = n;
}

bool FailingMemory::disarm() {
  library_left = 0;
  sqlite_left = 0;
  return failed;
}

long FailingMemory::live() {
  return live_blocks;
}

}  // namespace luminate::test

using luminate::test::allocate;
using luminate::test::release;

// All forms, since a sanitizer has its own of each.
namespace {

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* block = allocate(size, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate_or_throw(size, 0);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size, 0);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, 0);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept {
  release(block);
}
void operator delete[](void* block) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  release(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  release(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  release(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}
