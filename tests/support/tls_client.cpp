#include "support/tls_client.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace luminate::test {
namespace {

constexpr std::size_t kRecord = 16 * 1024;

X509* read_certificate(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return certificate;
}

}  // namespace

TlsClient::TlsClient(int socket, const TlsClientShape& shape)
    : socket_(socket), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), session_(nullptr, SSL_free) {
  SSL_CTX* context = context_.get();
  // As willing as it can be, so that it is the server who refuses.
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, shape.min_version == 0 ? TLS1_VERSION : shape.min_version);
  SSL_CTX_set_max_proto_version(context, shape.max_version);
  SSL_CTX_set_cipher_list(context, shape.ciphers.empty() ? "ALL:@SECLEVEL=0" : shape.ciphers.c_str());
  if (!shape.protocols.empty()) {
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(shape.protocols.data()),
                            static_cast<unsigned>(shape.protocols.size()));
  }
  if (!shape.authority.empty()) {
    X509* authority = read_certificate(shape.authority);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    X509_free(authority);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!shape.certificate.empty()) {
    X509* certificate = read_certificate(shape.certificate);
    SSL_CTX_use_certificate(context, certificate);
    X509_free(certificate);
    BIO* bio = BIO_new_mem_buf(shape.key.data(), static_cast<int>(shape.key.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(context, key);
    EVP_PKEY_free(key);
    BIO_free(bio);
  }
  session_.reset(SSL_new(context));
  SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(session_.get());
  SSL_set_tlsext_host_name(session_.get(), "localhost");
}

TlsClient::~TlsClient() = default;

bool TlsClient::flush(bool wait) {
  std::array<char, kRecord> buffer{};
  for (int count = 0; (count = BIO_read(SSL_get_wbio(session_.get()), buffer.data(), buffer.size())) > 0;) {
    wire_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  while (!wire_.empty()) {
    const ssize_t sent = ::send(socket_, wire_.data(), wire_.size(), MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    if (sent < 0 && errno == EAGAIN && !wait) return true;
    if (sent <= 0) return false;
    wire_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

ssize_t TlsClient::take(bool wait) {
  std::array<char, kRecord> buffer{};
  const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), wait ? 0 : MSG_DONTWAIT);
  if (count > 0) BIO_write(SSL_get_rbio(session_.get()), buffer.data(), static_cast<int>(count));
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return -2;
  return count;
}

bool TlsClient::shake_hands(int patience_ms) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_.get());
    if (result != 1 && SSL_get_error(session_.get(), result) == SSL_ERROR_SSL) {
      failure_ = ERR_reason_error_string(ERR_peek_error());
      flush(true);
      return false;
    }
    if (!flush(true)) return false;
    if (result == 1) return true;
    pollfd polled{socket_, POLLIN, 0};
    if (::poll(&polled, 1, patience_ms) <= 0 || take(true) <= 0) return false;
  }
}

std::string TlsClient::hello() {
  SSL_do_handshake(session_.get());
  std::string bytes(kRecord, '\0');
  bytes.resize(static_cast<std::size_t>(
      std::max(0, BIO_read(SSL_get_wbio(session_.get()), bytes.data(), static_cast<int>(bytes.size())))));
  return bytes;
}

ssize_t TlsClient::send(std::string_view bytes, bool wait) {
  if (!flush(wait)) return -1;
  if (!wire_.empty()) return 0;
  ERR_clear_error();
  const std::size_t size = std::min(bytes.size(), kRecord);
  if (SSL_write(session_.get(), bytes.data(), static_cast<int>(size)) <= 0) return -1;
  return flush(wait) ? static_cast<ssize_t>(size) : -1;
}

ssize_t TlsClient::receive(char* to, std::size_t size, bool wait) {
  for (;;) {
    ERR_clear_error();
    const int count = SSL_read(session_.get(), to, static_cast<int>(size));
    if (count > 0) return count;
    const int error = SSL_get_error(session_.get(), count);
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    if (error != SSL_ERROR_WANT_READ) {
      const char* reason = ERR_reason_error_string(ERR_peek_error());
      failure_ = reason == nullptr ? "" : reason;
      return -1;
    }
    if (!flush(true)) return -1;
    if (const ssize_t taken = take(wait); taken <= 0) return taken;
  }
}

bool TlsClient::has_pending() const {
  return SSL_pending(session_.get()) > 0 || BIO_pending(SSL_get_rbio(session_.get())) > 0;
}

void TlsClient::close_notify() {
  SSL_shutdown(session_.get());
  flush(true);
}

bool TlsClient::was_ended_properly() const {
  return (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TlsClient::update_keys(int times) {
  for (int i = 0; i < times; ++i) {
    if (SSL_key_update(session_.get(), SSL_KEY_UPDATE_REQUESTED) != 1) return false;
    SSL_do_handshake(session_.get());
  }
  while (take(false) > 0) {
  }
  char nothing = 0;
  SSL_read(session_.get(), &nothing, 0);
  return flush(true);
}

bool TlsClient::renegotiate(int patience_ms) {
  return SSL_renegotiate(session_.get()) == 1 && shake_hands(patience_ms) &&
         SSL_renegotiate_pending(session_.get()) == 0;
}

bool TlsClient::is_resumable() const {
  return SSL_SESSION_is_resumable(SSL_get0_session(session_.get())) == 1;
}

int TlsClient::version() const {
  return SSL_version(session_.get());
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace luminate::test
