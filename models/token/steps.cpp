#include "models/token/steps.hpp"

#include "models/token/varint.hpp"

namespace handfast {

std::vector<std::uint8_t> packed(const std::vector<checker::search::step>& steps) {
  std::vector<std::uint8_t> bytes;
  for (const checker::search::step& each : steps) {
    append_varint(bytes, each.thread);
    append_varint(bytes, each.number);
    append_varint(bytes, each.pick);
  }
  return bytes;
}

std::optional<std::vector<checker::search::step>> unpacked(std::span<const std::uint8_t> bytes) {
  std::vector<checker::search::step> steps;
  while (!bytes.empty()) {
    const auto thread = take_varint(bytes);
    const auto number = take_varint(bytes);
    const auto pick = take_varint(bytes);
    if (!thread || !number || !pick || *thread >= checker::no_thread ||
        *number > ~std::uint32_t{0} || *pick > ~std::uint32_t{0}) {
      return std::nullopt;
    }
    steps.push_back({static_cast<checker::thread_index>(*thread),
                     static_cast<std::uint32_t>(*number), static_cast<std::uint32_t>(*pick)});
  }
  return steps;
}

}  // namespace handfast
