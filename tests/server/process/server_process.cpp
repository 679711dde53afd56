#include "server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

namespace luminate::server {

namespace {

constexpr int kFirstSocket = 3;  // SD_LISTEN_FDS_START

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  std::vector<std::string> words{LUMINATE_SERVER};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = surroundings.environment;
  if (!surroundings.sockets.empty()) {
    // The process itself has to be named, and a shell that becomes the server is the same process.
    words.insert(words.begin(), {"/bin/sh", "-c", "LISTEN_PID=$$ exec \"$@\"", "sh"});
    environment.push_back("LISTEN_FDS=" + std::to_string(surroundings.sockets.size()));
  }
  std::vector<char*> argv = pointers(words);
  std::vector<char*> variables = pointers(environment);
  variables.pop_back();
  for (char** inherited = environ; *inherited != nullptr; ++inherited) variables.push_back(*inherited);
  variables.push_back(nullptr);

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  // Copied out of the way first: one of them may be where another has to go.
  std::vector<int> copies;
  for (const int socket : surroundings.sockets) copies.push_back(::fcntl(socket, F_DUPFD_CLOEXEC, 100));
  for (std::size_t i = 0; i < copies.size(); ++i) {
    ::posix_spawn_file_actions_adddup2(&actions, copies[i], kFirstSocket + static_cast<int>(i));
  }
  if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), variables.data()) != 0) pid_ = -1;
  for (const int copy : copies) ::close(copy);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  pipe_ = ends[0];
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(pipe_);
}

bool ServerProcess::read_more() {
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(pipe_, buffer.data(), buffer.size());
  if (count > 0) output_.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

bool ServerProcess::wait_for_output(const std::string& text) {
  constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(1);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (output_.find(text) == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd pipe{pipe_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&pipe, 1, static_cast<int>(left.count())) <= 0 || !read_more()) return false;
  }
  return true;
}

void ServerProcess::hear() {
  for (pollfd pipe{pipe_, POLLIN, 0}; ::poll(&pipe, 1, 0) > 0 && read_more();) {
  }
}

std::uint16_t ServerProcess::wait_for_port() {
  const std::string mark = "\"port\":";
  if (!wait_for_output("\"message\":\"listening\"") || !wait_for_output(mark) || !wait_for_output("\"version\""))
    return 0;
  return static_cast<std::uint16_t>(std::atoi(output_.c_str() + output_.find(mark) + mark.size()));
}

void ServerProcess::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int ServerProcess::wait_for_end() {
  while (read_more()) {
  }
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, 0) != pid_) return -1000;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Connection::Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

void Connection::send(const std::string& bytes) const {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

std::string Connection::read_until(const std::string& end) const {
  std::string text;
  for (char byte = 0; !text.ends_with(end) && ::recv(socket_, &byte, 1, 0) == 1;) text += byte;
  return text;
}

std::string Connection::read_all() const {
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::recv(socket_, buffer.data(), buffer.size(), 0)) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return answer;
}

std::string post_request(const std::string& path, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string send_alone(std::uint16_t port, const std::string& request) {
  const Connection connection(port);
  connection.send(request);
  return connection.read_all();
}

}  // namespace luminate::server
