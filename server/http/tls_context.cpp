#include "server/http/tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <new>
#include <string_view>
#include <utility>

#include "server/http/tcp_channel.hpp"

namespace luminate::server::http {
namespace {

using Part = TlsError::Part;
using BioPointer = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using CertificatePointer = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

constexpr char kAlpn[] = "http/1.1";
/// Those who renew certificates by themselves have done so weeks before.
constexpr auto kSoon = std::chrono::days(7);

/// The reason for the last failure on this thread, which is forgotten.
std::string take_reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text == nullptr ? "no reason is known" : text;
}

int write_to_channel(BIO* bio, const char* from, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const auto [status, bytes] = static_cast<TcpChannel*>(BIO_get_data(bio))->send(from, size);
  *written = bytes;
  if (status == Channel::Status::want_write) BIO_set_retry_write(bio);
  return status == Channel::Status::done ? 1 : 0;
}

int read_from_channel(BIO* bio, char* to, std::size_t size, std::size_t* received) {
  BIO_clear_retry_flags(bio);
  const auto [status, bytes] = static_cast<TcpChannel*>(BIO_get_data(bio))->receive(to, size);
  *received = bytes;
  if (status == Channel::Status::want_read) BIO_set_retry_read(bio);
  return status == Channel::Status::done ? 1 : 0;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// Instead of OpenSSL's own, which asks at the terminal. Notes that it was asked.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

/// A client that offers protocols, and HTTP/1.1 not among them, would not understand the answers.
int select_protocol(SSL*, const unsigned char** selected, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  const std::string_view own(kAlpn);
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
    if (name != own) continue;
    *selected = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

BioPointer open(const std::string& pem) {
  BioPointer input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all);
  if (!input) throw std::bad_alloc();
  return input;
}

std::vector<CertificatePointer> read_certificates(const std::string& pem, Part part) {
  std::vector<CertificatePointer> certificates;
  const BioPointer input = open(pem);
  for (;;) {
    bool asked = false;
    CertificatePointer certificate(PEM_read_bio_X509(input.get(), nullptr, no_passphrase, &asked), X509_free);
    if (!certificate) break;
    certificates.push_back(std::move(certificate));
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = take_reason();
  if (!ended) {
    throw TlsError(part,
                   "holds a damaged certificate, number " + std::to_string(certificates.size() + 1) + ": " + reason);
  }
  if (certificates.empty()) {
    throw TlsError(part, "holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
  }
  return certificates;
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

/// "2027-03-01 12:00:00 UTC"
std::string date_text(std::chrono::sys_seconds time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts));
  return text;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

void TlsContext::Free::operator()(bio_method_st* method) const {
  BIO_meth_free(method);
}

TlsContext::TlsContext(const TlsMaterial& material)
    : context_(SSL_CTX_new(TLS_server_method())), transport_(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "channel")) {
  if (!context_ || !transport_) throw std::bad_alloc();
  BIO_meth_set_write_ex(transport_.get(), write_to_channel);
  BIO_meth_set_read_ex(transport_.get(), read_from_channel);
  BIO_meth_set_ctrl(transport_.get(), control);

  SSL_CTX* context = context_.get();
  // Nothing is left to the machine's openssl.cnf, which may be laxer.
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, 0);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  // An idle connection keeps no buffers; an answer goes out as far as the socket takes it.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Whoever sends nothing but records without data must come back to where deadlines are looked at.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);

  use_certificates(material.certificates);
  use_key(material.key);
  if (!material.client_authorities.empty()) demand_certificates(material.client_authorities);
}

TlsContext::~TlsContext() = default;

void TlsContext::use_certificates(const std::string& pem) {
  const std::vector<CertificatePointer> chain = read_certificates(pem, Part::certificates);
  X509* own = chain.front().get();
  const auto warn = [this](std::string what) { warnings_.push_back({Part::certificates, std::move(what)}); };
  if (SSL_CTX_use_certificate(context_.get(), own) != 1) {
    throw TlsError(Part::certificates, "cannot be used: " + take_reason());
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context_.get(), chain[i].get()) != 1) {
      throw TlsError(Part::certificates,
                     "holds a certificate that cannot be used, number " + std::to_string(i + 1) + ": " + take_reason());
    }
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) != X509_V_OK) {
      warn("holds certificate " + std::to_string(i + 1) +
           ", which is not that of the issuer of the one before it: clients may not find the way to a root");
    }
  }
  ERR_clear_error();
  valid_until_ = time_of(X509_get0_notAfter(own));
  const auto now = std::chrono::system_clock::now();
  if (const auto begin = time_of(X509_get0_notBefore(own)); begin > now) {
    warn("is not valid before " + date_text(begin) + ": clients will refuse it");
  }
  if (valid_until_ <= now) {
    warn("has expired on " + date_text(valid_until_) + ": clients will refuse it; renew it, and reload");
  } else if (valid_until_ - now < kSoon) {
    warn("expires on " + date_text(valid_until_) + ": renew it, and reload");
  }
}

void TlsContext::use_key(const std::string& pem) {
  bool asked = false;
  const BioPointer input = open(pem);
  const KeyPointer key(PEM_read_bio_PrivateKey(input.get(), nullptr, no_passphrase, &asked), EVP_PKEY_free);
  ERR_clear_error();
  if (asked) {
    throw TlsError(Part::key,
                   "is encrypted, and nobody is there to type a passphrase; openssl pkey -in FILE -out NEW "
                   "decrypts it");
  }
  if (!key) {
    throw TlsError(Part::key,
                   "holds no private key that can be read; in PEM it begins with -----BEGIN PRIVATE KEY-----");
  }
  if (X509_check_private_key(SSL_CTX_get0_certificate(context_.get()), key.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) {
    ERR_clear_error();
    throw TlsError(Part::key, "is not the key of the certificate, which must be the first where there are several");
  }
}

void TlsContext::demand_certificates(const std::string& authorities) {
  SSL_CTX* context = context_.get();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CertificatePointer& authority : read_certificates(authorities, Part::client_authorities)) {
    if (X509_check_ca(authority.get()) == 0) {
      throw TlsError(Part::client_authorities, "holds a certificate that is none of an authority (CA:TRUE)");
    }
    // The names tell clients which of their certificates will do.
    if (X509_STORE_add_cert(store, authority.get()) != 1 || SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      throw TlsError(Part::client_authorities, "holds a certificate that cannot be used: " + take_reason());
    }
    if (const auto end = time_of(X509_get0_notAfter(authority.get())); end <= std::chrono::system_clock::now()) {
      warnings_.push_back({Part::client_authorities, "holds a certificate that has expired on " + date_text(end) +
                                                         ": clients that have theirs by it are refused"});
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  demands_certificates_ = true;
}

std::string TlsContext::name_for(const std::string& host) const {
  X509* own = SSL_CTX_get0_certificate(context_.get());
  if (X509_check_ip_asc(own, host.c_str(), 0) == 1 || X509_check_host(own, host.data(), host.size(), 0, nullptr) == 1) {
    return host;
  }
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(own, NID_subject_alt_name, nullptr, nullptr)), GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    // Shown to be pasted into a shell: nothing but what a host name has. A pattern is no name.
    const bool plain =
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == std::string::npos;
    if (plain && !text.empty()) return text;
  }
  return {};
}

bool TlsContext::is_trusted_here() const {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              X509_STORE_CTX_free);
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context_.get(), &chain);
  const bool trusted =
      store && check && X509_STORE_set_default_paths(store.get()) == 1 &&
      X509_STORE_CTX_init(check.get(), store.get(), SSL_CTX_get0_certificate(context_.get()), chain) == 1 &&
      X509_verify_cert(check.get()) == 1;
  ERR_clear_error();
  return trusted;
}

}  // namespace luminate::server::http
