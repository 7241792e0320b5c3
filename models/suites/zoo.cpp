#include "models/zoo/zoo.hpp"

#include "models/suites/checker_entry.hpp"

namespace handfast::checker_suite {
namespace {

template <template <class, bool> class Bug, bool Fixed>
struct exhibit {
  template <class Sync>
  using scenario = Bug<Sync, Fixed>;
};

}  // namespace

const std::vector<scenario>& zoo_entries() {
  static const std::vector<scenario> all = [] {
    std::vector<scenario> made;
    zoo::for_each_bug([&made]<template <class, bool> class Bug>(const char* name, const char*) {
      const std::string full_name = std::string("zoo.") + name;
      made.push_back(entry<exhibit<Bug, false>::template scenario>(full_name + "_bug", true));
      made.push_back(entry<exhibit<Bug, true>::template scenario>(full_name + "_fixed", true));
    });
    return made;
  }();
  return all;
}

}  // namespace handfast::checker_suite
