// A login: a form, a sealed cookie, and a middleware that tells the handlers behind it who asks.
//
//   openssl rand -hex 32 > cookie.keys && ./login --config ropeway.json

#include <chrono>
#include <string>

#include <ropeway/ropeway.hpp>

struct User {
  std::string name;
};

constexpr const char* cookie_name = "__Host-user";

// In front of what only users may see: who is none is sent to the login, and from there back again.
class UsersOnly final : public ropeway::Middleware {
 public:
  static ropeway::Settings settings() { return {ropeway::CookieKeys::setting()}; }
  UsersOnly(const ropeway::ConfigNode& options, ropeway::Services& services) : keys_(ropeway::CookieKeys::from(options, services)) {}

  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request, ropeway::Next next) const override {
    auto name = keys_.open(request, cookie_name);
    if (!name) co_return ropeway::Response::see_other("/login?next=" + ropeway::percent_encode(request.target()));
    request.attributes().set(User{std::move(*name)});
    co_return co_await next(request);
  }

 private:
  ropeway::CookieKeys keys_;
};

// `GET /`
class Home final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request& request) const override {
    return ropeway::Response::text("Hello, " + request.attributes().require<User>().name + "!\n");
  }
};

// `GET /login`
class LoginPage final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request& request) const override {
    const std::string next = ropeway::escape_html(request.query<std::string>("next", "/"));
    return ropeway::Response::html(
        "<!doctype html><title>Login</title><form method=post>"
        "<input name=user><input name=password type=password><input name=next type=hidden value=\"" +
        next + "\"><button>Log in</button></form>\n");
  }
};

// `POST /login`. A real one asks a database, and hashes passwords.
class Login final : public ropeway::Handler {
 public:
  static ropeway::Settings settings() { return {ropeway::CookieKeys::setting()}; }
  Login(const ropeway::ConfigNode& options, ropeway::Services& services) : keys_(ropeway::CookieKeys::from(options, services)) {}

  ropeway::Response handle(const ropeway::Request& request) const override {
    const ropeway::Form form = request.form();
    if (form.value<std::string>("password") != "open sesame") throw ropeway::HttpError(ropeway::Status::forbidden, "That is not it.");
    ropeway::Cookie cookie;
    cookie.name = cookie_name;
    cookie.value = form.value<std::string>("user");
    return ropeway::Response::local_redirect(form.value<std::string>("next", "/")).set_cookie(keys_.seal(cookie, std::chrono::hours(8)));
  }

 private:
  ropeway::CookieKeys keys_;
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.middleware<UsersOnly>("users_only");
    registry.handler<Home>("home");
    registry.handler<LoginPage>("login_page");
    registry.handler<Login>("login");
  });
}
