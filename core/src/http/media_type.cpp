#include <ropeway/media_type.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "core/src/http/mime_types_file.hpp"

namespace ropeway {
namespace {

struct Entry {
  std::string_view extension;
  std::string_view type;
};

// Types as registered with IANA where they are; text/javascript by RFC 9239. XML and SVG name their encoding themselves.
constexpr Entry entries[] = {
    // pages and what they are made of
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"shtml", "text/html; charset=utf-8"},
    {"xhtml", "application/xhtml+xml"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"cjs", "text/javascript; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"json5", "application/json5"},
    {"jsonld", "application/ld+json"},
    {"geojson", "application/geo+json"},
    {"ndjson", "application/x-ndjson"},
    {"jsonl", "application/x-ndjson"},
    {"webmanifest", "application/manifest+json"},
    {"har", "application/json"},
    {"xml", "application/xml"},
    {"xsl", "application/xslt+xml"},
    {"xslt", "application/xslt+xml"},
    {"xsd", "application/xml"},
    {"dtd", "application/xml-dtd"},
    {"rss", "application/rss+xml"},
    {"atom", "application/atom+xml"},
    {"rdf", "application/rdf+xml"},
    {"gpx", "application/gpx+xml"},
    {"kml", "application/vnd.google-earth.kml+xml"},
    {"kmz", "application/vnd.google-earth.kmz"},
    {"mathml", "application/mathml+xml"},
    {"mml", "text/mathml; charset=utf-8"},
    {"appcache", "text/cache-manifest; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"srt", "application/x-subrip"},
    // text
    {"txt", "text/plain; charset=utf-8"},
    {"text", "text/plain; charset=utf-8"},
    {"log", "text/plain; charset=utf-8"},
    {"ini", "text/plain; charset=utf-8"},
    {"conf", "text/plain; charset=utf-8"},
    {"cfg", "text/plain; charset=utf-8"},
    {"diff", "text/x-diff; charset=utf-8"},
    {"patch", "text/x-diff; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"markdown", "text/markdown; charset=utf-8"},
    {"rst", "text/x-rst; charset=utf-8"},
    {"adoc", "text/asciidoc; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"tsv", "text/tab-separated-values; charset=utf-8"},
    {"ics", "text/calendar; charset=utf-8"},
    {"vcf", "text/vcard; charset=utf-8"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"toml", "application/toml"},
    {"tex", "text/x-tex; charset=utf-8"},
    {"rtx", "text/richtext; charset=utf-8"},
    // source code, to be looked at
    {"c", "text/x-c; charset=utf-8"},
    {"h", "text/x-c; charset=utf-8"},
    {"cc", "text/x-c++; charset=utf-8"},
    {"cpp", "text/x-c++; charset=utf-8"},
    {"cxx", "text/x-c++; charset=utf-8"},
    {"hpp", "text/x-c++; charset=utf-8"},
    {"go", "text/x-go; charset=utf-8"},
    {"rs", "text/x-rust; charset=utf-8"},
    {"py", "text/x-python; charset=utf-8"},
    {"rb", "text/x-ruby; charset=utf-8"},
    {"pl", "text/x-perl; charset=utf-8"},
    {"lua", "text/x-lua; charset=utf-8"},
    {"java", "text/x-java; charset=utf-8"},
    {"kt", "text/x-kotlin; charset=utf-8"},
    {"swift", "text/x-swift; charset=utf-8"},
    {"tsx", "text/typescript; charset=utf-8"},
    {"jsx", "text/javascript; charset=utf-8"},
    {"sh", "text/x-shellscript; charset=utf-8"},
    {"sql", "application/sql"},
    {"proto", "text/plain; charset=utf-8"},
    {"cmake", "text/x-cmake; charset=utf-8"},
    {"graphql", "application/graphql"},
    // pictures
    {"png", "image/png"},
    {"apng", "image/apng"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jfif", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"jxl", "image/jxl"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"svg", "image/svg+xml"},
    {"ico", "image/vnd.microsoft.icon"},
    {"cur", "image/vnd.microsoft.icon"},
    {"bmp", "image/bmp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"jp2", "image/jp2"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"djvu", "image/vnd.djvu"},
    {"ktx2", "image/ktx2"},
    {"dds", "image/vnd.ms-dds"},
    {"exr", "image/x-exr"},
    {"pbm", "image/x-portable-bitmap"},
    {"pgm", "image/x-portable-graymap"},
    {"ppm", "image/x-portable-pixmap"},
    // sound
    {"mp3", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"m4b", "audio/mp4"},
    {"aac", "audio/aac"},
    {"ogg", "audio/ogg"},
    {"oga", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"flac", "audio/flac"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"mid", "audio/midi"},
    {"midi", "audio/midi"},
    {"aif", "audio/aiff"},
    {"aiff", "audio/aiff"},
    {"mka", "audio/matroska"},
    {"m3u", "audio/mpegurl"},
    // moving pictures
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"webm", "video/webm"},
    {"ogv", "video/ogg"},
    {"mov", "video/quicktime"},
    {"qt", "video/quicktime"},
    {"mpg", "video/mpeg"},
    {"mpeg", "video/mpeg"},
    {"avi", "video/x-msvideo"},
    {"mkv", "video/matroska"},
    {"wmv", "video/x-ms-wmv"},
    {"flv", "video/x-flv"},
    {"3gp", "video/3gpp"},
    {"3g2", "video/3gpp2"},
    {"ts", "video/mp2t"},
    {"m2ts", "video/mp2t"},
    {"m4s", "video/iso.segment"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"mpd", "application/dash+xml"},
    // fonts and models
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"ttc", "font/collection"},
    {"eot", "application/vnd.ms-fontobject"},
    {"gltf", "model/gltf+json"},
    {"glb", "model/gltf-binary"},
    {"obj", "model/obj"},
    {"mtl", "model/mtl"},
    {"stl", "model/stl"},
    {"usdz", "model/vnd.usdz+zip"},
    // documents
    {"pdf", "application/pdf"},
    {"ps", "application/postscript"},
    {"eps", "application/postscript"},
    {"rtf", "application/rtf"},
    {"epub", "application/epub+zip"},
    {"mobi", "application/x-mobipocket-ebook"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"odg", "application/vnd.oasis.opendocument.graphics"},
    {"eml", "message/rfc822"},
    // archives and packages
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"br", "application/x-brotli"},
    {"zst", "application/zstd"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"lz4", "application/x-lz4"},
    {"7z", "application/x-7z-compressed"},
    {"rar", "application/vnd.rar"},
    {"tar", "application/x-tar"},
    {"jar", "application/java-archive"},
    {"deb", "application/vnd.debian.binary-package"},
    {"rpm", "application/x-rpm"},
    {"apk", "application/vnd.android.package-archive"},
    {"iso", "application/x-iso9660-image"},
    {"dmg", "application/x-apple-diskimage"},
    {"torrent", "application/x-bittorrent"},
    {"crx", "application/x-chrome-extension"},
    {"xpi", "application/x-xpinstall"},
    // data
    {"bin", "application/octet-stream"},
    {"exe", "application/vnd.microsoft.portable-executable"},
    {"sqlite", "application/vnd.sqlite3"},
    {"parquet", "application/vnd.apache.parquet"},
    {"cbor", "application/cbor"},
    {"pem", "application/x-pem-file"},
    {"crt", "application/x-x509-ca-cert"},
    {"der", "application/x-x509-ca-cert"},
    {"p12", "application/x-pkcs12"},
    {"asc", "application/pgp-signature"},
    {"sig", "application/pgp-signature"},
};

constexpr bool by_extension(const Entry& left, const Entry& right) noexcept { return left.extension < right.extension; }

constexpr auto table = [] {
  auto sorted = std::to_array(entries);
  std::sort(sorted.begin(), sorted.end(), by_extension);
  return sorted;
}();
static_assert(std::adjacent_find(table.begin(), table.end(),
                                 [](const Entry& left, const Entry& right) { return left.extension == right.extension; }) == table.end(),
              "an extension stands in the table once");

constexpr std::string_view unknown_type = "application/octet-stream";
constexpr std::size_t longest_extension = 32;  // longer ones are taken for unknown

// Read when an extension is asked for that the embedded table does not know, and then kept.
const http::MediaTypes& system_types() {
  static const http::MediaTypes types = [] {
    struct Close {
      void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    std::string text;
    if (const std::unique_ptr<std::FILE, Close> file(std::fopen("/etc/mime.types", "re")); file != nullptr) {
      char piece[4096];
      while (const std::size_t size = std::fread(piece, 1, sizeof piece, file.get())) text.append(piece, size);
    }
    return http::parse_mime_types(text);
  }();
  return types;
}

}  // namespace

std::string_view media_type_for(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return unknown_type;  // ".profile" is a name, not an extension
  const std::string_view extension = name.substr(dot + 1);
  if (extension.empty() || extension.size() > longest_extension) return unknown_type;

  std::array<char, longest_extension> buffer;
  std::transform(extension.begin(), extension.end(), buffer.begin(),
                 [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte; });
  const std::string_view folded(buffer.data(), extension.size());
  const auto found = std::lower_bound(table.begin(), table.end(), Entry{folded, {}}, by_extension);
  if (found != table.end() && found->extension == folded) return found->type;
  const http::MediaTypes& more = system_types();
  const auto added = more.find(folded);
  return added == more.end() ? unknown_type : std::string_view(added->second);
}

}  // namespace ropeway
