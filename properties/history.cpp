#include "properties/history.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace handfast::properties {
namespace {

constexpr std::array<std::string_view, call_kinds> names{
    "send",          "try_send",      "send_until",     "send_many",  "receive",
    "try_receive",   "receive_until", "receive_many",   "close",      "drop_sender",
    "drop_receiver", "clone_sender",  "clone_receiver", "async_send", "async_receive",
    "poll_send",     "poll_receive"};

std::string joined(const std::vector<spec::item>& items) {
  std::string text;
  for (const spec::item each : items) {
    text += (text.empty() ? "" : ", ") + std::to_string(each);
  }
  return text;
}

std::string question(const call& what) {
  const bool many = what.kind == call_kind::receive_many;
  return (what.selects ? "select " : "") + std::string(name_of(what.kind)) + "(" +
         (many ? std::to_string(what.most) : joined(what.asked)) + ")";
}

std::string answer(const call& what) {
  if (what.responded == 0) {
    return "no answer";
  }
  if (what.send_failed) {
    const std::string sent =
        what.kind == call_kind::send_many ? "sent " + std::to_string(what.sent) + ", " : "";
    return sent + std::string(to_string(*what.send_failed));
  }
  if (what.receive_failed) {
    return std::string(to_string(*what.receive_failed));
  }
  if (what.closed) {
    return std::string(to_string(*what.closed));
  }
  return what.got.empty() ? "done" : joined(what.got);
}

}  // namespace

std::string_view name_of(call_kind kind) {
  return names[static_cast<std::size_t>(kind)];
}

std::string to_string(const call& what) {
  return question(what) + " = " + answer(what);
}

std::string to_string(const history& what) {
  constexpr std::size_t width = 34;
  std::map<std::uint64_t, std::pair<std::size_t, std::string>> lines;
  std::size_t first = what.calls.empty() ? 0 : what.calls.front().thread;
  std::size_t threads = 0;
  for (const call& each : what.calls) {
    first = std::min(first, each.thread);
    threads = std::max(threads, each.thread + 1);
    lines[each.invoked] = {each.thread, question(each)};
    if (each.responded != 0) {
      lines[each.responded] = {each.thread, "  = " + answer(each)};
    }
  }
  std::string text =
      what.one_item ? "one item in its life\n" : "capacity " + std::to_string(what.capacity) + "\n";
  for (std::size_t thread = first; thread < threads; ++thread) {
    std::string heading = "thread " + std::to_string(thread);
    heading.resize(width, ' ');
    text += heading;
  }
  text += '\n';
  for (const auto& [stamp, line] : lines) {
    text += std::string((line.first - first) * width, ' ') + line.second + '\n';
  }
  return text;
}

}  // namespace handfast::properties
