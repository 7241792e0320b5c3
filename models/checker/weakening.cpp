#include "models/checker/weakening.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "models/checker/trace.hpp"

namespace handfast::checker {
namespace {

constexpr std::array<std::string_view, 9> weakness_names{
    "relaxed",        "acquire",  "release",   "acq_rel", "failed_relaxed",
    "failed_acquire", "may_fail", "wakes_one", "skipped"};
constexpr std::array<std::string_view, 8> deed_names{
    "load",  "store",      "read-modify-write", "compare-exchange",
    "fence", "notify one", "notify all",        "step"};

std::optional<weakening> on;
std::uint64_t times = 0;
bool noting = false;
std::map<site, written> noted;

std::string_view name_of(deed what) {
  return deed_names[static_cast<std::size_t>(what)];
}

// What says where sources of the runtime lie, in whichever build.
constexpr std::string_view included = "/include/handfast/";

std::string_view file_of(const std::source_location& at) {
  const std::string_view name = at.file_name();
  const std::size_t root = name.find(included);
  return root == std::string_view::npos ? name : name.substr(root + included.size());
}

// Its file may be told from any folder on.
bool is_at(const site& which, const std::source_location& at) {
  const std::string_view file = file_of(at);
  return which.line == at.line() && which.column == at.column() && file.ends_with(which.file) &&
         (file.size() == which.file.size() || file[file.size() - which.file.size() - 1] == '/');
}

// One step weaker, of a read and a write.
std::vector<weakness> orders_below(access how, bool reads, bool writes) {
  switch (how) {
    case access::seq_cst:
      return {reads && writes ? weakness::acq_rel : reads ? weakness::acquire : weakness::release};
    case access::acq_rel: return {weakness::acquire, weakness::release};
    case access::acquire:
    case access::release: return {weakness::relaxed};
    default: return {};
  }
}

access order_of(weakness to) {
  switch (to) {
    case weakness::acquire:
    case weakness::failed_acquire: return access::acquire;
    case weakness::release: return access::release;
    case weakness::acq_rel: return access::acq_rel;
    default: return access::relaxed;
  }
}

written as_written(const operation& next) {
  written what;
  what.how = next.how;
  if (next.kind == event_kind::fence) {
    what.what = deed::fence;
  } else if (next.kind == event_kind::write) {
    what.what = deed::store;
  } else if (next.then == update::take_one_waiter || next.then == update::take_all_waiters) {
    what.what = next.then == update::take_one_waiter ? deed::notify_one : deed::notify_all;
    what.how = access::relaxed;
  } else if (next.then == update::compare_exchange || next.then == update::compare_exchange_weak) {
    what.what = deed::compare_exchange;
    what.how_if_failed = next.how_if_failed;
    what.may_fail = next.then == update::compare_exchange_weak;
  } else if (next.then != update::none) {
    what.what = deed::read_modify_write;
  }
  return what;
}

void note(const std::source_location& at, const written& what) {
  const auto [place, is_new] =
      noted.try_emplace({std::string(file_of(at)), at.line(), at.column()}, what);
  if (is_new) {
    place->second.path = at.file_name();
  }
}

// The write of a read-modify-write is left out.
void keep_the_read(operation& next) {
  next.then = update::none;
  next.how = next.how_if_done = acquires(next.how) ? access::acquire : access::relaxed;
}

}  // namespace

std::vector<weakness> weaknesses_of(const written& what) {
  switch (what.what) {
    case deed::load: return orders_below(what.how, true, false);
    case deed::store: {
      auto all = orders_below(what.how, false, true);
      all.push_back(weakness::skipped);
      return all;
    }
    case deed::read_modify_write: {
      auto all = orders_below(what.how, true, true);
      all.push_back(weakness::skipped);
      return all;
    }
    case deed::compare_exchange: {
      auto all = orders_below(what.how, true, true);
      if (what.how_if_failed == access::seq_cst) {
        all.push_back(weakness::failed_acquire);
      } else if (what.how_if_failed == access::acquire) {
        all.push_back(weakness::failed_relaxed);
      }
      if (!what.may_fail) {
        all.push_back(weakness::may_fail);
      }
      return all;
    }
    case deed::fence: {
      // An acquire or a release fence made weaker is none.
      auto all = orders_below(what.how, true, true);
      std::erase(all, weakness::relaxed);
      all.push_back(weakness::skipped);
      return all;
    }
    case deed::notify_all: return {weakness::wakes_one, weakness::skipped};
    case deed::notify_one:
    case deed::step: return {weakness::skipped};
  }
  return {};
}

std::string_view name_of(weakness how) {
  return weakness_names[static_cast<std::size_t>(how)];
}

std::string to_string(const weakening& what) {
  return what.at.file + ":" + std::to_string(what.at.line) + ":" + std::to_string(what.at.column) +
         ":" + std::string(name_of(what.to));
}

std::optional<weakening> weakening_from(std::string_view text) {
  const auto cut = [&text]() -> std::string_view {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
      return {};
    }
    const std::string_view last = text.substr(colon + 1);
    text = text.substr(0, colon);
    return last;
  };
  const auto number = [](std::string_view digits, std::uint32_t& to) {
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), to);
    return wrong == std::errc() && end == digits.data() + digits.size();
  };
  weakening what;
  const auto* const to = std::ranges::find(weakness_names, cut());
  if (to == weakness_names.end() || !number(cut(), what.at.column) ||
      !number(cut(), what.at.line) || text.empty()) {
    return std::nullopt;
  }
  what.at.file = text;
  what.to = static_cast<weakness>(to - weakness_names.begin());
  return what;
}

void weaken(const std::optional<weakening>& which) {
  on = which;
  times = 0;
  detail::campaign_is_on = on || noting;
}
std::uint64_t weakened() {
  return times;
}

void note_sites() {
  noting = true;
  detail::campaign_is_on = true;
}

std::vector<spot> noted_spots() {
  std::vector<spot> all;
  for (const auto& [at, what] : noted) {
    spot& made = all.emplace_back(at, what.path, std::string(name_of(what.what)));
    if (what.what < deed::notify_one) {
      made.order = order_name(what.how);
    }
    if (what.what == deed::compare_exchange) {
      made.order_if_failed = order_name(what.how_if_failed);
    }
    for (const weakness way : weaknesses_of(what)) {
      made.ways.emplace_back(name_of(way));
    }
  }
  return all;
}

namespace detail {

bool campaign_is_on = false;

bool changed(operation& next) {
  if (next.how == access::plain) {
    return true;
  }
  if (noting) {
    note(next.line, as_written(next));
  }
  if (!on || !is_at(on->at, next.line)) {
    return true;
  }
  ++times;
  switch (on->to) {
    case weakness::skipped:
      if (as_written(next).what != deed::read_modify_write) {
        return false;
      }
      keep_the_read(next);
      return true;
    case weakness::wakes_one: next.then = update::take_one_waiter; return true;
    case weakness::may_fail: next.then = update::compare_exchange_weak; return true;
    case weakness::failed_relaxed:
    case weakness::failed_acquire: next.how_if_failed = order_of(on->to); return true;
    default: next.how = next.how_if_done = order_of(on->to); return true;
  }
}

bool is_done(const std::source_location& at) {
  if (noting) {
    written step;
    step.what = deed::step;
    note(at, step);
  }
  const bool skipped = on && is_at(on->at, at);
  times += skipped ? 1 : 0;
  return !skipped;
}

}  // namespace detail

}  // namespace handfast::checker
