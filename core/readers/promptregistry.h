// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Prompts that a store keeps in versions beside its traces: Phoenix's tables prompts and prompt_versions, MLflow's registered
/// models that are tagged as prompts. Read where the store is read (openForeign), in the reader process.
///
///   Phoenix  version number = prompt_versions.id, as in its own PromptVersion:<id>; note = description; author = the user;
///            labels of a version = prompt_version_tags, of a prompt = prompt_labels; tags = prompts.metadata.
///   MLflow   a registered model with the tag mlflow.prompt.is_prompt; text = version tag mlflow.prompt.text (JSON messages
///            where _mlflow_prompt_type is chat); note = description; author = user_id, else the tag author; labels of a
///            version = aliases; tags = the tags that are not MLflow's own. In a workspace other than the default one the name
///            is "workspace/name".
#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/base/time.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

/// More than these are counted, not listed.
inline constexpr std::size_t kMaxRegisteredPrompts = 5'000;
inline constexpr std::size_t kMaxListedVersions = 500; ///< of one prompt, the newest
inline constexpr std::size_t kMaxVersionsInAll = 50'000;
inline constexpr std::uint64_t kMaxPromptBytes = std::uint64_t{1} << 20;

/// What a list says of one version; all of it foreign and cut.
struct PromptVersionInfo {
    std::int64_t number = 0;
    std::string note; ///< commit message
    std::string author;
    std::string provider, model;
    std::string kind; ///< "text" or "chat"
    UtcNs time = 0;
    std::vector<std::string> labels; ///< tags or aliases that point at this version: "production"
};

struct PromptInfo {
    std::string name;
    std::string description;
    std::vector<std::string> labels;
    std::vector<std::pair<std::string, std::string>> tags;
    std::int64_t versionCount = 0;
    std::vector<PromptVersionInfo> versions; ///< oldest first, at most kMaxListedVersions
};

struct PromptListing {
    std::string registry; ///< "Arize Phoenix", "MLflow"; empty: the store keeps no prompts
    std::int64_t promptCount = 0;
    std::vector<PromptInfo> prompts; ///< by name, at most kMaxRegisteredPrompts
};

/// One version, whole.
struct PromptContent {
    struct Message {
        std::string role;
        std::string text;
        std::optional<Json> parts; ///< instead of the text, where it is more than text
    };
    std::string provider, model;
    std::string format; ///< "mustache", "f-string", "jinja2"; empty where the registry says none
    bool chat = false;
    std::string text; ///< of one that is no chat
    std::vector<Message> messages;
    Json parameters = Json::object();
    Json tools;                     ///< a list; null where there are none
    Json settings = Json::object(); ///< what else belongs to the tools: tool_choice …
    Json responseFormat;            ///< null where there is none
};

/// The bytes of a version as a file of a harness: the same for the same content, whatever its number, author or labels.
///   Front matter, where there is something to say: provider, model, format, parameters, tools, …, response_format; its values
///   are JSON, which is YAML. Then the text, or the messages, each after a line `<!-- message: role -->`. One line end is added
///   behind each text. A line of a text that looks like such a line has a backslash before it. A text that begins with `---`
///   has a front matter, be it an empty one.
[[nodiscard]] std::string promptFileText(const PromptContent& content);

class PromptRegistry
{
public:
    virtual ~PromptRegistry() = default;
    [[nodiscard]] virtual Result<PromptListing> list() = 0;
    /// NotFound; Refused where it has more than kMaxPromptBytes; Damaged where its JSON is broken.
    [[nodiscard]] virtual Result<PromptContent> read(const std::string& name, std::int64_t number) = 0;
};

/// Nothing where the file is no database, or one without prompts. Errors of openForeign.
[[nodiscard]] Result<std::unique_ptr<PromptRegistry>> openPromptRegistry(const std::filesystem::path& store,
                                                                         const CancelToken& cancel);

} // namespace tackroom
