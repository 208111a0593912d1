// SPDX-License-Identifier: Apache-2.0
//
// Any bytes are a snapshot or an error of one line, which leaves the pipeline as it was; what is read can be
// shown, and is written again as what is read the same.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/pipeline/pipeline.h"

namespace {

using namespace gatewitness;

std::vector<uint8_t> saved(const Pipeline& pipeline) {
  std::vector<uint8_t> bytes;
  pipeline.save(bytes);
  return bytes;
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const std::vector<uint8_t> kEmpty = saved(Pipeline{PipelineOptions{}});
  Pipeline pipeline{PipelineOptions{}};
  const auto restored = pipeline.restore({data, size});
  const auto first = saved(pipeline);
  if (!restored) {
    check(!restored.error().empty() && restored.error().find('\n') == std::string::npos);
    check(first == kEmpty);
    return 0;
  }
  for (const auto& incident : pipeline.incidents())
    check(pipeline.explain(incident.at("id").get<std::string>()).has_value());
  (void)pipeline.devices().dump();
  Pipeline again{PipelineOptions{}};
  check(again.restore(first).has_value());
  check(saved(again) == first);
  return 0;
}
