#pragma once

namespace luminate::test {

/// Memory that runs out. A program that links this has an operator new of its own, and SQLite allocates through here.
class FailingMemory {
 public:
  enum class Of { library, sqlite };

  /// The n-th allocation from now on fails, counted from 1, and perhaps all after it.
  static void arm(Of whose, long n, bool from_then_on);
  /// Allocations succeed again. @returns whether one failed since arm().
  static bool disarm();

  /// Blocks that are allocated now, by operator new and by SQLite together.
  static long live();
};

}  // namespace luminate::test
