#include "support/postgres_cluster.hpp"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

namespace luminate::test {
namespace {

namespace fs = std::filesystem;

/// Where initdb and postgres are: the newest of Debian's, or where pg_config says.
std::string find_binaries() {
  std::string found;
  int newest = 0;
  std::error_code error;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const std::string name = version.path().filename();
    int number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number > newest && fs::exists(version.path() / "bin/initdb")) {
      newest = number;
      found = version.path() / "bin";
    }
  }
  if (!found.empty()) return found;
  if (FILE* asked = ::popen("pg_config --bindir 2>/dev/null", "r")) {
    std::array<char, 1024> line{};
    if (std::fgets(line.data(), line.size(), asked) != nullptr) found = line.data();
    ::pclose(asked);
    while (found.ends_with('\n')) found.pop_back();
  }
  if (found.empty() || !fs::exists(found + "/initdb")) {
    throw NoPostgres("no PostgreSQL server is installed (initdb is in no /usr/lib/postgresql/*/bin)");
  }
  return found;
}

/// PostgreSQL refuses to run as root: whom it runs as then.
std::optional<passwd> other_user() {
  if (::geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = ::getpwnam(name)) return *user;
  }
  throw NoPostgres("PostgreSQL does not run as root, and there is no user postgres or nobody");
}

/// Starts a program, as other_user(), all it says going to `log`.
pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
  const auto user = other_user();
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw NoPostgres("fork failed");
  if (child > 0) return child;
  // Other threads may hold any lock: system calls only.
  ::close(STDIN_FILENO);
  ::open("/dev/null", O_RDONLY);
  if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
    ::_exit(126);
  }
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  if (::chdir("/") != 0) ::_exit(126);
  ::setsid();  // Ctrl-C is for the test, which then ends the cluster.
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Where syncs cost nothing, if there is such a place; else not TMPDIR, since a socket's path has 107 bytes at most.
std::string place() {
  constexpr std::uintmax_t kRoom = 2'147'483'648;
  std::error_code error;
  const bool memory = ::access("/dev/shm", W_OK) == 0 && fs::space("/dev/shm", error).available >= kRoom && !error;
  return memory ? "/dev/shm" : "/tmp";
}

struct ProcessState {
  char letter = 'Z';  ///< That of a process that has ended.
  pid_t parent = 0;
};
ProcessState state_of(pid_t process) {
  ProcessState state;
  const std::string stat = contents("/proc/" + std::to_string(process) + "/stat");  // "pid (name) state parent ..."
  const auto behind_name = stat.rfind(')');
  if (behind_name == std::string::npos || behind_name + 4 > stat.size()) return state;
  state.letter = stat[behind_name + 2];
  std::from_chars(stat.data() + behind_name + 4, stat.data() + stat.size(), state.parent);
  return state;
}

/// The last lines of a log, on one.
std::string ending(std::string log) {
  if (log.size() > 500) log.erase(0, log.size() - 500);
  for (char& c : log) c = c == '\n' ? ' ' : c;
  return log;
}

bool succeeds(const std::vector<std::string>& words, const std::string& log) {
  int status = 0;
  ::waitpid(spawn(words, log), &status, 0);
  return status == 0;
}

/// Ends the cluster in $1 when its standard input does or, with $2, when that process has or is told to. One that was
/// killed leaves a segment of shared memory, whose number is in its file. Signals are for the test.
constexpr const char* kWatcher = R"(
trap '' HUP INT QUIT TERM PIPE
if [ "$2" -gt 0 ]; then
  while kill -0 "$2" 2> /dev/null && ! [ -e "$1/stop" ]; do sleep 0.2; done
else
  read -r _
fi
pid_file=$1/data/postmaster.pid
if [ -s "$pid_file" ]; then
  pid=$(sed -n 1p "$pid_file"); segment=$(sed -n 7p "$pid_file")
  case $(cat "/proc/$pid/cmdline" 2> /dev/null | tr '\0' ' ') in
    *"$1/data"*)
      kill -CONT "$pid"; kill -QUIT "$pid"
      for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do [ -s "$pid_file" ] || break; sleep 0.2; done
      kill -KILL "$pid" ;;
  esac
  [ ! -s "$pid_file" ] || ipcrm -m "${segment##* }"
fi
rm -rf "$1" || { sleep 2; rm -rf "$1"; }
)";

}  // namespace

std::string PostgresCluster::url_of(const std::string& socket_directory) {
  return "postgresql://postgres@/postgres?host=" + socket_directory;
}

PostgresCluster::PostgresCluster(const Settings& settings) : settings_(settings), binaries_(find_binaries()) {
  std::string name = (settings.place.empty() ? place() : settings.place) + "/luminate-pg-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw NoPostgres("cannot make " + name);
  directory_ = name;
  try {
    watch(settings.owner);
    make();
    start();
  } catch (...) {
    kill();
    clear();
    ::close(lifeline_);
    throw;
  }
}

PostgresCluster::~PostgresCluster() {
  if (owned_ && maker_ == ::getpid()) {  // A forked child ends nothing.
    kill();
    clear();
  }
  ::close(lifeline_);
}

void PostgresCluster::clear() {
  // A server that was killed leaves a segment of shared memory behind, whose number is in the seventh line.
  std::ifstream file(directory_ + "/data/postmaster.pid");
  std::string line;
  for (int i = 0; i < 7; ++i) std::getline(file, line);
  int segment = -1;
  const auto number = line.find_last_of(' ') + 1;
  std::from_chars(line.data() + number, line.data() + line.size(), segment);
  if (file && segment >= 0) ::shmctl(segment, IPC_RMID, nullptr);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PostgresCluster::make_empty(const std::string& log) const {
  const auto initdb = [&](const std::vector<std::string>& locale) {
    std::vector<std::string> words{binaries_ + "/initdb", "-D", directory_ + "/data", "-U", "postgres"};
    words.insert(words.end(), {"-A", "trust", "-E", "UTF8", "-N", "--no-instructions"});
    words.insert(words.end(), locale.begin(), locale.end());
    return succeeds(words, log);
  };
  // A collation in which a < B, where the server has one (15 and later, with ICU): order must never come from it.
  if (!initdb({"--locale=C", "--locale-provider=icu", "--icu-locale=en-US"}) && !initdb({"--locale=C"})) {
    throw NoPostgres("initdb fails: " + ending(contents(log)));
  }
}

void PostgresCluster::make() {
  give(directory_);
  if (::chmod(directory_.c_str(), 0755) != 0) throw NoPostgres("chmod failed");
  const std::string log = directory_ + "/making.log";
  if (settings_.standby_of.empty()) {
    make_empty(log);
  } else if (!succeeds({binaries_ + "/pg_basebackup", "-D", directory_ + "/data", "-h", settings_.standby_of, "-U",
                        "postgres", "-R", "-X", "stream", "-c", "fast", "-N"},
                       log)) {
    throw NoPostgres("pg_basebackup fails: " + ending(contents(log)));
  }
  std::ofstream configuration(directory_ + "/data/postgresql.conf", std::ios::app);
  configuration << "listen_addresses = ''\nunix_socket_directories = '" << directory_
                << "'\nmax_connections = 100\nshared_buffers = 32MB\nmax_wal_size = 256MB\n"
                << "max_locks_per_transaction = 256\nlogging_collector = off\nlog_checkpoints = off\n"
                // Containers have little in /dev/shm, and what a killed server leaves there would stay.
                << "dynamic_shared_memory_type = mmap\n"
                << "timezone = 'Asia/Kathmandu'\ndatestyle = 'SQL, DMY'\nintervalstyle = 'sql_standard'\n";
  if (!settings_.fsync) configuration << "fsync = off\nfull_page_writes = off\n";
  for (const auto& line : settings_.configuration) configuration << line << '\n';
  if (!configuration.flush()) throw NoPostgres("cannot write postgresql.conf");
}

/// Twice forked, so that nobody who ends this process with its children ends the watcher.
void PostgresCluster::watch(pid_t owner) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw NoPostgres("pipe failed");
  const std::string owner_text = std::to_string(owner);
  std::array<char*, 7> arguments{const_cast<char*>("sh"),
                                 const_cast<char*>("-c"),
                                 const_cast<char*>(kWatcher),
                                 const_cast<char*>("watcher"),
                                 directory_.data(),
                                 const_cast<char*>(owner_text.c_str()),
                                 nullptr};
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    ::dup2(ends[0], STDIN_FILENO);
    const int nothing = ::open("/dev/null", O_WRONLY);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    if (::chdir("/") == 0) ::execv("/bin/sh", arguments.data());
    ::_exit(127);
  }
  ::close(ends[0]);
  lifeline_ = ends[1];
  ::waitpid(child, nullptr, 0);
}

void PostgresCluster::start() {
  postmaster_ = spawn({binaries_ + "/postgres", "-D", directory_ + "/data"}, directory_ + "/log");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping(url().c_str()) != PQPING_OK) {
    if (!running() || std::chrono::steady_clock::now() > give_up) {
      throw NoPostgres("PostgreSQL does not start: " + ending(log()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

bool PostgresCluster::running() {
  if (postmaster_ > 0 && ::waitpid(postmaster_, nullptr, WNOHANG) != 0) postmaster_ = -1;
  return postmaster_ > 0;
}

void PostgresCluster::stop() {
  if (postmaster_ < 0) return;
  ::kill(postmaster_, SIGINT);
  ::waitpid(postmaster_, nullptr, 0);
  postmaster_ = -1;
}

/// The postmaster and its children, each of which has a session of its own.
std::vector<pid_t> PostgresCluster::processes() const {
  std::vector<pid_t> all{postmaster_};
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t process = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), process).ptr != name.data() + name.size()) continue;
    if (state_of(process).parent == postmaster_) all.push_back(process);
  }
  return all;
}

void PostgresCluster::freeze() {
  ::kill(postmaster_, SIGSTOP);  // First, so that it makes no more.
  for (const pid_t process : processes()) ::kill(process, SIGSTOP);
}

void PostgresCluster::thaw() {
  for (const pid_t process : processes()) ::kill(process, SIGCONT);
}

void PostgresCluster::kill() {
  if (postmaster_ < 0) return;
  freeze();
  const auto all = processes();
  for (const pid_t process : all) ::kill(process, SIGKILL);
  ::waitpid(postmaster_, nullptr, 0);
  // No server starts while a process has the shared memory of the old one.
  for (const pid_t process : all) {
    while (state_of(process).letter != 'Z') std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  postmaster_ = -1;
}

void PostgresCluster::give(const std::string& directory) {
  const auto user = other_user();
  if (user && ::chown(directory.c_str(), user->pw_uid, user->pw_gid) != 0) throw NoPostgres("chown failed");
}

std::string PostgresCluster::log() const {
  return contents(directory_ + "/log");
}

}  // namespace luminate::test
