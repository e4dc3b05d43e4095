// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/platform/childprocess.h"
#include "tests/unit/readers/collector.h"

#include <cstdlib>
#include <set>

namespace tackroom::testing
{

/// Reads a file, folder or glob as a store and asks it for bodies.
class FileStoreTest : public FolderTest
{
protected:
    struct Store {
        std::unique_ptr<StoreReader> reader;
        Collector got;

        [[nodiscard]] const RunRecord& run(const std::string& id) const
        {
            static const RunRecord none;
            const auto found = got.runs.find(id);
            EXPECT_TRUE(found != got.runs.end()) << "there is no run " << id;
            return found == got.runs.end() ? none : found->second;
        }
        [[nodiscard]] Body body(const std::string& runId, const std::string& stepId) const
        {
            const auto body = reader->fetch(RunAddress(run(runId).run), stepId, std::uint64_t{1} << 30);
            EXPECT_TRUE(body) << textOf(body.error());
            return body.value_or(Body{});
        }
    };
    Store read(const std::filesystem::path& path)
    {
        Store store;
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << path << ": " << textOf(reader.error());
        if (!reader) return store;
        store.reader = std::move(*reader);
        const auto done = store.reader->ingest({}, store.got, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return store;
    }
    /// In a folder of its own, made where needed.
    std::filesystem::path writeBelow(const std::string& name, std::string_view bytes) const
    {
        std::filesystem::create_directories(file(name).parent_path());
        return write(name, bytes);
    }
    [[nodiscard]] std::filesystem::path folder() const { return file(".").parent_path(); }
    /// Empty where there is none.
    static std::filesystem::path shared(const std::string& name)
    {
        const char* data = std::getenv("TACKROOM_SHARED_DATA");
        const auto path = std::filesystem::path(data ? data : "../shared/data") / name;
        return std::filesystem::exists(path) ? path : std::filesystem::path();
    }
    static const Step& step(const RunRecord& record, const std::string& id)
    {
        static const Step none;
        for (const Step& each : record.steps)
            if (each.nativeId == id) return each;
        ADD_FAILURE() << "there is no step " << id << " in " << record.run.nativeId;
        return none;
    }
    static const Score& score(const RunRecord& record, const std::string& name)
    {
        static const Score none;
        for (const Score& each : record.scores)
            if (each.name == name) return each;
        ADD_FAILURE() << "there is no score " << name << " in " << record.run.nativeId;
        return none;
    }
    struct Counts {
        std::size_t runs = 0, llm = 0, tools = 0, errors = 0;
        friend bool operator==(const Counts&, const Counts&) = default;
    };
    static Counts counts(const Collector& got)
    {
        Counts all;
        for (const auto& [id, record] : got.runs) {
            ++all.runs;
            for (const Step& each : record.steps) {
                all.llm += each.kind == StepKind::Llm;
                all.tools += each.kind == StepKind::Tool;
                all.errors += each.status == StepStatus::Error;
            }
            EXPECT_EQ(record.run.stepCount, static_cast<std::int64_t>(record.steps.size()));
        }
        return all;
    }
    /// Steps name parents that stand before them, ids are there once, scores and decisions name steps that are there.
    static void expectWhole(const Collector& got)
    {
        for (const auto& [id, record] : got.runs) {
            std::set<std::string> seen;
            for (const Step& each : record.steps) {
                EXPECT_TRUE(each.parentId.empty() || seen.contains(each.parentId)) << id << " " << each.nativeId;
                EXPECT_TRUE(seen.insert(each.nativeId).second) << id << " has " << each.nativeId << " twice";
            }
            for (const Score& each : record.scores) EXPECT_TRUE(each.stepId.empty() || seen.contains(each.stepId)) << each.name;
            for (const HumanDecision& each : record.decisions)
                EXPECT_TRUE(each.stepId.empty() || seen.contains(each.stepId)) << each.stepId;
        }
    }
    /// What a few lines of Python print of the file.
    static std::string python(const std::string& program, const std::filesystem::path& path)
    {
        const auto counted = runProcess({"python3", "-c", program, path.string()}, {}, {}, 60'000, 1'000'000);
        EXPECT_TRUE(counted) << textOf(counted.error());
        return counted ? counted->out : "";
    }
};

inline void PrintTo(const Outcome& outcome, std::ostream* out) { *out << nameOf(outcome); }

} // namespace tackroom::testing
