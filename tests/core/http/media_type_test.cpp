#include <doctest/doctest.h>

#include <string>

#include <ropeway/media_type.hpp>

namespace ropeway {

TEST_CASE("common extensions have their media type, without regard to case") {
  struct Row {
    const char* path;
    const char* type;
  };
  for (const Row& row : {Row{"index.html", "text/html; charset=utf-8"},
                         {"/a/b.css", "text/css; charset=utf-8"},
                         {"a.js", "text/javascript; charset=utf-8"},
                         {"a.mjs", "text/javascript; charset=utf-8"},
                         {"a.json", "application/json"},
                         {"A.WASM", "application/wasm"},
                         {"a.xml", "application/xml"},
                         {"a.md", "text/markdown; charset=utf-8"},
                         {"a.txt", "text/plain; charset=utf-8"},
                         {"a.csv", "text/csv; charset=utf-8"},
                         {"a.svg", "image/svg+xml"},
                         {"a.PNG", "image/png"},
                         {"a.jpeg", "image/jpeg"},
                         {"a.webp", "image/webp"},
                         {"a.avif", "image/avif"},
                         {"a.woff2", "font/woff2"},
                         {"a.mp4", "video/mp4"},
                         {"a.webm", "video/webm"},
                         {"a.ogg", "audio/ogg"},
                         {"a.mp3", "audio/mpeg"},
                         {"a.m4a", "audio/mp4"},
                         {"a.flac", "audio/flac"},
                         {"a.wav", "audio/wav"},
                         {"a.pdf", "application/pdf"},
                         {"a.zip", "application/zip"},
                         {"a.tar.gz", "application/gzip"},
                         {"a.br", "application/x-brotli"},
                         {"a.zst", "application/zstd"},
                         {"a.7z", "application/x-7z-compressed"},
                         {"a.webmanifest", "application/manifest+json"},
                         {".hidden.png", "image/png"}}) {
    CAPTURE(row.path);
    CHECK(media_type_for(row.path) == row.type);
  }
}

TEST_CASE("a name without an extension that is known is octets") {
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("README"), std::string("a."), std::string(".html"), std::string("/x/.css"),
        std::string("a.html/"), std::string("dir.html/file"), std::string("a.no-such-extension"), "a." + std::string(5000, 'x'),
        std::string("a.pn\0g", 6), std::string("a.\xff\xfe")}) {
    CAPTURE(path);
    CHECK(media_type_for(path) == "application/octet-stream");
  }
}

}  // namespace ropeway
