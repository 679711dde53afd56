#pragma once

#include <luminate/error.hpp>

#include <string>
#include <string_view>

namespace luminate::postgres {

/// What PostgreSQL, or the way to it, said no with.
class SqlError : public Error {
 public:
  /// @param state the five characters of SQLSTATE; "08006" where the connection broke.
  SqlError(std::string_view state, const std::string& message);
  /// @param advice what to do about it, in the place of what is said of such a state by default.
  SqlError(std::string_view state, const std::string& message, const std::string& advice);

  std::string_view state() const noexcept { return state_; }
  /// What the server said, alone.
  const std::string& message() const noexcept { return message_; }
  /// The connection is gone, or the server is going: another one may do.
  bool connection_lost() const noexcept;
  /// Nothing happened, and the same transaction may succeed at once: a deadlock, a failed serialization, a lost
  /// connection.
  bool worth_another_try() const noexcept;
  /// Waiting does not mend it, but somebody may: a wrong password, no such database, no permission.
  bool lasting() const noexcept;

 private:
  std::string state_;
  std::string message_;
};

/// Selected SQLSTATEs.
inline constexpr std::string_view kUniqueViolation = "23505";
/// Of a partition, which was not the right one any more: see partitions.hpp.
inline constexpr std::string_view kCheckViolation = "23514";
inline constexpr std::string_view kSerializationFailure = "40001";
inline constexpr std::string_view kCompletionUnknown = "40003";  ///< Of a COMMIT nobody saw the answer to.
inline constexpr std::string_view kDeadlock = "40P01";
inline constexpr std::string_view kLockNotAvailable = "55P03";  ///< Within lock_timeout.
inline constexpr std::string_view kTooManyConnections = "53300";
inline constexpr std::string_view kQueryCanceled = "57014";  ///< By statement_timeout, by us or by an administrator.
inline constexpr std::string_view kOutOfRange = "22003";     ///< Among others: a sum beyond double precision.

}  // namespace luminate::postgres
