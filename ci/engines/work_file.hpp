// Files that hold what is left of a search: checkpoints, and the pieces of a search
// that was split. The first line says of what, in JSON; the rest is the engine's own.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace handfast::ci {

struct work_file {
  std::string scenario;
  std::string engine;
  std::string mode;
  std::string mutant;
  std::string build;  ///< of the sources and the compiler; pieces of other builds are other pieces
  std::uint32_t preemptions = 0;
  std::uint32_t part = 0;  ///< from 1; 0: a checkpoint, and not one of several
  std::uint32_t parts = 0;
  std::uint64_t executions = 0;  ///< done by then
  std::vector<std::uint8_t> work;
  std::uint32_t crc = 0;  ///< of all that, as it was read

  friend bool operator==(const work_file&, const work_file&) = default;
};

/// "0003-of-0008.work"
[[nodiscard]] std::string piece_name(std::uint32_t part, std::uint32_t parts);

/// Writes the whole file, or leaves what was there. Throws `usage_error` if it cannot.
void write(const std::string& path, const work_file& file);

/// One line that says why where it cannot be read, or is not whole.
[[nodiscard]] std::expected<work_file, std::string> read_work_file(const std::string& path);

/// The same for text: a result, say.
void write_text(const std::string& path, const std::string& text);

}  // namespace handfast::ci
