#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::test {

/// There is no PostgreSQL here, or none that starts; says why.
class NoPostgres : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A PostgreSQL server of one's own: an empty cluster in a directory of its own, in memory if there is room, that
/// listens on a Unix socket there and trusts whoever comes. Gone with this object, and, when the process dies, soon
/// after it.
///
/// Its collation, time zone and date style are not those that a careless statement would hope for.
class PostgresCluster {
 public:
  struct Settings {
    bool fsync = false;                        ///< Syncs what is committed; slow where the directory is on a disk.
    std::vector<std::string> configuration{};  ///< Lines for postgresql.conf, such as "max_connections = 8".
    std::string place{};                       ///< Makes its directory there; "": in memory, if there is room.
    std::string standby_of{};                  ///< The directory of another cluster, of which this one is a replica.
    pid_t owner = 0;  ///< The cluster goes with this process, which is no child of ours. 0: with the caller.
  };

  /// Makes it and starts it. @throws NoPostgres
  PostgresCluster() : PostgresCluster(Settings{}) {}
  explicit PostgresCluster(const Settings& settings);
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  /// Holds the socket, the data and the log.
  const std::string& directory() const noexcept { return directory_; }
  std::string url() const { return url_of(directory_); }
  /// Of a server, or of something that looks like one, whose socket is in a directory.
  static std::string url_of(const std::string& socket_directory);
  static constexpr std::string_view kSocket = "/.s.PGSQL.5432";

  /// Returns when it takes connections. @throws NoPostgres
  void start();
  /// Rolls back what is under way, and ends ("fast").
  void stop();
  /// Ends all processes at once, as a crash of the machine would, but for what the system has not yet written.
  void kill();
  /// All of them stop where they are, sockets open, until thaw().
  void freeze();
  void thaw();
  bool running();

  std::string log() const;

  /// Makes the user that the server runs as the owner of a directory.
  static void give(const std::string& directory);

  /// Leaves the cluster running, to end with Settings::owner or when a file "stop" is in its directory.
  void release() noexcept { owned_ = false; }

 private:
  void make();
  void make_empty(const std::string& log) const;
  void clear();
  void watch(pid_t owner);
  std::vector<pid_t> processes() const;

  Settings settings_;
  std::string binaries_;
  std::string directory_;
  pid_t maker_ = ::getpid();
  pid_t postmaster_ = -1;
  int lifeline_ = -1;  ///< While it is open, the watcher lets the cluster live.
  bool owned_ = true;
};

}  // namespace luminate::test
