#include "models/work/work.hpp"

#include <algorithm>
#include <utility>

#include "models/token/steps.hpp"
#include "models/token/varint.hpp"

namespace handfast::work {
namespace {

class writer {
 public:
  void number(std::uint64_t value) { append_varint(made_, value); }
  void text(const std::string& value) {
    number(value.size());
    made_.insert(made_.end(), value.begin(), value.end());
  }
  template <class List, class Write>
  void list(const List& all, Write write) {
    number(all.size());
    for (const auto& each : all) {
      write(each);
    }
  }
  bytes take() { return std::move(made_); }

 private:
  bytes made_;
};

// Reads until something is not there; from then on all is 0.
class reader {
 public:
  explicit reader(std::span<const std::uint8_t> from) : left_(from) {}

  std::uint64_t number(std::uint64_t most = ~std::uint64_t{0}) {
    const auto read = take_varint(left_);
    if (!read || *read > most) {
      fail();
      return 0;
    }
    return *read;
  }
  std::uint32_t small() { return static_cast<std::uint32_t>(number(~std::uint32_t{0})); }
  bool flag() { return number(1) != 0; }
  std::string text() {
    const std::uint64_t size = count();
    const auto read = left_.first(size);
    left_ = left_.subspan(size);
    return {read.begin(), read.end()};
  }
  template <class List, class Read>
  void list(List& all, Read read) {
    for (std::uint64_t left = count(); left > 0 && good_; --left) {
      all.push_back(read());
    }
  }
  [[nodiscard]] bool at_end() const { return good_ && left_.empty(); }

 private:
  // Of what takes a byte each, or more.
  std::uint64_t count() {
    const std::uint64_t read = number();
    if (read > left_.size()) {
      fail();
      return 0;
    }
    return read;
  }
  void fail() {
    good_ = false;
    left_ = {};
  }

  std::span<const std::uint8_t> left_;
  bool good_ = true;
};

void write(writer& to, const checker::way& way) {
  to.number(way.at);
  to.number(way.pick);
}
checker::way read_way(reader& from) {
  const std::uint32_t at = from.small();
  return {at, static_cast<std::uint32_t>(from.number(0xff))};
}

void write(writer& to, const checker::origin& origin) {
  to.number(std::uint64_t{origin.by} + 1U);  // nobody is 2^32
  to.number(origin.as);
}
checker::origin read_origin(reader& from, std::uint64_t most) {
  const std::uint64_t by = from.number(std::uint64_t{1} << 32U);
  const std::uint32_t as = from.small();
  if (by == std::uint64_t{1} << 32U) {
    return {checker::origin::nobody, as};
  }
  return {by - 1 < most ? static_cast<std::uint32_t>(by - 1) : 0, as};
}

void write(writer& to, const checker::position& where) {
  to.list(where.path, [&](const checker::position::step& each) {
    write(to, each.taken);
    const bool alone = each.left.empty() && each.revisits_left.empty();
    to.number((each.revisits ? 1U : 0U) + (alone ? 0U : 2U));
    if (!alone) {
      to.list(each.revisits_left, [&](const checker::way& way) { write(to, way); });
      to.list(each.left, [&](const checker::way& way) { write(to, way); });
    }
  });
  to.number(where.done ? 1 : 0);
  const auto origin = [&](const checker::origin& each) { write(to, each); };
  to.list(where.names.threads, origin);
  to.list(where.names.locations, origin);
  to.list(where.waits_plainly, [&](checker::location each) { to.number(each); });
}

checker::position read_position(reader& from) {
  checker::position made;
  from.list(made.path, [&] {
    checker::position::step step;
    step.taken = read_way(from);
    const std::uint64_t flags = from.number(3);
    step.revisits = (flags & 1U) != 0;
    if ((flags & 2U) != 0) {
      from.list(step.revisits_left, [&] { return read_way(from); });
      from.list(step.left, [&] { return read_way(from); });
    }
    return step;
  });
  made.done = from.flag();
  from.list(made.names.threads, [&] { return read_origin(from, made.names.threads.size()); });
  from.list(made.names.locations, [&] { return read_origin(from, made.names.threads.size()); });
  from.list(made.waits_plainly, [&] { return from.small(); });
  return made;
}

void write(writer& to, const totals& all) {
  for (const std::uint64_t each :
       {all.executions, all.blocked, all.operations, all.plain, all.longest}) {
    to.number(each);
  }
  to.number(all.anything ? 1 : 0);
  to.number(all.cut ? 1 : 0);
  to.list(all.goals, [&](const auto& goal) {
    to.text(goal.first);
    to.number(goal.second ? 1 : 0);
  });
}

totals read_totals(reader& from) {
  totals all;
  for (std::uint64_t* each :
       {&all.executions, &all.blocked, &all.operations, &all.plain, &all.longest}) {
    *each = from.number();
  }
  all.anything = from.flag();
  all.cut = from.flag();
  std::vector<std::pair<std::string, bool>> goals;
  from.list(goals, [&] {
    std::string label = from.text();
    return std::pair(std::move(label), from.flag());
  });
  all.goals.insert(goals.begin(), goals.end());
  return all;
}

}  // namespace

totals& totals::operator+=(const totals& other) {
  executions += other.executions;
  blocked += other.blocked;
  operations += other.operations;
  plain += other.plain;
  longest = std::max(longest, other.longest);
  anything |= other.anything;
  cut |= other.cut;
  for (const auto& [label, met] : other.goals) {
    goals[label] |= met;
  }
  return *this;
}

bytes packed(const unfinished& work) {
  writer to;
  write(to, work.done);
  to.list(work.left, [&](const checker::position& each) { write(to, each); });
  return to.take();
}

std::optional<unfinished> unpacked(std::span<const std::uint8_t> from) {
  reader all(from);
  unfinished made;
  made.done = read_totals(all);
  made.left.clear();
  all.list(made.left, [&] { return read_position(all); });
  return all.at_end() ? std::optional(std::move(made)) : std::nullopt;
}

bytes packed(const checker::position& where) {
  writer to;
  write(to, where);
  return to.take();
}

std::optional<checker::position> unpacked_position(std::span<const std::uint8_t> from) {
  reader all(from);
  checker::position made = read_position(all);
  return all.at_end() ? std::optional(std::move(made)) : std::nullopt;
}

bytes packed(const part_end& end) {
  writer to;
  to.number(static_cast<std::uint64_t>(end.ended));
  write(to, end.done);
  to.text(end.found.kind);
  to.text(end.found.text);
  to.list(handfast::packed(end.steps), [&](std::uint8_t each) { to.number(each); });
  write(to, end.where);
  return to.take();
}

std::optional<part_end> unpacked_end(std::span<const std::uint8_t> from) {
  reader all(from);
  part_end made;
  made.ended = static_cast<part_end::why>(all.number(3));
  made.done = read_totals(all);
  made.found.kind = all.text();
  made.found.text = all.text();
  bytes steps;
  all.list(steps, [&] { return static_cast<std::uint8_t>(all.number(0xff)); });
  made.where = read_position(all);
  const auto known = handfast::unpacked(steps);
  if (!all.at_end() || !known) {
    return std::nullopt;
  }
  made.steps = *known;
  return made;
}

}  // namespace handfast::work
