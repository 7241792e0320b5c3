#include "models/suites/litmus.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "models/checker/search.hpp"

namespace handfast::litmus {
namespace {

using checker::access;
using value = std::uint64_t;

// What it says ----------------------------------------------------------------------

struct statement;
using block = std::vector<statement>;

enum class verb : std::uint8_t {
  assign,
  load,
  store,
  exchange,
  fetch_add,
  compare_exchange,
  fence,
  branch
};

// An operand: a number, or a register of the thread.
struct operand {
  std::string name;  // empty: a number
  value number = 0;
};

struct statement {
  verb what = verb::fence;
  std::string target;    // the register that it sets; empty: none
  std::string location;  // of an access; of a branch the register it looks at
  std::string expected;  // compare_exchange: the thread's own variable
  operand data;
  access how = access::plain;
  access how_if_failed = access::plain;
  bool equal = true;  // branch: == or !=
  block then;
  block otherwise;
};

struct test {
  std::string name;
  std::map<std::string, value> initial;
  std::vector<block> threads;
  std::vector<std::string> observed;
};

// Reading it --------------------------------------------------------------------------

class parser {
 public:
  explicit parser(std::string_view text) : text_(text) { next(); }

  test parse() {
    expect("C");
    test made;
    // A name may have any characters but space in it.
    std::size_t end = text_.find('\n', at_);
    made.name = token_ + std::string(text_.substr(at_, end - at_));
    while (!made.name.empty() && std::isspace(static_cast<unsigned char>(made.name.back())) != 0) {
      made.name.pop_back();
    }
    at_ = end;
    next();
    expect("{");
    while (!accept("}")) {
      accept("int");
      accept("atomic_int");
      accept("*");
      const std::string name = take();
      made.initial[name] = accept("=") ? number() : 0;
      accept(";");
    }
    while (token_.size() > 1 && token_[0] == 'P' && std::isdigit(token_[1]) != 0) {
      next();
      expect("(");
      while (!accept(")")) {
        next();
      }
      made.threads.push_back(body());
    }
    if (accept("locations")) {
      expect("[");
      while (!accept("]")) {
        std::string name = take();
        if (accept(":")) {
          name += ":" + take();
        }
        made.observed.push_back(name);
        accept(";");
      }
    }
    return made;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const auto line =
        std::count(text_.begin(),
                   text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())), '\n');
    throw malformed("line " + std::to_string(line + 1) + ": " + what + ", not '" + token_ + "'");
  }

  void next() {
    const auto is_word = [](char letter) {
      return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
    };
    for (;;) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
        ++at_;
      }
      if (text_.substr(at_).starts_with("(*")) {
        at_ = std::min(text_.find("*)", at_), text_.size() - 2) + 2;
      } else if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        break;
      }
    }
    const std::size_t start = at_;
    if (at_ == text_.size()) {
      token_.clear();
      return;
    }
    if (is_word(text_[at_])) {
      while (at_ < text_.size() && is_word(text_[at_])) {
        ++at_;
      }
    } else {
      const std::string_view two = text_.substr(at_, 2);
      at_ += two == "==" || two == "!=" ? 2 : 1;
    }
    token_ = text_.substr(start, at_ - start);
  }

  bool accept(std::string_view token) {
    if (token_ != token) {
      return false;
    }
    next();
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) {
      fail("'" + std::string(token) + "' is expected");
    }
  }
  std::string take() {
    if (token_.empty()) {
      fail("a name is expected");
    }
    std::string taken = token_;
    next();
    return taken;
  }
  value number() {
    const bool negative = accept("-");
    const std::string digits = take();
    if (digits.empty() ||
        !std::ranges::all_of(digits, [](unsigned char each) { return std::isdigit(each) != 0; })) {
      fail("a number is expected");
    }
    const value read = std::stoull(digits);
    return negative ? value{0} - read : read;
  }

  operand either() {
    if (token_ == "-" ||
        (!token_.empty() && std::isdigit(static_cast<unsigned char>(token_[0])) != 0)) {
      return {"", number()};
    }
    return {take(), 0};
  }

  access order() {
    const std::string name = take();
    static const std::map<std::string, access> orders{
        {"memory_order_relaxed", access::relaxed}, {"memory_order_consume", access::acquire},
        {"memory_order_acquire", access::acquire}, {"memory_order_release", access::release},
        {"memory_order_acq_rel", access::acq_rel}, {"memory_order_seq_cst", access::seq_cst}};
    const auto found = orders.find(name);
    if (found == orders.end()) {
      fail("a memory order is expected");
    }
    return found->second;
  }

  block body() {
    expect("{");
    block statements;
    while (!accept("}")) {
      statements.push_back(one());
    }
    return statements;
  }

  statement one() {
    statement made;
    if (accept("if")) {
      made.what = verb::branch;
      expect("(");
      made.location = take();
      made.equal = accept("==");
      if (!made.equal) {
        expect("!=");
      }
      made.data = either();
      expect(")");
      made.then = body();
      if (accept("else")) {
        made.otherwise = body();
      }
      return made;
    }
    if (accept("*")) {
      made.what = verb::store;
      made.location = take();
      expect("=");
      made.data = either();
      expect(";");
      return made;
    }
    accept("int");
    if (!token_.starts_with("atomic_")) {
      made.target = take();
      expect("=");
    }
    if (accept("*")) {
      made.what = verb::load;
      made.location = take();
    } else if (token_.starts_with("atomic_")) {
      call(made);
    } else {
      made.what = verb::assign;
      made.data = either();
    }
    expect(";");
    return made;
  }

  void call(statement& made) {
    const std::string name = take();
    expect("(");
    if (name == "atomic_thread_fence") {
      made.how = order();
      expect(")");
      return;
    }
    made.location = take();
    expect(",");
    if (name == "atomic_load_explicit") {
      made.what = verb::load;
    } else if (name == "atomic_compare_exchange_strong_explicit") {
      made.what = verb::compare_exchange;
      made.expected = take();
      expect(",");
      made.data = either();
      expect(",");
    } else {
      made.what = name == "atomic_store_explicit"       ? verb::store
                  : name == "atomic_exchange_explicit"  ? verb::exchange
                  : name == "atomic_fetch_add_explicit" ? verb::fetch_add
                                                        : verb::assign;
      if (made.what == verb::assign) {
        fail("no such operation: " + name);
      }
      made.data = either();
      expect(",");
    }
    made.how = order();
    if (made.what == verb::compare_exchange) {
      expect(",");
      made.how_if_failed = order();
    }
    expect(")");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string token_;
};

// Running it --------------------------------------------------------------------------

using registers = std::map<std::string, std::uint64_t>;

class runner {
 public:
  runner(const test& what, registers& mine, const std::map<std::string, checker::location>& places)
      : test_(what), mine_(mine), places_(places) {}

  void run(const block& statements) {
    for (const statement& each : statements) {
      run(each);
    }
  }

 private:
  std::uint64_t of(const operand& what) {
    return what.name.empty() ? what.number : mine_[what.name];
  }
  static std::uint64_t perform(checker::operation& next) {
    return checker::execution::current()->perform(next).low;
  }

  void run(const statement& each) {
    checker::operation next;
    next.size = 4;
    if (each.what != verb::assign && each.what != verb::branch && each.what != verb::fence) {
      next.where = places_.at(each.location);
    }
    next.how = each.how;
    next.how_if_done = each.how;
    next.how_if_failed = each.how_if_failed;
    const std::uint64_t data = of(each.data);
    switch (each.what) {
      case verb::assign: mine_[each.target] = data; return;
      case verb::branch:
        run((mine_[each.location] == data) == each.equal ? each.then : each.otherwise);
        return;
      case verb::fence: perform(next); return;
      case verb::store:
        next.kind = checker::event_kind::write;
        next.data.low = data;
        perform(next);
        return;
      case verb::load:
        next.kind = checker::event_kind::read;
        mine_[each.target] = perform(next);
        return;
      case verb::exchange: next.then = checker::update::exchange; break;
      case verb::fetch_add: next.then = checker::update::add; break;
      case verb::compare_exchange: next.then = checker::update::compare_exchange; break;
    }
    next.kind = checker::event_kind::read;
    next.operand.low = data;
    if (each.what == verb::compare_exchange) {
      // Begins with what the test says; holds what was read if it fails.
      if (!mine_.contains(each.expected)) {
        const auto initial = test_.initial.find(each.expected);
        mine_[each.expected] = initial == test_.initial.end() ? 0 : initial->second;
      }
      next.expected.low = mine_[each.expected];
    }
    const std::uint64_t read = perform(next);
    if (each.what == verb::compare_exchange) {
      const bool same = read == next.expected.low;
      mine_[each.expected] = read;
      mine_[each.target] = same ? 1 : 0;
    } else {
      mine_[each.target] = read;
    }
  }

  const test& test_;
  registers& mine_;
  const std::map<std::string, checker::location>& places_;
};

void collect_locations(const block& statements, std::set<std::string>& names,
                       std::set<std::string>& own) {
  for (const statement& each : statements) {
    if (each.what != verb::assign && each.what != verb::branch && each.what != verb::fence) {
      names.insert(each.location);
    }
    if (!each.expected.empty()) {
      own.insert(each.expected);
    }
    collect_locations(each.then, names, own);
    collect_locations(each.otherwise, names, own);
  }
}

}  // namespace

result run(std::string_view text) {
  const test what = parser(text).parse();
  std::set<std::string> names;
  std::set<std::string> own;
  for (const block& each : what.threads) {
    collect_locations(each, names, own);
  }
  for (const auto& [name, data] : what.initial) {
    names.insert(name);
  }
  checker::search search;
  std::map<std::string, checker::location> places;
  std::map<std::string, std::uint64_t> begins;
  for (const std::string& name : names) {
    const auto initial = what.initial.find(name);
    begins[name] = initial == what.initial.end() ? 0 : initial->second;
    places[name] = search.declare({begins[name], 0});
  }
  result found;
  found.name = what.name;
  std::vector<registers> files(what.threads.size());
  checker::search::program threads;
  for (std::size_t i = 0; i < what.threads.size(); ++i) {
    threads.emplace_back([&, i] {
      files[i].clear();
      runner(what, files[i], places).run(what.threads[i]);
    });
  }
  search.set_program(std::move(threads));
  while (search.next()) {
    if (search.ended() != checker::run_end::complete) {
      continue;
    }
    state end;
    for (const std::string& name : what.observed) {
      std::uint64_t data = 0;
      if (const std::size_t colon = name.find(':'); colon != std::string::npos) {
        data = files[std::stoul(name)][name.substr(colon + 1)];
      } else if (own.contains(name)) {
        const auto initial = what.initial.find(name);
        data = initial == what.initial.end() ? 0 : initial->second;
        for (registers& each : files) {
          if (const auto held = each.find(name); held != each.end()) {
            data = held->second;
          }
        }
      } else {
        const auto writes = search.now().writes(places.at(name));
        data = writes.empty() ? begins[name] : search.now()[writes.back()].data.low;
      }
      end[name] = static_cast<std::int32_t>(data);
    }
    found.states.insert(std::move(end));
  }
  found.executions = search.executions();
  found.blocked = search.blocked();
  found.racy = search.racy();
  return found;
}

}  // namespace handfast::litmus
