#include "properties/conformance.hpp"

#include <algorithm>
#include <sstream>

#include "properties/covered.hpp"

namespace handfast::properties {
namespace {

constexpr native::deadline long_past = native::deadline::min();

// What an operation without success says where the specification says `full`.
send_failure specified(send_failure plain, action act) {
  return plain == send_failure::full && act == action::send_until ? send_failure::timed_out : plain;
}

receive_failure specified(receive_failure plain, action act) {
  return plain == receive_failure::empty && act == action::receive_until
             ? receive_failure::timed_out
             : plain;
}

}  // namespace

conformance::conformance(const variant& on, const std::vector<std::uint8_t>& capacities) : on_(on) {
  for (const std::uint8_t capacity : capacities) {
    channels_.emplace_back(on, std::max<std::size_t>(capacity, 1));
  }
}

std::optional<std::string> conformance::run(const std::vector<operation>& steps) {
  const auto at = [](std::size_t number, const operation& step, const std::string& what) {
    std::ostringstream text;
    text << "step " << number + 1 << ", " << step << ": " << what;
    return text.str();
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    apply(steps[i]);
    settle();
    check_ownership();
    if (wrong_) {
      return at(i, steps[i], *wrong_);
    }
  }
  drop_all();
  return wrong_ ? std::optional("at the end: " + *wrong_) : std::nullopt;
}

void conformance::apply(const operation& step) {
  pair& on = channels_[step.channel % channels_.size()];
  const bool sends = step.act <= action::send_handle || step.act == action::close_by_sender ||
                     step.act == action::clone_sender || step.act == action::drop_sender;
  if (sends ? on.senders.empty() : on.receivers.empty()) {
    return;  // nobody is left to do it
  }
  const std::size_t who = step.actor % (sends ? on.senders.size() : on.receivers.size());
  const auto place = static_cast<std::ptrdiff_t>(who);
  switch (step.act) {
    case action::send:
    case action::try_send:
    case action::send_until:
    case action::send_handle: send(on, on.senders[who], step); break;
    case action::send_many: send_many(on, on.senders[who], step.amount); break;
    case action::receive:
    case action::try_receive:
    case action::receive_until: receive(on, on.receivers[who], step); break;
    case action::receive_many: receive_many(on, on.receivers[who], step.amount); break;
    case action::close_by_sender:
      expect_same(on.senders[who].close(), on.model.close(), "what close said");
      break;
    case action::close_by_receiver:
      expect_same(on.receivers[who].close(), on.model.close(), "what close said");
      break;
    case action::clone_sender:
      if (on_.many_senders) {
        on.model.clone_sender();
        on.senders.push_back(on.senders[who].clone());
      }
      break;
    case action::clone_receiver:
      if (on_.many_receivers) {
        on.model.clone_receiver();
        on.receivers.push_back(on.receivers[who].clone());
      }
      break;
    case action::drop_sender:
      on.model.drop_sender();
      on.senders.erase(on.senders.begin() + place);
      break;
    case action::drop_receiver:
      meet(goal::discarded, !on.model.drop_receiver().empty());
      on.receivers.erase(on.receivers.begin() + place);
      break;
  }
}

tracked_item conformance::new_item(const operation& step) {
  const spec::item number = next_++;
  const std::size_t which = step.amount % channels_.size();
  if (step.act != action::send_handle || !on_.many_senders || channels_[which].senders.empty()) {
    return {book_, number};
  }
  pair& of = channels_[which];
  of.model.clone_sender();
  encloses_[number] = which;
  meet(goal::handle_in_item, true);
  return {book_, number, std::make_unique<enclosed_sender>(of.senders.front().clone())};
}

void conformance::send(pair& on, const sender<core>& tx, const operation& step) {
  tracked_item item = new_item(step);
  const spec::item number = *item.number();
  const bool would_block = !on.model.closed() && on.model.items().size() == on.model.capacity();
  const auto should = on.model.send(number);
  const bool waits = (step.act == action::send || step.act == action::send_handle) && !would_block;
  const auto did = waits                            ? tx.send(std::move(item))
                   : step.act == action::send_until ? tx.send_until(std::move(item), long_past)
                                                    : tx.try_send(std::move(item));
  expect_same(did.has_value(), should.has_value(), "whether the send succeeded");
  if (did || should) {
    return;
  }
  expect_same(did.error().reason, specified(should.error(), step.act), "why the send failed");
  expect_same(did.error().item.number(), std::optional(number), "the item given back");
  meet(goal::full, should.error() == send_failure::full);
  meet(goal::given_back_on_close, should.error() == send_failure::closed);
}

// Only as many as do not block; one more where the channel is closed anyway.
void conformance::send_many(pair& on, const sender<core>& tx, std::size_t count) {
  const std::size_t room = on.model.capacity() - on.model.items().size();
  const std::size_t most = on.model.closed() ? count : std::min(count, room);
  std::vector<tracked_item> items;
  std::size_t should = 0;
  for (std::size_t i = 0; i < most; ++i) {
    items.emplace_back(book_, next_++);
    should += on.model.send(*items.back().number()).has_value() ? 1 : 0;
  }
  const auto did = tx.send_many(items);
  const std::size_t unsent = did ? 0 : did.error().items.size();
  expect_same(items.size() - unsent, should, "how many send_many sent");
  expect(did || did.error().reason == send_failure::closed, "send_many failed, not for a close");
  for (std::size_t i = 0; i < items.size(); ++i) {
    expect_same(items[i].number().has_value(), i >= should, "which items send_many left behind");
  }
  meet(goal::partial_send_many, unsent > 0);
}

void conformance::receive(pair& on, const receiver<core>& rx, const operation& step) {
  const bool would_block = !on.model.closed() && on.model.items().empty();
  const bool was_closed = on.model.closed();
  const auto should = on.model.receive();
  const auto did = step.act == action::receive && !would_block ? rx.receive()
                   : step.act == action::receive_until         ? rx.receive_until(long_past)
                                                               : rx.try_receive();
  expect_same(did.has_value(), should.has_value(), "whether the receive succeeded");
  if (did && should) {
    expect_same(did->number(), std::optional(*should), "the item received");
    meet(goal::drained_after_close, was_closed);
  } else if (!did && !should) {
    expect_same(did.error(), specified(should.error(), step.act), "why the receive failed");
    meet(goal::empty, should.error() == receive_failure::empty);
  }
}

void conformance::receive_many(pair& on, const receiver<core>& rx, std::size_t most) {
  if (!on.model.closed() && on.model.items().empty()) {
    return;  // would block
  }
  const auto should = on.model.receive_many(most);
  std::vector<std::optional<tracked_item>> rooms(most);
  const auto did = rx.receive_many(rooms);
  expect_same(did.has_value(), should.has_value(), "whether receive_many succeeded");
  if (!did || !should) {
    return;
  }
  expect_same(*did, should->size(), "how many receive_many received");
  for (std::size_t i = 0; i < std::min(*did, should->size()); ++i) {
    expect_same(rooms[i]->number(), std::optional((*should)[i]), "an item received");
  }
}

void conformance::drop_all() {
  for (pair& each : channels_) {
    while (!each.receivers.empty()) {
      std::ignore = each.model.drop_receiver();
      each.receivers.pop_back();
    }
    settle();
  }
  for (pair& each : channels_) {
    each.senders.clear();
  }
  for (const auto& [number, count] : book_.alive) {
    expect(count == 0, "item " + std::to_string(number) +
                           (count > 0 ? " is still alive" : " was destroyed more than once"));
  }
}

void conformance::settle() {
  for (const spec::item number : std::exchange(book_.destroyed, {})) {
    if (const auto found = encloses_.find(number); found != encloses_.end()) {
      channels_[found->second].model.drop_sender();
      encloses_.erase(found);
    }
  }
}

void conformance::check_ownership() {
  std::set<spec::item> in_channels;
  for (const pair& each : channels_) {
    in_channels.insert(each.model.items().begin(), each.model.items().end());
  }
  for (const auto& [number, count] : book_.alive) {
    const int should = in_channels.contains(number) ? 1 : 0;
    expect(count == should, "item " + std::to_string(number) + " is alive " +
                                std::to_string(count) + " times, not " + std::to_string(should));
  }
  std::erase_if(book_.alive, [](const auto& each) { return each.second == 0; });
}

std::vector<std::string> covered_concepts() {
  std::vector<std::string> all{"park", "turn_ring", "segments"};
  for (const conformance::variant& each : variants<tracked_item, native>) {
    all.emplace_back(each.concept_name);
  }
  return all;
}

std::optional<std::string> run_program(const program& what, const conformance::variant& on,
                                       goals_met* seen) {
  conformance run(on, what.capacities);
  std::optional<std::string> wrong = run.run(what.steps);
  if (seen != nullptr) {
    *seen |= run.seen();
  }
  return wrong;
}

std::optional<std::string> run_program(const program& what, goals_met* seen) {
  for (const conformance::variant& each : variants<tracked_item, native>) {
    if (const auto wrong = run_program(what, each, seen)) {
      return std::string(each.name) + ", " + *wrong;
    }
  }
  return std::nullopt;
}

}  // namespace handfast::properties
