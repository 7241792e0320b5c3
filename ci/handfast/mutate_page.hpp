// A campaign's results as one self-contained HTML page: the source, and beside each line what
// becomes of it when it is weaker.
#pragma once

#include <map>
#include <string>

#include "ci/handfast/campaign.hpp"

namespace handfast::ci {

/// Throws `usage_error` if `path` cannot be written.
void write_page(const std::string& path, const campaign_plan& plan,
                const std::map<std::string, mutant_fate>& fates);

}  // namespace handfast::ci
