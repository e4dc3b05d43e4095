// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "tests/support/databasefixture.h"
#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <memory>
#include <string>

namespace tackroom::testing
{

/// For tests that write a database and read it.
class DatabaseStoreTest : public FolderTest
{
protected:
    static std::string q(std::string_view text) { return DatabaseFixture::quoted(text); }
    static std::unique_ptr<StoreReader> open(const std::filesystem::path& path)
    {
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        return reader ? std::move(*reader) : nullptr;
    }
    static std::string ingest(StoreReader& reader, Collector& into, const std::string& cursor = {})
    {
        auto done = reader.ingest(cursor, into, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return done.value_or("");
    }
    static Collector readAll(const std::filesystem::path& path)
    {
        Collector got;
        if (const auto reader = open(path)) ingest(*reader, got);
        EXPECT_EQ(got.startedOver, 1);
        return got;
    }
    static Error openError(const std::filesystem::path& path)
    {
        auto reader = openStore(path, {});
        if (!reader) return reader.error();
        ADD_FAILURE() << "it was opened as " << (*reader)->info().kind;
        return {};
    }
    static const Step& stepOf(const RunRecord& record, std::string_view id)
    {
        const auto found = std::ranges::find(record.steps, id, &Step::nativeId);
        if (found != record.steps.end()) return *found;
        ADD_FAILURE() << "no step " << id;
        static const Step kNone;
        return kNone;
    }
    static Body fetch(StoreReader& reader, const std::string& run, const std::string& step, std::uint64_t maxBytes = 1 << 20)
    {
        auto body = reader.fetch(run, step, maxBytes);
        EXPECT_TRUE(body) << textOf(body.error());
        return body.value_or(Body{});
    }
};

} // namespace tackroom::testing
