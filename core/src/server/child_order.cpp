#include "core/src/server/child_order.hpp"

#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "core/src/server/descriptor_message.hpp"

namespace ropeway::server {

int send_order(int channel, const ChildOrder& order) noexcept {
  const std::array<int, DescriptorMessage::most> descriptors{order.input.get(), order.output.get(), order.error.get(), order.life.get(),
                                                             order.program.get()};
  const std::size_t count = descriptors.size() - (order.program ? 0 : 1);
  return DescriptorMessage::send(channel, {order.task, order.cpu_seconds, order.memory}, std::span(descriptors).first(count));
}

Received receive_order(int channel, ChildOrder& order) noexcept {
  for (;;) {
    DescriptorMessage message;
    const ssize_t size = message.receive(channel);
    if (size < 0) return errno == EAGAIN ? Received::nothing : Received::end;
    if (size == 0) return Received::end;
    order = ChildOrder();
    const std::array<Descriptor*, DescriptorMessage::most> places{&order.input, &order.output, &order.error, &order.life, &order.program};
    for (std::size_t i = 0; i < message.count; ++i) *places[i] = std::move(message.descriptors[i]);
    order.task = message.numbers[0];
    order.cpu_seconds = message.numbers[1];
    order.memory = message.numbers[2];
    const std::size_t expected = order.task == ChildOrder::no_task ? places.size() : places.size() - 1;
    if (static_cast<std::size_t>(size) == sizeof message.numbers && message.count == expected) return Received::order;
  }
}

}  // namespace ropeway::server
