// JSON in and out: typed parameters, documents that are checked, and a long list that is written while it is sent.
//
//   curl -H 'Content-Type: application/json' -d '{"customer": "Ann", "items": [{"name": "tea", "count": 2}]}' localhost:8000/v1/orders
//   curl localhost:8000/v1/orders/1
//   curl 'localhost:8000/v1/orders?sort=newest&limit=10'

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ropeway/json.hpp>
#include <ropeway/ropeway.hpp>

struct Item {
  std::string name;
  int count = 1;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Item, name, count)

struct Order {
  std::string customer;
  std::vector<Item> items;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Order, customer, items)

enum class Sorting { oldest, newest };
template <>
struct ropeway::ValueNames<Sorting> {
  static constexpr std::pair<std::string_view, Sorting> values[] = {{"oldest", Sorting::oldest}, {"newest", Sorting::newest}};
};

// All orders of this process: many threads use them at once.
class Orders {
 public:
  std::size_t add(Order order) {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(order));
    return orders_.size();
  }
  std::optional<Order> find(std::size_t number) const {
    const std::lock_guard lock(mutex_);
    return number > 0 && number <= orders_.size() ? std::optional(orders_[number - 1]) : std::nullopt;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return orders_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Order> orders_;
};

Orders& all_orders() {
  static Orders orders;
  return orders;
}

// `POST /v1/orders`: what is no order is answered with 400 and the member that is wrong.
class AddOrder final : public ropeway::Handler {
 public:
  explicit AddOrder(ropeway::Services& services) : services_(services) {}
  ropeway::Response handle(const ropeway::Request& request) const override {
    auto order = request.json<Order>();
    if (order.items.empty()) throw ropeway::HttpError(ropeway::Status::unprocessable_content, "An order needs items.");
    const std::size_t number = all_orders().add(std::move(order));
    return ropeway::Response::json(nlohmann::json{{"number", number}})
        .status(ropeway::Status::created)
        .header("Location", services_.url("order", {{"number", number}}));  // wherever that route is moved
  }

 private:
  ropeway::Services& services_;
};

// `GET /v1/orders/{number}`
class OneOrder final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request& request) const override {
    const auto order = all_orders().find(request.param<std::size_t>("number"));
    if (!order) throw ropeway::HttpError(ropeway::Status::not_found, "There is no such order.");
    return ropeway::Response::json(nlohmann::json(*order));
  }
};

// `GET /v1/orders?sort=newest&limit=10`: written without a tree, and sent piece by piece.
class ListOrders final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request& request) const override {
    const auto sorting = request.query<Sorting>("sort", Sorting::oldest);
    const auto limit = request.query<std::size_t>("limit", 100);
    return ropeway::Response::stream("application/json", [sorting, limit](ropeway::BodyWriter& out) -> ropeway::awaitable<void> {
      const std::size_t count = all_orders().size();
      ropeway::JsonWriter json;
      json.begin_array();
      for (std::size_t i = 0; i < std::min(limit, count); ++i) {
        const std::size_t number = sorting == Sorting::oldest ? i + 1 : count - i;
        const auto order = all_orders().find(number);
        json.begin_object().member("number", number).member("customer", order->customer).member("items", order->items.size()).end_object();
        if (json.text().size() < 16'384) continue;
        co_await out.write(json.text());
        json.clear_text();
      }
      json.end_array();
      co_await out.write(json.text());
    });
  }
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<AddOrder>("add_order");
    registry.handler<OneOrder>("one_order");
    registry.handler<ListOrders>("list_orders");
  });
}
