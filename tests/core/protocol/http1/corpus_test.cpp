#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/support/http1_transcript.hpp"
#include "tests/support/locations.hpp"

// Every file of tests/data/http1 with what the codec has to make of it; each is fed whole, cut at each position, and byte by byte.

namespace {

using namespace ropeway;
using testing::feed_in_every_way;
using testing::http1_transcript;
using testing::Pieces;
using testing::Transcript;

struct ValidCase {
  const char* file;
  const char* section;
  const char* events;
};

constexpr ValidCase valid_cases[] = {
    {"simple_get", "RFC 9112 §2.1", "GET / a 1.1; end; eof"},
    {"wrk", "RFC 9112 §2.1", "GET / 127.0.0.1 1.1; end; eof"},
    {"leading_empty_line", "RFC 9112 §2.2", "GET / a 1.1; end; eof"},
    {"empty_line_only", "RFC 9112 §2.2", "eof"},
    {"empty_line_between", "RFC 9112 §2.2", "GET / a 1.1; end; GET /2 a 1.1; end; eof"},
    {"nothing", "RFC 9112 §9.6", "eof"},
    {"http_1_0", "RFC 9112 §2.3", "GET /x  1.0; end; eof"},
    {"http_1_0_host", "RFC 9112 §3.2", "GET /x b 1.0; end; eof"},
    {"http_1_0_keep_alive", "RFC 9112 §C.2.2", "GET /1  1.0; end; GET /2  1.0; end; eof"},
    {"http_1_0_closes", "RFC 9112 §9.3", "GET /1  1.0; end; eof"},
    {"http_1_0_content", "RFC 9112 §6.3", "POST /  1.0 length=3; body 'abc'; end; eof"},
    {"connection_close", "RFC 9112 §9.6", "GET / a 1.1; end; eof"},
    {"connection_close_any_case", "RFC 9110 §7.6.1", "GET / a 1.1; end; eof"},
    {"connection_close_in_list", "RFC 9110 §7.6.1", "GET / a 1.1; end; eof"},
    {"connection_close_in_second_field", "RFC 9110 §5.3", "GET / a 1.1; end; eof"},
    {"connection_closed_is_not_close", "RFC 9110 §7.6.1", "GET / a 1.1; end; GET / a 1.1; end; eof"},
    {"connection_close_wins", "RFC 9112 §9.3", "GET /  1.0; end; eof"},
    {"pipelined", "RFC 9112 §9.3.2", "GET /1 a 1.1; end; HEAD /2 a 1.1; end; GET /3 a 1.1; end; eof"},
    {"pipelined_with_content", "RFC 9112 §9.3.2", "POST /1 a 1.1 length=4; body 'GET '; end; GET /2 a 1.1; end; eof"},
    {"query", "RFC 9112 §3.2.1", "GET /a/b?c=d&e=%20?f a 1.1; end; eof"},
    {"empty_query", "RFC 9112 §3.2.1", "GET /a a 1.1; end; eof"},
    {"odd_target_bytes", "RFC 9112 §3", "GET /{a}|^\"<>`\\%zz a 1.1; end; eof"},
    {"double_slash", "RFC 9112 §3.2.1", "GET //b/c a 1.1; end; eof"},
    {"absolute_form", "RFC 9112 §3.2.2", "GET /p?q example.com 1.1; end; eof"},
    {"absolute_form_no_path", "RFC 9112 §3.2.1", "GET / example.com 1.1; end; eof"},
    {"absolute_form_query_only", "RFC 9112 §3.2.2", "GET /?x=/y example.com 1.1; end; eof"},
    {"absolute_form_options", "RFC 9112 §3.2.4", "OPTIONS * example.com 1.1; end; eof"},
    {"absolute_form_ipv6", "RFC 3986 §3.2.2", "GET / [2001:db8::1] 1.1; end; eof"},
    {"asterisk_form", "RFC 9112 §3.2.4", "OPTIONS * a 1.1; end; eof"},
    {"authority_form", "RFC 9112 §3.2.3", "CONNECT  example.com 1.1; end; eof"},
    {"authority_form_ipv6", "RFC 9112 §3.2.3", "CONNECT  [::1] 1.1; end; eof"},
    {"other_method", "RFC 9110 §9.1", "M-SEARCH!#$%&'*+.^_`|~9 /x a 1.1; end; eof"},
    {"method_is_case_sensitive", "RFC 9110 §9.1", "get / a 1.1; end; eof"},
    {"host_ipv4", "RFC 3986 §3.2.2", "GET / 192.0.2.7 1.1; end; eof"},
    {"host_ipv6", "RFC 3986 §3.2.2", "GET / [::ffff:192.0.2.7] 1.1; end; eof"},
    {"host_ipv6_full", "RFC 3986 §3.2.2", "GET / [1:2:3:4:5:6:7:8] 1.1; end; eof"},
    {"host_empty_port", "RFC 3986 §3.2.3", "GET / example.com 1.1; end; eof"},
    {"host_percent_encoded", "RFC 3986 §3.2.2", "GET / ex%41mple_1.com 1.1; end; eof"},
    {"host_any_case", "RFC 9110 §5.1", "GET / Example.COM 1.1; end; eof"},
    {"blanks_around_value", "RFC 9112 §5.1", "GET / a 1.1; end; eof"},
    {"value_with_high_bytes", "RFC 9110 §5.5", "GET / a 1.1; end; eof"},
    {"value_empty", "RFC 9110 §5.5", "GET / a 1.1; end; eof"},
    {"name_of_every_token_byte", "RFC 9110 §5.6.2", "GET / a 1.1; end; eof"},
    {"repeated_field", "RFC 9110 §5.3", "GET / a 1.1; end; eof"},
    {"content_length", "RFC 9112 §6.2", "POST /p a 1.1 length=5; body 'hello'; end; eof"},
    {"content_length_zero", "RFC 9112 §6.2", "POST /p a 1.1; end; eof"},
    {"content_length_leading_zeros", "RFC 9110 §8.6", "POST /p a 1.1 length=3; body 'abc'; end; eof"},
    {"content_of_get", "RFC 9110 §9.3.1", "GET /p a 1.1 length=2; body '\r\n'; end; eof"},
    {"chunked", "RFC 9112 §7.1", "POST /p a 1.1 chunked; body 'hello world'; end; eof"},
    {"chunked_empty", "RFC 9112 §7.1", "POST /p a 1.1 chunked; end; eof"},
    {"chunked_any_case", "RFC 9112 §7", "POST /p a 1.1 chunked; body '01234567890123456789a'; end; eof"},
    {"chunked_holds_line_ends", "RFC 9112 §7.1", "POST /p a 1.1 chunked; body '\r\n\r\n'; end; eof"},
    {"chunked_extensions", "RFC 9112 §7.1.1", "POST /p a 1.1 chunked; body 'abcd'; end; eof"},
    {"chunked_trailers", "RFC 9112 §7.1.2", "POST /p a 1.1 chunked; body 'a'; end; eof"},
    {"chunked_then_next", "RFC 9112 §9.3.2", "POST /p a 1.1 chunked; body 'a'; end; GET /2 a 1.1; end; eof"},
    {"expect_continue", "RFC 9110 §10.1.1", "PUT /p a 1.1 length=1 expect; body 'x'; end; eof"},
    {"expect_continue_without_content", "RFC 9110 §10.1.1", "GET / a 1.1; end; eof"},
    {"expect_continue_twice", "RFC 9110 §5.3", "PUT /p a 1.1 length=1 expect; body 'x'; end; eof"},
    {"expect_empty", "RFC 9110 §5.6.1.2", "PUT /p a 1.1 length=1; body 'x'; end; eof"},
    {"expect_continue_http_1_0", "RFC 9110 §10.1.1", "PUT /p  1.0 length=1; body 'x'; end; eof"},
    {"browser", "RFC 9112 §5", "GET /library/chapter-12/index.html?highlight=rope&page=2 ropeway.example.org 1.1; end; eof"},
};

struct InvalidCase {
  const char* file;
  const char* section;
  unsigned status;
};

constexpr InvalidCase invalid_cases[] = {
    {"two_empty_lines", "RFC 9112 §2.2", 400},
    {"leading_bare_lf", "RFC 9112 §2.2", 400},
    {"leading_bare_cr", "RFC 9112 §2.2", 400},
    {"leading_space", "RFC 9112 §2.2", 400},
    {"bare_lf_request_line", "RFC 9112 §2.2", 400},
    {"bare_lf_field", "RFC 9112 §2.2", 400},
    {"bare_lf_end", "RFC 9112 §2.2", 400},
    {"bare_cr_request_line", "RFC 9112 §2.2", 400},
    {"bare_cr_in_value", "RFC 9112 §2.2", 400},
    {"bare_cr_end", "RFC 9112 §2.2", 400},
    {"http_0_9", "RFC 9112 §3", 400},
    {"no_target", "RFC 9112 §3", 400},
    {"two_spaces_before_target", "RFC 9112 §3", 400},
    {"two_spaces_before_version", "RFC 9112 §3", 400},
    {"tab_for_space", "RFC 9112 §3", 400},
    {"space_behind_version", "RFC 9112 §3", 400},
    {"space_in_target", "RFC 9112 §3.2", 400},
    {"tab_in_target", "RFC 9112 §3.2", 400},
    {"no_version", "RFC 9112 §3", 400},
    {"no_method", "RFC 9112 §3.1", 400},
    {"empty_method", "RFC 9112 §3.1", 400},
    {"method_not_a_token", "RFC 9110 §9.1", 400},
    {"method_with_nul", "RFC 9110 §9.1", 400},
    {"tls_hello", "RFC 9112 §3", 400},
    {"http_2_preface", "RFC 9113 §3.4", 505},
    {"version_2_0", "RFC 9112 §2.3", 505},
    {"version_1_2", "RFC 9110 §2.5", 505},
    {"version_0_9", "RFC 9112 §2.3", 505},
    {"version_lower_case", "RFC 9112 §2.3", 400},
    {"version_three_digits", "RFC 9112 §2.3", 400},
    {"version_no_minor", "RFC 9112 §2.3", 400},
    {"version_other_protocol", "RFC 9112 §2.3", 400},
    {"target_nul", "RFC 9112 §3.2", 400},
    {"target_del", "RFC 9112 §3.2", 400},
    {"target_non_ascii", "RFC 9112 §3.2", 400},
    {"target_fragment", "RFC 9112 §3.2", 400},
    {"target_relative", "RFC 9112 §3.2", 400},
    {"target_other_scheme", "RFC 9112 §3.2.2", 400},
    {"absolute_form_https", "RFC 9110 §7.4", 421},
    {"target_absolute_no_host", "RFC 9110 §4.2.1", 400},
    {"target_absolute_userinfo", "RFC 9110 §4.2.4", 400},
    {"target_absolute_bad_port", "RFC 3986 §3.2.3", 400},
    {"target_absolute_no_host_field", "RFC 9112 §3.2", 400},
    {"asterisk_of_get", "RFC 9112 §3.2.4", 400},
    {"authority_of_get", "RFC 9112 §3.2.3", 400},
    {"connect_origin_form", "RFC 9112 §3.2.3", 400},
    {"connect_no_port", "RFC 9112 §3.2.3", 400},
    {"connect_empty_port", "RFC 9112 §3.2.3", 400},
    {"connect_absolute_form", "RFC 9112 §3.2.3", 400},
    {"host_missing", "RFC 9112 §3.2", 400},
    {"host_twice", "RFC 9112 §3.2", 400},
    {"host_twice_http_1_0", "RFC 9112 §3.2", 400},
    {"host_space", "RFC 9110 §7.2", 400},
    {"host_slash", "RFC 9110 §7.2", 400},
    {"host_userinfo", "RFC 9110 §7.2", 400},
    {"host_bad_port", "RFC 9110 §7.2", 400},
    {"host_large_port", "RFC 9110 §7.2", 400},
    {"host_port_only", "RFC 9110 §7.2", 400},
    {"host_list", "RFC 9110 §7.2", 400},
    {"host_bad_escape", "RFC 9110 §7.2", 400},
    {"host_ipv6_open", "RFC 9110 §7.2", 400},
    {"host_ipv6_groups", "RFC 9110 §7.2", 400},
    {"host_ipv6_two_gaps", "RFC 9110 §7.2", 400},
    {"host_ipv6_long_group", "RFC 9110 §7.2", 400},
    {"host_ipv6_bad_ipv4", "RFC 9110 §7.2", 400},
    {"host_ipv6_tail", "RFC 9110 §7.2", 400},
    {"host_ipv6_bare", "RFC 9110 §7.2", 400},
    {"host_non_ascii", "RFC 9110 §7.2", 400},
    {"field_no_colon", "RFC 9112 §5", 400},
    {"field_no_name", "RFC 9112 §5", 400},
    {"field_space_before_colon", "RFC 9112 §5.1", 400},
    {"field_name_not_a_token", "RFC 9110 §5.1", 400},
    {"field_name_non_ascii", "RFC 9110 §5.1", 400},
    {"field_folded", "RFC 9112 §5.2", 400},
    {"field_folded_with_tab", "RFC 9112 §5.2", 400},
    {"space_before_first_field", "RFC 9112 §2.2", 400},
    {"value_nul", "RFC 9110 §5.5", 400},
    {"value_del", "RFC 9110 §5.5", 400},
    {"value_control", "RFC 9110 §5.5", 400},
    {"value_vertical_tab", "RFC 9110 §5.5", 400},
    {"content_length_sign", "RFC 9112 §6.3", 400},
    {"content_length_minus", "RFC 9112 §6.3", 400},
    {"content_length_text", "RFC 9112 §6.3", 400},
    {"content_length_hex", "RFC 9112 §6.3", 400},
    {"content_length_list", "RFC 9112 §6.3", 400},
    {"content_length_different_list", "RFC 9112 §6.3", 400},
    {"content_length_space", "RFC 9112 §6.3", 400},
    {"content_length_empty", "RFC 9112 §6.3", 400},
    {"content_length_fraction", "RFC 9112 §6.3", 400},
    {"content_length_trailing_comma", "RFC 9112 §6.3", 400},
    {"content_length_twice", "RFC 9112 §6.3", 400},
    {"content_length_differs", "RFC 9112 §6.3", 400},
    {"content_length_overflow", "RFC 9112 §6.3", 413},
    {"content_length_large", "RFC 9110 §15.5.14", 413},
    {"both_lengths", "RFC 9112 §6.3", 400},
    {"both_lengths_reversed", "RFC 9112 §6.3", 400},
    {"chunked_http_1_0", "RFC 9112 §6.1", 400},
    {"transfer_encoding_twice", "RFC 9112 §6.1", 400},
    {"transfer_encoding_chunked_chunked", "RFC 9112 §6.1", 400},
    {"transfer_encoding_chunked_first", "RFC 9112 §6.1", 400},
    {"transfer_encoding_comma", "RFC 9112 §6.1", 400},
    {"transfer_encoding_empty", "RFC 9112 §6.1", 400},
    {"transfer_encoding_gzip", "RFC 9112 §6.1", 501},
    {"transfer_encoding_gzip_chunked", "RFC 9112 §6.1", 501},
    {"transfer_encoding_identity", "RFC 9112 §6.1", 501},
    {"transfer_encoding_quoted", "RFC 9112 §6.1", 501},
    {"transfer_encoding_xchunked", "RFC 9112 §6.1", 501},
    {"transfer_encoding_parameter", "RFC 9112 §7", 501},
    {"expect_other", "RFC 9110 §10.1.1", 417},
    {"host_empty", "RFC 9110 §4.2.1", 400},
    {"expect_list", "RFC 9110 §10.1.1", 417},
    {"chunk_size_empty", "RFC 9112 §7.1", 400},
    {"chunk_size_not_hex", "RFC 9112 §7.1", 400},
    {"chunk_size_sign", "RFC 9112 §7.1", 400},
    {"chunk_size_prefix", "RFC 9112 §7.1", 400},
    {"chunk_size_leading_space", "RFC 9112 §7.1", 400},
    {"chunk_size_trailing_space", "RFC 9112 §7.1", 400},
    {"chunk_size_overflow", "RFC 9112 §7.1", 400},
    {"chunk_line_bare_lf", "RFC 9112 §7.1", 400},
    {"chunk_line_bare_cr", "RFC 9112 §7.1", 400},
    {"chunk_data_too_long", "RFC 9112 §7.1", 400},
    {"chunk_data_bare_lf", "RFC 9112 §7.1", 400},
    {"chunk_data_bare_cr", "RFC 9112 §7.1", 400},
    {"chunk_extension_bare_lf", "RFC 9112 §7.1", 400},
    {"chunk_extension_control", "RFC 9112 §7.1", 400},
    {"chunk_extension_nul", "RFC 9112 §7.1", 400},
    {"chunk_extension_bare_cr", "RFC 9112 §7.1", 400},
    {"chunk_trailer_no_colon", "RFC 9112 §7.1", 400},
    {"chunk_trailer_no_name", "RFC 9112 §7.1", 400},
    {"chunk_trailer_space_before_colon", "RFC 9112 §7.1", 400},
    {"chunk_trailer_folded", "RFC 9112 §7.1", 400},
    {"chunk_trailer_control", "RFC 9112 §7.1", 400},
    {"chunk_trailer_bare_lf", "RFC 9112 §7.1", 400},
    {"chunk_end_bare_lf", "RFC 9112 §7.1", 400},
    {"chunk_end_bare_cr", "RFC 9112 §7.1", 400},
    {"chunk_size_large", "RFC 9110 §15.5.14", 413},
    {"ends_in_request_line", "RFC 9112 §8", 400},
    {"ends_in_fields", "RFC 9112 §8", 400},
    {"ends_in_content", "RFC 9112 §8", 400},
    {"ends_in_chunk", "RFC 9112 §8", 400},
    {"ends_in_trailers", "RFC 9112 §8", 400},
    {"second_request_is_bad", "RFC 9112 §9.3.2", 400},
    {"smuggled_second_request", "RFC 9112 §11.2", 400},
};

std::filesystem::path corpus(const char* kind) { return std::filesystem::path(testing::source_folder()) / "tests/data/http1" / kind; }

std::string read_case(const char* kind, const std::string& name) {
  std::ifstream file(corpus(kind) / (name + ".http"), std::ios::binary);
  REQUIRE_MESSAGE(file, name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Whether the events are the same however the bytes are cut, and what they are.
Transcript transcript_of(const std::string& bytes) {
  const protocol::Limits limits;
  const Transcript whole = http1_transcript({bytes}, limits);
  feed_in_every_way(bytes, [&](const Pieces& pieces) {
    const Transcript cut = http1_transcript(pieces, limits);
    REQUIRE_EQ(cut.events, whole.events);
    REQUIRE_EQ(cut.fields, whole.fields);
    REQUIRE_EQ(cut.output, whole.output);
    REQUIRE_EQ(cut.reason, whole.reason);
    REQUIRE_EQ(cut.closing, whole.closing);
  });
  return whole;
}

TEST_CASE("every valid request of the corpus gives its events, however it is cut") {
  for (const ValidCase& expected : valid_cases) {
    CAPTURE(expected.file);
    CAPTURE(expected.section);
    CHECK_EQ(transcript_of(read_case("valid", expected.file)).events, expected.events);
  }
}

TEST_CASE("every invalid request of the corpus gives one error with its status, however it is cut") {
  for (const InvalidCase& expected : invalid_cases) {
    CAPTURE(expected.file);
    CAPTURE(expected.section);
    const Transcript transcript = transcript_of(read_case("invalid", expected.file));
    CHECK_MESSAGE(transcript.events.ends_with("error " + std::to_string(expected.status)), transcript.events);
    CHECK_FALSE(transcript.reason.empty());
    CHECK(transcript.closing);
    CHECK(transcript.must_linger);
  }
}

TEST_CASE("the corpus holds no file that is not a case") {
  std::set<std::string> files;
  for (const char* kind : {"valid", "invalid"}) {
    for (const auto& entry : std::filesystem::directory_iterator(corpus(kind))) files.insert(kind + ("/" + entry.path().stem().string()));
  }
  std::set<std::string> cases;
  for (const ValidCase& valid : valid_cases) cases.insert(std::string("valid/") + valid.file);
  for (const InvalidCase& invalid : invalid_cases) cases.insert(std::string("invalid/") + invalid.file);
  CHECK_EQ(files, cases);
}

}  // namespace
