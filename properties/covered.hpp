// What is run where all variants are run, for who does not run them himself.
#pragma once

#include <string>
#include <vector>

namespace handfast::properties {

/// The variants' concepts, and those of the parts that they are made of.
[[nodiscard]] std::vector<std::string> covered_concepts();

}  // namespace handfast::properties
