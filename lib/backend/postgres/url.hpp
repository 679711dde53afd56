#pragma once

#include <luminate/options.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::postgres {

/// One of several hosts. What is empty is left to libpq.
struct Host {
  std::string name{};
  std::string address{};
  std::string port{};
};

/// Where a database is and how to get in.
struct Settings {
  std::string conninfo{};     ///< For libpq; holds the password, so it is never shown.
  std::string display{};      ///< For people: "postgresql://user@host:port/database", without password and parameters.
  std::vector<Host> hosts{};  ///< When the URL names more than one.
  std::string schema{};       ///< The PostgreSQL schema that holds the tables; needs no quotes.
  bool read_only = false;
  Durability durability = Durability::full;
  std::size_t pool_size = 0;
  std::chrono::milliseconds connect_timeout{};  ///< Of each host. The URL's, or that of the options.
};

/// Reads a URL as libpq takes it (`postgresql://user:password@host:port/database?sslmode=verify-full`), with one
/// parameter of our own: `schema`, which wins over Options::postgres.schema.
/// @throws Error invalid_option, whose message quotes nothing that could be a password.
Settings parse_url(std::string_view url, const Options& options);

}  // namespace luminate::postgres
