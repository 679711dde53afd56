#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace luminate::server::http {

enum class ContentEncoding { identity, gzip, zstd };

/// What a Content-Encoding header names; nothing for what we do not speak, and for lists.
std::optional<ContentEncoding> parse_content_encoding(std::string_view header);

/// The name to answer with.
std::string_view content_encoding_name(ContentEncoding encoding);

/// The best of what an Accept-Encoding header allows, by its q-values; among equals zstd, then gzip.
ContentEncoding choose_content_encoding(std::string_view accept_encoding);

enum class DecodeStatus {
  done,
  too_large,  ///< More than `max_size` bytes would come out; no more than that was ever held.
  malformed,  ///< Not this format, cut short, or followed by something else.
};

/// Decompresses all of `in` into `out`, which it replaces.
DecodeStatus decode_content(ContentEncoding encoding, std::string_view in, std::size_t max_size, std::string& out);

/// @returns `in` compressed. @throws std::bad_alloc
std::string encode_content(ContentEncoding encoding, std::string_view in);

}  // namespace luminate::server::http
