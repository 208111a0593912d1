// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/documents.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>

namespace gatewitness::config {
namespace {

// Notes where a document began, and nothing else.
class Beginning : public YAML::EventHandler {
 public:
  const YAML::Mark& mark() const { return mark_; }
  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  YAML::Mark mark_;
};

}  // namespace

Documents read_documents(const std::string& text) {
  Documents documents;
  {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Beginning first, second;
    if (parser.HandleNextDocument(first) && parser.HandleNextDocument(second))
      documents.second = second.mark();
  }
  documents.first = YAML::Load(text);
  return documents;
}

}  // namespace gatewitness::config
