// Searches cut in pieces for batch engines: `check --split N DIR`, `check --run FILE`
// for each of them, anywhere and in any order, `check --merge DIR`.
#pragma once

#include "ci/engines/work_file.hpp"
#include "ci/handfast/engines.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {

/// The run that a work file is of; throws `usage_error` where it is not this build's.
[[nodiscard]] run_request request_of(const work_file& file, const std::string& path);

int split_check(const engine_folder& engines, run_request request, const check_options& options);
int merge_check(const check_options& options);

/// Keeps what came of a piece beside it, for `--merge`.
void write_done(const std::string& path, const run_report& report);

}  // namespace handfast::ci
