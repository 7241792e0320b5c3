#include "ci/engines/work_file.hpp"

#include <array>
#include <boost/crc.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "ci/engines/engine.hpp"

namespace handfast::ci {
namespace {

std::uint32_t checksum(std::string_view header, std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(header.data(), header.size());
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

nlohmann::ordered_json header_of(const work_file& file) {
  return {{"handfast_work", 1},
          {"scenario", file.scenario},
          {"engine", file.engine},
          {"mode", file.mode},
          {"preemptions", file.preemptions},
          {"mutant", file.mutant},
          {"build", file.build},
          {"part", file.part},
          {"parts", file.parts},
          {"executions", file.executions},
          {"bytes", file.work.size()}};
}

}  // namespace

std::string piece_name(std::uint32_t part, std::uint32_t parts) {
  std::array<char, 40> name{};
  std::snprintf(name.data(), name.size(), "%04u-of-%04u.work", part, parts);
  return name.data();
}

void write_text(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  const std::string beside = path + ".new";
  std::error_code failed;
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty()) {
    fs::create_directories(folder, failed);
  }
  std::ofstream to(beside, std::ios::binary | std::ios::trunc);
  to.write(text.data(), static_cast<std::streamsize>(text.size()));
  to.close();
  if (!to) {
    throw usage_error("cannot write " + path + ": " + std::strerror(errno));
  }
  fs::rename(beside, path, failed);
  if (failed) {
    throw usage_error("cannot write " + path + ": " + failed.message());
  }
}

void write(const std::string& path, const work_file& file) {
  nlohmann::ordered_json header = header_of(file);
  const std::string_view bytes(reinterpret_cast<const char*>(file.work.data()), file.work.size());
  header["crc"] = checksum(header.dump(), bytes);
  write_text(path, header.dump() + '\n' + std::string(bytes));
}

std::expected<work_file, std::string> read_work_file(const std::string& path) {
  std::ifstream from(path, std::ios::binary);
  if (!from || std::filesystem::is_directory(path)) {
    return std::unexpected("cannot read " + path);
  }
  const std::string text((std::istreambuf_iterator<char>(from)), std::istreambuf_iterator<char>());
  const std::size_t end = std::min(text.find('\n'), text.size());
  nlohmann::ordered_json header =
      nlohmann::ordered_json::parse(std::string_view(text).substr(0, end), nullptr, false);
  if (!header.is_object() || header.value("handfast_work", 0) != 1) {
    return std::unexpected(path + " is not a file of work that is left");
  }
  work_file made;
  std::uint32_t crc = 0;
  std::size_t size = 0;
  try {
    made.scenario = header.at("scenario");
    made.engine = header.at("engine");
    made.mode = header.at("mode");
    made.preemptions = header.at("preemptions");
    made.mutant = header.at("mutant");
    made.build = header.at("build");
    made.part = header.at("part");
    made.parts = header.at("parts");
    made.executions = header.at("executions");
    size = header.at("bytes");
    crc = header.at("crc");
  } catch (const nlohmann::json::exception&) {
    return std::unexpected(path + " is damaged: its first line is not whole");
  }
  header.erase("crc");
  const std::string_view bytes = std::string_view(text).substr(std::min(end + 1, text.size()));
  if (bytes.size() != size || checksum(header.dump(), bytes) != crc) {
    return std::unexpected(path + " is damaged: what it holds does not fit its checksum");
  }
  made.work.assign(bytes.begin(), bytes.end());
  made.crc = crc;
  return made;
}

}  // namespace handfast::ci
