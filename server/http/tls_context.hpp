#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct bio_method_st;
struct ssl_ctx_st;

namespace luminate::server::http {

/// Certificates and keys, as PEM text.
struct TlsMaterial {
  std::string certificates;             ///< The server's own first, then those that lead from it to a root.
  std::string key;                      ///< The private key of the first certificate, without a passphrase.
  std::string client_authorities = {};  ///< Empty: clients need no certificate.
};

/// What is wrong with which part of it: "is encrypted; ...", to follow the name of a file. Shows nothing of a key.
class TlsError : public std::runtime_error {
 public:
  enum class Part { certificates, key, client_authorities };

  TlsError(Part part, const std::string& what) : std::runtime_error(what), part_(part) {}
  Part part() const { return part_; }

 private:
  Part part_;
};

/// What the operator should know of one part of the material, though it can be used: "has expired on ...".
struct TlsWarning {
  TlsError::Part part;
  std::string what;
};

/// What a server proves itself with, and how it speaks: TLS 1.3, or 1.2 with ECDHE and AEAD ciphers. No renegotiation,
/// no compression, no early data. No resumption either: there is no key for tickets that would open recorded
/// connections if it leaked, and a client's certificate is looked at each time; clients keep their connections instead.
/// Connections share it, each for as long as it lives, so that another can take its place for new ones. Immutable; any
/// thread may use it.
class TlsContext {
 public:
  /// @throws TlsError
  explicit TlsContext(const TlsMaterial& material);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// True when only clients with a certificate are served.
  bool demands_certificates() const { return demands_certificates_; }
  /// When the first certificate ends.
  std::chrono::sys_seconds valid_until() const { return valid_until_; }
  /// As of when this was made.
  const std::vector<TlsWarning>& warnings() const { return warnings_; }
  /// By which name a client can ask for the server: `host`, where the certificate is for it, or else another one that
  /// it is for; empty where there is none.
  std::string name_for(const std::string& host) const;
  /// True when programs of this machine trust the certificate without being told to.
  bool is_trusted_here() const;

  ssl_ctx_st* native() const { return context_.get(); }
  /// How TLS reads and writes a TcpChannel, which is the data of the BIO.
  const bio_method_st* transport() const { return transport_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
    void operator()(bio_method_st* method) const;
  };

  void use_certificates(const std::string& pem);
  void use_key(const std::string& pem);
  void demand_certificates(const std::string& authorities);

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<bio_method_st, Free> transport_;
  std::chrono::sys_seconds valid_until_{};
  std::vector<TlsWarning> warnings_;
  bool demands_certificates_ = false;
};

}  // namespace luminate::server::http
