#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace luminate::test {

/// What a TLS client is like.
struct TlsClientShape {
  int min_version = 0;  ///< 0: what OpenSSL offers.
  int max_version = 0;
  std::string ciphers = {};    ///< Of TLS 1.2; empty: what OpenSSL offers.
  std::string protocols = {};  ///< ALPN, such as "\x08http/1.1".
  std::string authority = {};  ///< PEM: trusts what it signed; empty: anything.
  std::string certificate = {};
  std::string key = {};
};

/// The client's side of TLS over a socket that somebody else owns. Blocking is up to whoever gives `wait`.
class TlsClient {
 public:
  TlsClient(int socket, const TlsClientShape& shape = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// Shakes hands, waiting no longer than `patience_ms` for any byte. @returns false when there is no connection then.
  bool shake_hands(int patience_ms);
  /// The first flight of a handshake, not sent.
  std::string hello();

  /// At most one record. @returns how many bytes of it were taken, 0 where the socket takes none now, or -1.
  ssize_t send(std::string_view bytes, bool wait);
  /// @returns how many bytes came, 0 at the end of the connection, or -1; -2 where none is there, and `wait` is false.
  ssize_t receive(char* to, std::size_t size, bool wait);
  bool has_pending() const;
  void close_notify();
  /// True when the server has said that this was all.
  bool was_ended_properly() const;
  /// Asks the server for new keys `times` times. @returns false when it does not listen any more.
  bool update_keys(int times);
  /// Tries to negotiate anew, which is of TLS 1.2. @returns false when the server does not.
  bool renegotiate(int patience_ms);
  bool is_resumable() const;
  int version() const;
  std::string protocol() const;
  /// OpenSSL's words for what went wrong last: an alert of the server, for one.
  const std::string& failure() const { return failure_; }

 private:
  bool flush(bool wait);
  /// Takes ciphertext from the socket. @returns as receive().
  ssize_t take(bool wait);

  const int socket_;
  std::string wire_;  // Encrypted, and not sent yet.
  std::string failure_;
  std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> session_;
};

}  // namespace luminate::test
