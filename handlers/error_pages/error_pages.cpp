#include "handlers/error_pages/error_pages.hpp"

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include <ropeway/media_type.hpp>

#include "handlers/field_options.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::string_view status_place = "{status}";
constexpr std::string_view reason_place = "{reason}";
constexpr std::string_view id_place = "{request_id}";

// Fields that told of the content that goes.
constexpr std::array content_fields{"Content-Type",  "Content-Encoding",    "Content-Language", "Content-Location",
                                    "Content-Range", "Content-Disposition", "Content-Digest",   "Repr-Digest",
                                    "ETag",          "Last-Modified",       "Accept-Ranges"};

/// A status from 400 to 599, or the first digit of "4xx" and "5xx"; 0 where it is neither.
unsigned read_statuses(std::string_view text) noexcept {
  if (text == "4xx") return 4;
  if (text == "5xx") return 5;
  unsigned status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool good = text.size() == 3 && error == std::errc() && end == text.data() + text.size() && status >= 400 && status < 600;
  return good ? status : 0;
}

std::string read_file(const ConfigNode& files, const std::string& statuses) {
  const std::string path = files.path(statuses);
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.is_open() || stream.bad()) throw files.error(statuses, path + " cannot be read: put the page there");
  if (text.size() > most_bytes) throw files.error(statuses, path + " is longer than a page can be, which is 1 MiB");
  return text;
}

/// Whether the content is nobody's own: none, or the form that errors have everywhere.
bool is_plain(const Response& response) {
  if (response.body().empty()) return true;
  if (response.headers().find("Content-Type") != "text/plain; charset=utf-8") return false;
  const std::string first = std::to_string(code(response.status())) + " " + std::string(reason_phrase(response.status())) + "\n";
  return response.body().text().starts_with(first);
}

void fill(std::string& text, std::string_view place, std::string_view value) {
  for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos; at += value.size()) text.replace(at, place.size(), value);
}

}  // namespace

Settings ErrorPages::settings() {
  return {
      Setting::map("files", R"(Files by status, or by class: {"404": "errors/404.html", "5xx": "errors/5xx.html"}.)",
                   Setting::path("file", "A file, read at start.").at_least(1))
          .by_default("{}"),
      Setting::map("texts", R"(The same with texts: {"503": "<h1>Back soon</h1>"}.)", Setting::string("text", "The page."))
          .by_default("{}"),
      Setting::string("media_type", "The media type of `texts`; that of a file is known by its name.")
          .at_least(1)
          .by_default("\"text/html; charset=utf-8\""),
      Setting::boolean("replace", "Whether pages stand in the place of what handlers have made themselves, too.").by_default("false"),
  };
}

ErrorPages::ErrorPages(const ConfigNode& options) : replaces_all_(options.boolean("replace")) {
  MistakeCollector mistakes;
  const std::string media_type = mistakes.collect([&] { return read_field_value(options, "media_type"); });
  const ConfigNode files = options.object("files");
  for (const std::string& statuses : files.keys()) {
    mistakes.collect([&] {
      auto text = std::make_shared<const std::string>(read_file(files, statuses));
      add(files, statuses, {std::move(text), std::string(media_type_for(files.path(statuses)))});
    });
  }
  const ConfigNode texts = options.object("texts");
  for (const std::string& statuses : texts.keys()) {
    mistakes.collect([&] { add(texts, statuses, {std::make_shared<const std::string>(texts.string(statuses)), media_type}); });
  }
  mistakes.throw_if_any();
  if (pages_.empty()) throw options.error("files", R"(name pages in "files" or "texts": without any, nothing is replaced)");
}

void ErrorPages::add(const ConfigNode& list, const std::string& statuses, Page page) {
  const unsigned number = read_statuses(statuses);
  if (number == 0)
    throw list.error(statuses, "\"" + statuses + R"(" is no error's status: expected one from "400" to "599", "4xx" or "5xx")");
  for (const std::string_view place : {status_place, reason_place, id_place}) {
    page.has_places = page.has_places || page.text->find(place) != std::string::npos;
  }
  if (!pages_.emplace(number, std::move(page)).second)
    throw list.error(statuses, "\"" + statuses + R"(" has a page in both "files" and "texts")");
}

const ErrorPages::Page* ErrorPages::find(unsigned status) const {
  for (const unsigned number : {status, status / 100}) {
    if (const auto found = pages_.find(number); found != pages_.end()) return &found->second;
  }
  return nullptr;
}

awaitable<Response> ErrorPages::handle(Request& request, Next next) const {
  Response response = co_await next(request);
  const unsigned status = code(response.status());
  if (status < 400 || status >= 600) co_return response;
  const Page* const page = find(status);
  if (page == nullptr || !(replaces_all_ || is_plain(response))) co_return response;
  if (request.accepts({page->media_type}).empty()) co_return response;
  for (const char* field : content_fields) response.headers().remove(field);
  response.headers().add("Content-Type", page->media_type);
  if (page->has_places) {
    std::string text = *page->text;
    fill(text, status_place, std::to_string(status));
    fill(text, reason_place, reason_phrase(response.status()));
    fill(text, id_place, to_string(request.id()));
    response.body().assign(std::move(text));
  } else {
    response.body().assign(SharedBytes{page->text, *page->text});
  }
  co_return response;
}

}  // namespace ropeway::handlers
