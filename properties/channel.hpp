// The properties of a channel.
#pragma once

#include <vector>

#include "properties/property.hpp"

namespace handfast::properties {

[[nodiscard]] const std::vector<property>& channel_properties();

}  // namespace handfast::properties
