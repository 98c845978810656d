#include <ropeway/form.hpp>

#include <algorithm>
#include <stdexcept>

#include <ropeway/http_error.hpp>
#include <ropeway/multipart.hpp>
#include <ropeway/request.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/multipart.hpp"
#include "core/src/http/percent_encoding.hpp"
#include "core/src/http/quoted.hpp"

namespace ropeway {

/// Fills a form from a whole body.
class FormParser {
 public:
  explicit FormParser(const FormLimits& limits) noexcept : limits_(limits) {}

  Form url_encoded(std::string_view body) {
    while (!body.empty()) {
      const std::size_t end = std::min(body.find('&'), body.size());
      const std::string_view pair = body.substr(0, end);
      body.remove_prefix(std::min(end + 1, body.size()));
      if (pair.empty()) continue;
      count();
      const std::size_t equals = std::min(pair.find('='), pair.size());
      form_.fields_.push_back(
          {http::decode_form_text(pair.substr(0, equals)), http::decode_form_text(pair.substr(std::min(equals + 1, pair.size())))});
    }
    return std::move(form_);
  }

  Form multipart(std::string_view boundary, std::string_view body) {
    using Event = http::MultipartDecoder::Event;
    http::MultipartDecoder decoder(boundary, limits_);
    std::string* content = nullptr;
    for (;;) {
      switch (decoder.next()) {
        case Event::need_input: {
          if (body.empty()) throw HttpError(Status::bad_request, "The form breaks off before its last boundary.");
          const std::string_view piece = body.substr(0, piece_bytes);  // so that the decoder does not hold it all a second time
          body.remove_prefix(piece.size());
          decoder.feed(piece);
          break;
        }
        case Event::part: content = &begin(decoder.part()); break;
        case Event::data: content->append(decoder.data()); break;
        case Event::part_end: break;
        case Event::end: return std::move(form_);
        case Event::malformed: throw HttpError(Status::bad_request, "The form is malformed.");
        case Event::too_large: refuse_size();
      }
    }
  }

 private:
  static constexpr std::size_t piece_bytes = 64 * 1024;

  std::string& begin(FormPart& part) {
    count();
    if (!part.filename) return form_.fields_.emplace_back(Form::Field{std::move(part.name), {}}).value;
    return form_.files_.emplace_back(FormFile{std::move(part.name), std::move(*part.filename), std::move(part.media_type), {}}).content;
  }
  void count() const {
    if (form_.fields_.size() + form_.files_.size() >= limits_.parts) refuse_size();
  }
  [[noreturn]] void refuse_size() const {
    throw HttpError(Status::content_too_large,
                    "The form has more than " + std::to_string(limits_.parts) + " fields, or one with too long a head.");
  }

  const FormLimits& limits_;
  Form form_;
};

std::optional<std::string_view> Form::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  return found != fields_.end() ? std::optional<std::string_view>(found->value) : std::nullopt;
}

std::vector<std::string_view> Form::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : fields_) {
    if (field.name == name) values.emplace_back(field.value);
  }
  return values;
}

const FormFile* Form::file(std::string_view field) const noexcept {
  const auto found = std::ranges::find(files_, field, &FormFile::field);
  return found != files_.end() ? &*found : nullptr;
}

Form Request::form() const { return form(FormLimits{}); }

Form Request::form(const FormLimits& limits) const {
  if (body_reader_ != nullptr) throw std::logic_error("Request::form: the body is not there yet; co_await request.read_body() first");
  const std::string_view type = header("Content-Type");
  FormParser parser(limits);
  if (http::equals_ignoring_case(http::trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded"))
    return parser.url_encoded(body_);
  const auto boundary = http::form_boundary(type);
  if (!boundary) {
    throw HttpError(Status::unsupported_media_type, "The content is " +
                                                        (type.empty() ? "of no type" : "of the type " + http::quoted(type)) +
                                                        "; expected application/x-www-form-urlencoded or multipart/form-data.");
  }
  if (boundary->empty()) throw HttpError(Status::bad_request, "The form's boundary is missing or malformed.");
  return parser.multipart(*boundary, body_);
}

}  // namespace ropeway
