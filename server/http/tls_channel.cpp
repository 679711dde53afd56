#include "server/http/tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <new>

namespace luminate::server::http {
namespace {

/// The type of every record that can begin a handshake; no HTTP request begins with it.
constexpr char kHandshakeRecord = 0x16;
/// Of alerts that the other side sent, in what OpenSSL numbers as reasons.
constexpr int kFirstAlertReason = SSL_AD_REASON_OFFSET;

/// Why a handshake failed. Made of constants only: what a client sent is not in it.
std::string reason_for_failure(const SSL* session) {
  const unsigned long error = ERR_peek_error();
  if (error == 0 || ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return "the client left";
  const char* text = ERR_reason_error_string(error);
  const std::string reason = text == nullptr ? "no reason is known" : text;
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= kFirstAlertReason) {
    return "the client gave up: " + reason;
  }
  const long verdict = SSL_get_verify_result(session);
  return verdict == X509_V_OK ? reason : reason + ": " + X509_verify_cert_error_string(verdict);
}

}  // namespace

void TlsChannel::Free::operator()(ssl_st* session) const {
  SSL_free(session);
}

TlsChannel::TlsChannel(std::shared_ptr<const TlsContext> context, std::unique_ptr<TcpChannel> under)
    : context_(std::move(context)), under_(std::move(under)) {}

TlsChannel::~TlsChannel() = default;

void TlsChannel::begin() {
  session_.reset(SSL_new(context_->native()));
  BIO* transport = BIO_new(context_->transport());
  if (!session_ || transport == nullptr) {
    BIO_free(transport);
    throw std::bad_alloc();
  }
  BIO_set_data(transport, under_.get());
  BIO_set_init(transport, 1);
  SSL_set_bio(session_.get(), transport, transport);
  SSL_set_accept_state(session_.get());
  state_ = State::handshaking;
}

Channel::Status TlsChannel::open() {
  if (state_ == State::silent) {
    char first = 0;
    if (const Status status = under_->peek(first).status; status != Status::done) return status;
    if (first != kHandshakeRecord) {
      state_ = State::clear;
      return Status::foreign;
    }
    begin();
  }
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) {
    state_ = State::open;
    return Status::done;
  }
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Status::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Status::want_write;
    default:
      failure_ = reason_for_failure(session_.get());
      ERR_clear_error();
      // An alert says why; what the client sends on is none of TLS's business any more.
      session_.reset();
      state_ = State::clear;
      return Status::closed;
  }
}

std::string_view TlsChannel::open_failure() const {
  return state_ == State::handshaking ? std::string_view("it took too long") : std::string_view(failure_);
}

Channel::Transfer TlsChannel::outcome(int result, std::size_t bytes) {
  if (result == 1) return {Status::done, bytes};
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Status::want_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Status::want_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Status::closed, 0};
    default:
      ERR_clear_error();
      state_ = State::broken;
      return {Status::closed, 0};
  }
}

Channel::Transfer TlsChannel::receive(char* to, std::size_t size) {
  if (state_ == State::clear) return under_->receive(to, size);
  if (state_ != State::open) return {Status::closed, 0};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(session_.get(), to, size, &bytes);
  return outcome(result, bytes);
}

bool TlsChannel::has_pending() const {
  return state_ == State::open && SSL_pending(session_.get()) > 0;
}

Channel::Transfer TlsChannel::send(const char* from, std::size_t size) {
  if (state_ == State::clear) return under_->send(from, size);
  if (state_ != State::open) return {Status::closed, 0};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_write_ex(session_.get(), from, size, &bytes);
  return outcome(result, bytes);
}

Channel::Status TlsChannel::finish_sending() {
  if (state_ == State::open) {
    ERR_clear_error();
    const int result = SSL_shutdown(session_.get());
    if (result < 0 && outcome(result, 0).status == Status::want_write) return Status::want_write;
    ERR_clear_error();
  }
  return under_->finish_sending();
}

void TlsChannel::reset() {
  if (state_ == State::open) state_ = State::broken;
  under_->reset();
}

void TlsChannel::turn_away(TcpChannel& channel) {
  // A record with an alert: fatal, internal_error, which RFC 8446 has for what is no fault of the client.
  static constexpr char kAlert[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50};
  channel.send(kAlert, sizeof kAlert);
}

}  // namespace luminate::server::http
