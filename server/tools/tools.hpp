#pragma once

#include <luminate/maintenance.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/auth/scopes.hpp"

// What the subcommands of luminate-server do, once their arguments are read. Each returns an exit code and throws
// std::exception where it fails; the message is one line for the operator.
namespace luminate::server::tools {

struct CheckArguments {
  std::string file;
  std::size_t max_findings = CheckOptions{}.max_findings;
  bool json = false;
  bool progress = false;  ///< Even where standard error is no terminal.
};
int check(const CheckArguments& arguments, std::stop_token stop);

struct BackupArguments {
  std::string from;
  std::string to;
  bool force = false;
  bool verify = true;
  bool progress = false;
};
int backup(const BackupArguments& arguments, std::stop_token stop);
int restore(const BackupArguments& arguments, std::stop_token stop);

/// Standard input or output, where a file is asked for.
inline constexpr std::string_view kStandardStream = "-";

struct ExportArguments {
  std::string store;
  std::string to{kStandardStream};
  std::string tenant;
  ExportRequest request;
  std::optional<std::chrono::milliseconds> last;  ///< Instead of the request's time range.
  bool force = false;
  bool progress = false;
};
int export_points(const ExportArguments& arguments, const std::stop_token& stop);

struct ImportArguments {
  std::string store;
  std::string from{kStandardStream};
  std::string tenant;
  PointFormat format = PointFormat::json_lines;
  std::size_t max_errors = ImportRequest{}.max_errors;
  Options options;  ///< import_options(), and what the command line sets.
  bool progress = false;
};
int import_points(const ImportArguments& arguments, std::stop_token stop);

struct CopyArguments {
  std::string from;  ///< URLs.
  std::string to;
  std::string tenant;  ///< Only this one.
  CopyRequest request;
  std::string selection;  ///< What is chosen of `from`, for people and to tell journals apart.
  bool restart = false;   ///< Begin anew, whatever the journal says.
  Options options;        ///< Of the target: copy_options(), and what the command line sets.
  bool progress = false;
};
int copy_points(const CopyArguments& arguments, std::stop_token stop);

struct TokenArguments {
  std::optional<std::string> config;  ///< The server's file.
  std::optional<std::string> tenant;
  auth::Scopes scopes;
  std::chrono::seconds lifetime{};
  std::optional<std::string> key_id;
  std::optional<std::string> private_key;  ///< A file.
};
int issue_token(const TokenArguments& arguments);

struct HealthArguments {
  std::optional<std::string> config;  ///< The server's file.
  bool ready = false;                 ///< /readyz instead of /healthz.
  std::chrono::milliseconds timeout{};
};
int health(const HealthArguments& arguments);

}  // namespace luminate::server::tools
