#include "handlers/compression/compression.hpp"

#include <brotli/decode.h>
#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <fcntl.h>

#include <ropeway/testing/call.hpp>

#include "tests/support/encoded.hpp"
#include "tests/support/recording_services.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ropeway::handlers {
namespace {

using testing::prose;
using testing::RequestBuilder;

// The decoders are the libraries' own; each takes its coding off the whole of `bytes`, or throws.
std::string decoded(std::string_view coding, const std::string& bytes) {
  std::string text(4'000'000, '\0');
  if (coding == "gzip") {
    z_stream stream{};
    REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    CHECK(::inflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(stream.avail_in == 0);
    text.resize(stream.total_out);
    ::inflateEnd(&stream);
  } else if (coding == "br") {
    std::size_t size = text.size();
    CHECK(::BrotliDecoderDecompress(bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(text.data())) == BROTLI_DECODER_RESULT_SUCCESS);
    text.resize(size);
  } else if (coding == "zstd") {
    const std::size_t size = ::ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size());
    REQUIRE(::ZSTD_isError(size) == 0);
    text.resize(size);
  } else {
    return bytes;
  }
  return text;
}

struct Answering final : Handler {
  std::function<Response(const Request&)> answer;
  explicit Answering(std::function<Response(const Request&)> given) : answer(std::move(given)) {}
  Response handle(const Request& request) const override { return answer(request); }
};

struct Fixture {
  explicit Fixture(std::string_view options = "{}") : middleware(ConfigNode::from_json(options, Compression::settings()), services) {}
  Response ask(const RequestBuilder& request, std::function<Response(const Request&)> answer) const {
    return testing::call(middleware, Answering(std::move(answer)), request);
  }
  Response get(std::string_view codings, std::function<Response(const Request&)> answer) const {
    return ask(RequestBuilder("GET", "/").header("Accept-Encoding", codings), std::move(answer));
  }
  testing::RecordingServices services;
  Compression middleware;
};

std::string field(const Response& response, std::string_view name) { return std::string(response.headers().find(name).value_or("none")); }

FileSlice slice_of(const std::string& path, std::uint64_t length) {
  return {std::make_shared<const OpenFile>(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), 0, length};
}

Response html_stream(const std::vector<std::string>& pieces, bool flushing) {
  return Response::stream("text/html", [pieces, flushing](BodyWriter& out) -> awaitable<void> {
    for (const std::string& piece : pieces) {
      co_await out.write(piece);
      if (flushing) co_await out.flush();
    }
  });
}

}  // namespace

TEST_CASE("content of each kind, short and long, is compressed in each coding and decodes to what it was") {
  const Fixture fixture;
  const testing::TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{1024}, std::size_t{16 * 1024}, std::size_t{300'000}, std::size_t{2'000'000}}) {
    const std::string text = prose(size);
    const std::string path = folder.write("file.html", text);
    for (const char* coding : {"gzip", "br", "zstd"}) {
      CAPTURE(size);
      CAPTURE(coding);
      const std::vector<std::function<Response(const Request&)>> kinds{
          [&](const Request&) { return Response::html(text); },
          [&](const Request&) {
            Response response = Response::html("");
            auto owner = std::make_shared<const std::string>(text);
            response.body().assign(SharedBytes{owner, *owner});
            return response;
          },
          [&](const Request&) {
            Response response = Response::html("");
            response.body().assign(slice_of(path, size));
            return response;
          },
          [&](const Request&) { return html_stream({text.substr(0, 10), "", text.substr(10)}, false); },
          [&](const Request&) { return html_stream({text.substr(0, 10), text.substr(10)}, true); },
      };
      for (const auto& kind : kinds) {
        Response response = fixture.get(coding, kind);
        CHECK(field(response, "Content-Encoding") == coding);
        CHECK(field(response, "Vary") == "Accept-Encoding");
        const std::string bytes = testing::body_of(std::move(response));
        CHECK(bytes.size() < text.size() / 2);
        CHECK(decoded(coding, bytes) == text);
      }
    }
  }
}

TEST_CASE("what a stream flushes can be decoded before the rest is there") {
  const Fixture fixture;
  for (const char* coding : {"gzip", "br", "zstd"}) {
    CAPTURE(coding);
    Response response = fixture.get(coding, [](const Request&) { return html_stream({"first", "second"}, true); });
    // A stand-in for the connection, that keeps each write apart.
    struct Recorder final : BodyWriter {
      std::vector<std::string> writes{""};
      awaitable<void> write(std::string_view data) override {
        writes.back() += data;
        co_return;
      }
      awaitable<void> flush() override {
        writes.emplace_back();
        co_return;
      }
      Headers behind;
      Headers& trailers() override { return behind; }
      std::stop_token stop_token() override { return {}; }
    } recorder;
    struct Runner final : AsyncHandler {
      BodyStream& stream;
      Recorder& out;
      Runner(BodyStream& given, Recorder& recorder) : stream(given), out(recorder) {}
      awaitable<Response> handle(Request&) const override {
        co_await stream(out);
        co_return Response();
      }
    };
    REQUIRE(response.body().is_stream());
    (void)testing::call(Runner(*response.body().stream(), recorder), RequestBuilder("GET", "/"));
    REQUIRE(recorder.writes.size() == 3);
    // With what only ends the content added, the first write alone is a whole message's beginning: it decodes to all that was flushed.
    std::string text(100, '\0');
    const std::string& first = recorder.writes[0];
    std::size_t size = 0;
    if (std::string_view(coding) == "gzip") {
      z_stream stream{};
      REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(first.data()));
      stream.avail_in = static_cast<uInt>(first.size());
      stream.next_out = reinterpret_cast<Bytef*>(text.data());
      stream.avail_out = static_cast<uInt>(text.size());
      CHECK(::inflate(&stream, Z_SYNC_FLUSH) == Z_OK);
      size = stream.total_out;
      ::inflateEnd(&stream);
    } else if (std::string_view(coding) == "br") {
      BrotliDecoderState* const state = ::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
      std::size_t in = first.size();
      auto next = reinterpret_cast<const std::uint8_t*>(first.data());
      std::size_t room = text.size();
      auto out = reinterpret_cast<std::uint8_t*>(text.data());
      CHECK(::BrotliDecoderDecompressStream(state, &in, &next, &room, &out, &size) == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT);
      ::BrotliDecoderDestroyInstance(state);
    } else {
      ZSTD_DCtx* const context = ::ZSTD_createDCtx();
      ZSTD_inBuffer in{first.data(), first.size(), 0};
      ZSTD_outBuffer out{text.data(), text.size(), 0};
      CHECK(::ZSTD_isError(::ZSTD_decompressStream(context, &out, &in)) == 0);
      size = out.pos;
      ::ZSTD_freeDCtx(context);
    }
    CHECK(text.substr(0, size) == "first");
    CHECK(decoded(coding, recorder.writes[0] + recorder.writes[1] + recorder.writes[2]) == "firstsecond");
  }
}

TEST_CASE("the coding that the client wants most is used; without any the content goes out as it is, and varies") {
  const Fixture fixture;
  const auto page = [](const Request&) { return Response::html(prose(5000)); };
  CHECK(field(fixture.get("gzip, deflate, br, zstd", page), "Content-Encoding") == "zstd");
  CHECK(field(fixture.get("gzip;q=0.9, br;q=0.8", page), "Content-Encoding") == "gzip");
  for (const char* codings : {"", "identity", "deflate", "gzip;q=0, br;q=0, zstd;q=0"}) {
    Response plain = fixture.get(codings, page);
    CHECK(field(plain, "Content-Encoding") == "none");
    CHECK(field(plain, "Vary") == "Accept-Encoding");
    CHECK(testing::body_of(std::move(plain)) == prose(5000));
  }
  const Fixture only_gzip(R"({"codings": ["gzip"], "levels": {"gzip": 1}})");
  CHECK(field(only_gzip.get("gzip, br, zstd", page), "Content-Encoding") == "gzip");
}

TEST_CASE("what would not gain, or must not be changed, is left as it is") {
  const Fixture fixture;
  const std::string text = prose(5000);
  const auto untouched = [&](const std::function<Response()>& make, std::string_view vary) {
    Response response = fixture.get("zstd, br, gzip", [&](const Request&) { return make(); });
    CHECK(field(response, "Vary") == vary);
    if (field(make(), "Content-Encoding") == "none") CHECK(field(response, "Content-Encoding") == "none");
    CHECK(testing::body_of(std::move(response)) == testing::body_of(make()));
  };
  untouched([&] { return Response::html(text.substr(0, 1023)); }, "none");
  untouched([&] { return Response::html(text).header("Content-Type", "image/png"); }, "none");
  untouched([&] { return Response::html(text).header("Content-Type", "textual/html"); }, "none");
  untouched([&] { return Response::html(text).header("Content-Encoding", "br"); }, "none");
  untouched([&] { return Response::html(text).header("Content-Range", "bytes 0-4999/9000").status(Status::partial_content); },
            "Accept-Encoding");
  untouched([&] { return Response::html(text).header("Cache-Control", "max-age=60, No-Transform"); }, "none");
  untouched([&] { return Response(Status::no_content); }, "none");
  std::string noise(5000, '\0');
  std::uint32_t state = 1;
  for (char& byte : noise) byte = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24);
  untouched([&] { return Response::html(noise); }, "Accept-Encoding");
}

TEST_CASE("types are compared without case and without their parameters") {
  const Fixture fixture(R"({"types": ["TEXT/*", "application/json"]})");
  const std::string text = prose(5000);
  const auto coding_for = [&](const char* type) {
    return field(fixture.get("gzip", [&](const Request&) { return Response::html(text).header("Content-Type", type); }),
                 "Content-Encoding");
  };
  CHECK(coding_for("text/css") == "gzip");
  CHECK(coding_for("Text/HTML ; charset=utf-8") == "gzip");
  CHECK(coding_for("application/JSON;x=y") == "gzip");
  CHECK(coding_for("application/jsonp") == "none");
  CHECK(coding_for("text") == "none");
}

TEST_CASE("a strong entity tag becomes weak, also in a 304, and what speaks of the bytes goes (RFC 9110 §8.8.1, §15.4.5)") {
  const Fixture fixture;
  const auto tagged = [](const Request& request) {
    const bool same = request.header("If-None-Match") == "W/\"1\"";
    Response response = same ? Response(Status::not_modified) : Response::html(prose(5000)).header("Accept-Ranges", "bytes");
    return std::move(response).header("ETag", "\"1\"");
  };
  const Response coded = fixture.get("gzip", tagged);
  CHECK(field(coded, "ETag") == "W/\"1\"");
  CHECK(field(coded, "Accept-Ranges") == "none");
  const Response plain = fixture.get("", tagged);
  CHECK(field(plain, "ETag") == "\"1\"");
  CHECK(field(plain, "Accept-Ranges") == "bytes");
  const Response unchanged =
      fixture.ask(RequestBuilder("GET", "/").header("Accept-Encoding", "gzip").header("If-None-Match", "W/\"1\""), tagged);
  CHECK(unchanged.status() == Status::not_modified);
  CHECK(field(unchanged, "ETag") == "W/\"1\"");
  CHECK(field(unchanged, "Vary") == "Accept-Encoding");
}

TEST_CASE("no date is left by which a client could ask for the rest of content in another coding (RFC 9110 §13.1.5)") {
  const Fixture fixture;
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const auto of_file = [&](const Request&) {
    return Response::html(prose(5000)).header("Accept-Ranges", "bytes").header("Last-Modified", date);
  };
  CHECK(field(fixture.get("gzip", of_file), "Last-Modified") == "none");
  CHECK(field(fixture.get("", of_file), "Last-Modified") == date);
  const auto made_up = [&](const Request&) { return Response::html(prose(5000)).header("Last-Modified", date); };
  CHECK(field(fixture.get("gzip", made_up), "Last-Modified") == date);
}

TEST_CASE("only so many files and streams are compressed at once; their places come free") {
  const Fixture fixture(R"({"streams": 2})");
  const auto stream = [](const Request&) { return html_stream({prose(5000)}, false); };
  {
    const Response first = fixture.get("gzip", stream);
    Response second = fixture.get("gzip", stream);
    Response third = fixture.get("gzip", stream);
    CHECK(field(first, "Content-Encoding") == "gzip");
    CHECK(field(second, "Content-Encoding") == "gzip");
    CHECK(field(third, "Content-Encoding") == "none");
    CHECK(testing::body_of(std::move(third)) == prose(5000));
    CHECK(field(fixture.get("gzip", [](const Request&) { return Response::html(prose(5000)); }), "Content-Encoding") == "gzip");
  }
  CHECK(field(fixture.get("gzip", stream), "Content-Encoding") == "gzip");
}

TEST_CASE("a file that becomes shorter while it is compressed fails its body") {
  const Fixture fixture;
  const testing::TemporaryFolder folder;
  const std::string path = folder.write("file.html", prose(200'000));
  Response response = fixture.get("gzip", [&](const Request&) {
    Response whole = Response::html("");
    whole.body().assign(slice_of(path, 200'000));
    return whole;
  });
  REQUIRE(::truncate(path.c_str(), 100'000) == 0);
  CHECK_THROWS_AS((void)testing::body_of(std::move(response)), std::runtime_error);
}

TEST_CASE("options that cannot be used are mistakes in the configuration") {
  for (const char* options :
       {R"({"codings": ["deflate"]})", R"({"levels": {"gzip": 10}})", R"({"levels": {"br": 12}})", R"({"levels": {"zstd": 0}})",
        R"({"types": ["html"]})", R"({"types": ["text/"]})", R"({"types": ["text/html; q"]})", R"({"streams": -1})"}) {
    CAPTURE(options);
    CHECK_THROWS_AS(Fixture{options}, ConfigError);
  }
}

TEST_CASE("a part says that the whole depends on the coding, and a refused condition does (RFC 9110 §15.3.7)") {
  const Fixture fixture;
  for (const Status status : {Status::partial_content, Status::precondition_failed}) {
    const Response response = fixture.get("gzip", [status](const Request&) { return Response::text("short").status(status); });
    CHECK(field(response, "Vary") == "Accept-Encoding");
    CHECK(field(response, "Content-Encoding") == "none");
  }
}

}  // namespace ropeway::handlers
