#pragma once

#include <memory>
#include <string>

#include "server/http/channel.hpp"
#include "server/http/tcp_channel.hpp"
#include "server/http/tls_context.hpp"

struct ssl_st;

namespace luminate::server::http {

/// The server's side of TLS over an accepted socket. A client that does not begin with TLS is `foreign`: it can be
/// answered in the clear that it should.
class TlsChannel final : public Channel {
 public:
  TlsChannel(std::shared_ptr<const TlsContext> context, std::unique_ptr<TcpChannel> under);
  ~TlsChannel() override;
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  Status open() override;
  std::string_view open_failure() const override;
  bool encrypted() const override { return state_ == State::open; }
  Transfer receive(char* to, std::size_t size) override;
  bool has_pending() const override;
  Transfer send(const char* from, std::size_t size) override;
  /// Sends close_notify, without which a client must take what it got for cut off.
  Status finish_sending() override;
  void reset() override;
  int descriptor() const override { return under_->descriptor(); }

  /// Tells a client in the clear, where no time is to be spent on it, that it will not be served: an alert.
  static void turn_away(TcpChannel& channel);

 private:
  enum class State {
    silent,  ///< Nothing has come yet.
    handshaking,
    open,
    broken,  ///< Open before; TLS cannot go on.
    clear,   ///< Never was TLS, or never became: bytes are passed through.
  };

  void begin();
  Transfer outcome(int result, std::size_t bytes);

  const std::shared_ptr<const TlsContext> context_;
  const std::unique_ptr<TcpChannel> under_;
  struct Free {
    void operator()(ssl_st* session) const;
  };
  std::unique_ptr<ssl_st, Free> session_;  // None while the client is silent.
  State state_ = State::silent;
  std::string failure_;
};

}  // namespace luminate::server::http
