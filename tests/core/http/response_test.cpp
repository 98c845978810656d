#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <ropeway/response.hpp>

namespace ropeway {

TEST_CASE("the named constructors give status, media type and content") {
  CHECK(Response().status() == Status::ok);
  CHECK(Response().headers().empty());
  CHECK(Response(Status::no_content).body().empty());

  struct Row {
    Response response;
    const char* type;
  };
  Row rows[] = {{Response::text("hello"), "text/plain; charset=utf-8"}, {Response::text(std::string("hello")), "text/plain; charset=utf-8"},
                {Response::html("hello"), "text/html; charset=utf-8"},  {Response::html(std::string("hello")), "text/html; charset=utf-8"},
                {Response::json("hello"), "application/json"},          {Response::json(std::string("hello")), "application/json"}};
  for (const Row& row : rows) {
    CHECK(row.response.status() == Status::ok);
    CHECK(row.response.headers().find("content-type") == row.type);
    CHECK(row.response.body().text() == "hello");
  }
  Response streamed = Response::stream("text/event-stream", [](BodyWriter&) -> awaitable<void> { co_return; });
  CHECK(streamed.body().is_stream());
  CHECK(streamed.headers().find("Content-Type") == "text/event-stream");
}

TEST_CASE("a redirect has its location, and says it to whoever does not follow") {
  const Response response = Response::redirect("/new%20place", Status::moved_permanently);
  CHECK(response.status() == Status::moved_permanently);
  CHECK(response.headers().find("Location") == "/new%20place");
  CHECK(response.body().text() == "301 Moved Permanently\n/new%20place\n");
  CHECK(Response::redirect("/").status() == Status::found);
  CHECK_THROWS_AS((void)Response::redirect("/x\r\nSet-Cookie: a=b"), std::invalid_argument);
}

TEST_CASE("an error page is the status, then the explanation") {
  const Response plain = Response::error(Status::not_found);
  CHECK(plain.body().text() == "404 Not Found\n");
  CHECK(plain.headers().find("Content-Type") == "text/plain; charset=utf-8");
  CHECK(Response::error(Status::bad_request, "No such date.").body().text() == "400 Bad Request\nNo such date.\n");
  CHECK(Response::error(Status::not_modified, "unused").body().empty());
  CHECK(Response::error(Status::not_modified).headers().empty());
}

TEST_CASE("status and fields can be set in one expression") {
  const Response response = Response::text("made").status(Status::created).header("Location", "/1").header("location", "/2");
  CHECK(response.status() == Status::created);
  CHECK(response.headers().find("Location") == "/2");
  CHECK(response.headers().size() == 2);
  Response named;
  named.header("A", "1").status(Status::gone);
  CHECK(named.headers().find("A") == "1");
  CHECK_THROWS_AS(named.header("A", "\n"), std::invalid_argument);
}

TEST_CASE("a response is moved, and assigned, with all that it has") {
  Response first = Response::text("first").status(Status::accepted);
  Response second(std::move(first));
  CHECK(second.body().text() == "first");
  CHECK(second.status() == Status::accepted);
  Response third = Response::json("{}");
  third = std::move(second);
  CHECK(third.body().text() == "first");
  CHECK(third.headers().find("Content-Type") == "text/plain; charset=utf-8");
  first = Response::text("again");  // one that was moved from can be assigned to
  CHECK(first.body().text() == "again");
}

TEST_CASE("the memory of a response is used again by the next one of the thread, and nothing of its content") {
  std::thread([] {  // a free list of its own
    const char* text;
    std::size_t held;
    {
      const Response response = Response::text(std::string_view(std::string(300, 'x'))).header("Secret", "yes");
      text = response.body().text().data();
      held = response.headers().capacity();
    }
    Response next(Status::ok);
    CHECK(next.headers().empty());
    CHECK(next.headers().capacity() == held);
    CHECK(next.body().empty());
    next.body().assign(std::string_view("short"));
    CHECK(next.body().text().data() == text);
  })
      .join();
}

TEST_CASE("what a response holds ends with it, and not with the memory that is kept") {
  const auto owner = std::make_shared<std::string>("bytes");
  {
    Response response;
    response.body().assign(SharedBytes{owner, *owner});
    CHECK(owner.use_count() == 2);
  }
  CHECK(owner.use_count() == 1);
}

TEST_CASE("memory that has grown large is not kept") {
  std::thread([] {
    {
      Response response;
      response.header("Large", std::string(100'000, 'x'));
    }
    CHECK(Response().headers().capacity() < 64 * 1024);
  }).join();
}

TEST_CASE("responses may be made on one thread and die on another, also while threads end") {
  constexpr int count = 500;  // more than a thread keeps
  std::vector<Response> made;
  for (int i = 0; i < count; ++i) made.push_back(Response::text("from here"));
  std::vector<Response> returned;
  std::thread([&made, &returned] {
    made.clear();
    for (int i = 0; i < count; ++i) returned.push_back(Response::text("from there"));
  }).join();
  for (const Response& response : returned) CHECK(response.body().text() == "from there");
  returned.clear();
}

TEST_CASE("a response that outlives its thread's free list, or nests in another's body, ends well") {
  std::thread([] {
    // Constructed before the thread's list has anything to guard, hence destroyed after it.
    static thread_local std::unique_ptr<Response> late;
    late = std::make_unique<Response>(Response::text("late"));
    (void)Response::text("early");
    const auto inner = std::make_shared<Response>(Response::text("inner"));
    Response outer;
    outer.body().assign([inner](BodyWriter&) -> awaitable<void> { co_return; });
  }).join();
}

}  // namespace ropeway
