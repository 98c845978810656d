#include <ropeway/setting.hpp>

#include <utility>

namespace ropeway {

Setting Setting::list(std::string name, std::string text, Setting element) {
  Setting setting(Type::list, std::move(name), std::move(text));
  setting.element_ = std::make_shared<const Setting>(std::move(element));
  return setting;
}

Setting Setting::map(std::string name, std::string text, Setting element) {
  Setting setting(Type::map, std::move(name), std::move(text));
  setting.element_ = std::make_shared<const Setting>(std::move(element));
  return setting;
}

Setting Setting::object(std::string name, std::string text, Settings members) {
  Setting setting(Type::object, std::move(name), std::move(text));
  setting.members_ = std::move(members);
  return setting;
}

Setting&& Setting::or_as(Setting other) {
  alternative_ = std::make_shared<const Setting>(std::move(other));
  return std::move(*this);
}

}  // namespace ropeway
