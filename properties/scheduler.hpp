// The properties of a scheduler.
#pragma once

#include <vector>

#include "properties/property.hpp"

namespace handfast::properties {

[[nodiscard]] const std::vector<property>& scheduler_properties();

}  // namespace handfast::properties
