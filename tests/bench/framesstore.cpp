// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/framesstore.h"

#include "core/base/time.h"
#include "core/index/ingest.h"
#include "core/index/readerclient.h"
#include "core/readers/readers.h"
#include "core/sample/phoenixschema.h"

#include <sqlite3.h>

#include <array>
#include <format>
#include <fstream>
#include <memory>
#include <string_view>

namespace tackroom::bench
{

namespace
{

constexpr UtcNs kNow = 1'767'225'600'000'000'000; // 2026-01-01
constexpr UtcNs kSecond = 1'000'000'000;
constexpr std::array<std::string_view, 8> kTasks{"the third parcel in a row came late and I would like the money back",
                                                 "please change the address of my order before it leaves the house",
                                                 "I was charged twice for one order, see the two lines of my account",
                                                 "where is my parcel, tracking has shown nothing since Tuesday",
                                                 "the box arrived damaged; I have photographs of all four sides",
                                                 "cancel the subscription at the end of the month, not today",
                                                 "der Betrag auf der Rechnung stimmt nicht mit der Bestellung überein",
                                                 "may I return what I have used once, within the thirty days"};

std::string timeText(UtcNs time)
{
    const std::int64_t micros = time % (86'400 * kSecond) / 1'000, seconds = micros / 1'000'000;
    return std::format("{} {:02}:{:02}:{:02}.{:06}", formatDay(time), seconds / 3600, seconds / 60 % 60, seconds % 60,
                       micros % 1'000'000);
}

/// One line of text without a break, in words.
std::string lineOf(std::size_t bytes)
{
    std::string line;
    line.reserve(bytes + 128);
    for (std::size_t i = 0; line.size() < bytes; ++i) {
        line += kTasks[i % kTasks.size()];
        line += i % 5 == 0 ? ". " : ", ";
    }
    return line;
}

std::string messageJson(std::string_view role, std::string_view content)
{
    return std::format(R"({{"message":{{"role":"{}","content":"{}"}}}})", role, content);
}

class Writer
{
public:
    ~Writer()
    {
        sqlite3_finalize(m_span);
        sqlite3_close(m_db);
    }
    Status open(const std::filesystem::path& file)
    {
        if (sqlite3_open(file.c_str(), &m_db) != SQLITE_OK) return failed();
        TR_TRY(exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY"));
        TR_TRY(exec(std::string(kPhoenixDdl)));
        TR_TRY(exec(
            "INSERT INTO projects(id, name) VALUES(1, 'support'); INSERT INTO alembic_version VALUES('c9d0e1f2a3b4'); BEGIN"));
        const char* sql =
            "INSERT INTO spans(trace_rowid, span_id, parent_id, name, span_kind, start_time, end_time, attributes, "
            "events, status_code, status_message, cumulative_error_count, cumulative_llm_token_count_prompt, "
            "cumulative_llm_token_count_completion, llm_token_count_prompt, llm_token_count_completion) "
            "VALUES(?,?,?,?,?,?,?,?,'[]',?,?,0,0,0,10,5)";
        return sqlite3_prepare_v2(m_db, sql, -1, &m_span, nullptr) == SQLITE_OK ? Status{} : failed();
    }
    Status trace(const std::string& id)
    {
        TR_TRY(exec(std::format("INSERT INTO traces(project_rowid, trace_id, start_time, end_time) VALUES(1, '{}', '{}', '{}')",
                                id, timeText(kNow), timeText(kNow + 3600 * kSecond))));
        m_trace = sqlite3_last_insert_rowid(m_db);
        return {};
    }
    struct Span {
        std::int64_t number = 0, parent = -1; ///< -1: the root
        std::string_view kind = "CHAIN", name = "step", attributes = "{}";
        UtcNs start = 0, length = 0;
        bool failed = false;
    };
    Status span(const Span& span)
    {
        const auto idOf = [&](std::int64_t number) { return std::format("{:06x}{:010x}", m_trace, number); };
        int at = 0;
        const auto text = [&](std::string_view value) {
            sqlite3_bind_text(m_span, ++at, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
        };
        sqlite3_bind_int64(m_span, ++at, m_trace);
        text(idOf(span.number));
        if (span.parent < 0)
            sqlite3_bind_null(m_span, ++at);
        else
            text(idOf(span.parent));
        text(span.name);
        text(span.kind);
        text(timeText(kNow + span.start));
        text(timeText(kNow + span.start + span.length));
        text(span.attributes);
        text(span.failed ? "ERROR" : "OK");
        text(span.failed ? "ToolError: no such order" : "");
        const int rc = sqlite3_step(m_span);
        sqlite3_reset(m_span);
        return rc == SQLITE_DONE ? Status{} : failed();
    }
    Status finish()
    {
        TR_TRY(exec("COMMIT"));
        return exec(std::string(kPhoenixIndexes));
    }

private:
    [[nodiscard]] std::unexpected<Error> failed() const
    {
        return fail(ErrorCode::Io, "the store of bench_frames", sqlite3_errmsg(m_db));
    }
    Status exec(const std::string& sql)
    {
        return sqlite3_exec(m_db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? Status{} : failed();
    }
    sqlite3* m_db = nullptr;
    sqlite3_stmt* m_span = nullptr;
    std::int64_t m_trace = 0;
};

/// A root, below it rounds of one model call, which holds three tool calls and a chain of its own.
Status writeManySteps(Writer& writer, const std::string& id, std::int64_t steps)
{
    TR_TRY(writer.trace(id));
    const UtcNs each = 3600 * kSecond / steps;
    TR_TRY(writer.span({.number = 0, .kind = "AGENT", .name = "support_agent", .length = 3600 * kSecond}));
    for (std::int64_t i = 1, call = 0; i < steps; ++i) {
        const bool isCall = i % 5 == 1;
        if (isCall) call = i;
        std::string attributes;
        if (isCall)
            attributes = std::format(
                R"({{"llm":{{"model_name":"m1","input_messages":[{}],"output_messages":[{}]}}}})",
                messageJson("user", std::format("round {}: {}", i, kTasks[static_cast<std::size_t>(i) % kTasks.size()])),
                messageJson("assistant", std::format("looking at order W{:07}", i)));
        else
            attributes = std::format(
                R"({{"tool":{{"name":"lookup_order"}},"input":{{"value":"{{\"order_id\":\"W{:07}\"}}"}},"output":{{"value":"order {} found"}}}})",
                i, i);
        TR_TRY(writer.span({.number = i,
                            .parent = isCall       ? 0
                                      : i % 5 == 4 ? i - 1
                                                   : call,
                            .kind = isCall ? "LLM" : "TOOL",
                            .name = isCall ? "chat" : "lookup_order",
                            .attributes = attributes,
                            .start = i * each,
                            .length = isCall ? each * 5 : each,
                            .failed = !isCall && i % 997 == 0}));
    }
    return {};
}

Status writeCalls(Writer& writer, const std::string& id, int calls, std::size_t bytesOfEach)
{
    TR_TRY(writer.trace(id));
    TR_TRY(writer.span({.number = 0, .kind = "AGENT", .name = "support_agent", .length = 60 * kSecond}));
    const std::string line = lineOf(bytesOfEach);
    for (int i = 1; i <= calls; ++i) {
        const std::string attributes =
            std::format(R"({{"llm":{{"model_name":"m1","input_messages":[{}],"output_messages":[{}]}}}})",
                        messageJson("user", std::format("say it in one line, number {}", i)), messageJson("assistant", line));
        TR_TRY(writer.span({.number = i,
                            .parent = 0,
                            .kind = "LLM",
                            .name = "chat",
                            .attributes = attributes,
                            .start = i * kSecond,
                            .length = kSecond}));
    }
    return {};
}

Status writeDocument(const std::filesystem::path& file, std::int64_t steps)
{
    std::ofstream out(file);
    out << R"({"schema_version":"ATIF-v1.4","session_id":"frames","agent":{"name":"support_agent","version":"1"},"steps":[)";
    for (std::int64_t i = 1; i <= steps; ++i)
        out << (i > 1 ? "," : "") << R"({"step_id":)" << i
            << (i % 2 == 1 ? R"(,"source":"user","message":"go )" : R"(,"source":"agent","message":"at )") << i << R"("})";
    out << "]}\n";
    return out.flush() ? Status{} : fail(ErrorCode::Io, file.string(), "it could not be written");
}

/// The store's own reader, and cheap runs behind what it delivers.
class PaddedReader : public StoreReader
{
public:
    PaddedReader(std::unique_ptr<StoreReader> real, std::int64_t runs) : m_real(std::move(real)), m_runs(runs) {}
    [[nodiscard]] const StoreInfo& info() const override { return m_real->info(); }
    [[nodiscard]] Result<std::string> fingerprint() override { return m_real->fingerprint(); }
    [[nodiscard]] Result<std::string> ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel) override
    {
        TR_ASSIGN(std::string next, m_real->ingest(cursor, sink, cancel));
        for (std::int64_t i = 0; i < m_runs; ++i) TR_TRY(sink.add(cheapRun(i)));
        return next;
    }
    [[nodiscard]] Result<Body> fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes) override
    {
        return m_real->fetch(run, stepId, maxBytes);
    }

private:
    [[nodiscard]] RunRecord cheapRun(std::int64_t i) const
    {
        RunRecord record;
        Run& run = record.run;
        const auto mixed = static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15ULL;
        run.nativeId = std::format("{:016x}{:016x}", mixed, i);
        run.key = runKeyOf(info().kind, run.nativeId);
        run.agentName = "support_agent";
        run.start = kNow - (i + 1) * kSecond;
        run.end = run.start + static_cast<UtcNs>(mixed >> 40) * 1'000;
        run.harnessVersion = std::format("v{}", i * 20 / std::max<std::int64_t>(1, m_runs) + 1);
        run.harnessVersionSource = "version key";
        run.task = std::format("W{:07}: {}", mixed % 10'000'000, kTasks[mixed >> 61]);
        run.costUsd = static_cast<double>(mixed >> 50) * 1e-5;
        run.stepCount = 1 + static_cast<std::int64_t>(mixed >> 58);
        run.status = mixed % 50 == 0 ? StepStatus::Error : StepStatus::Ok;
        if (run.status == StepStatus::Error) {
            Step step;
            step.nativeId = run.nativeId.substr(16);
            step.kind = StepKind::Tool;
            step.name = step.toolName = "lookup_order";
            step.start = run.start;
            step.end = run.end;
            step.status = StepStatus::Error;
            step.errorType = "ToolError";
            step.errorText = "no such order";
            run.errorCount = 1;
            record.steps.push_back(std::move(step));
        }
        return record;
    }
    std::unique_ptr<StoreReader> m_real;
    std::int64_t m_runs;
};

} // namespace

Result<FramesStore> makeFramesStore(const std::filesystem::path& folder, const FramesPlan& plan)
{
    FramesStore made{.store = folder / "frames.db",
                     .cache = folder / "cache",
                     .document = folder / "frames.json",
                     .manySteps = std::string(32, 'a'),
                     .longLine = std::string(32, 'b'),
                     .largeBody = std::string(32, 'c'),
                     .oneBody = std::string(32, 'd')};
    {
        Writer writer;
        TR_TRY(writer.open(made.store));
        TR_TRY(writeManySteps(writer, made.manySteps, plan.steps));
        TR_TRY(writeCalls(writer, made.longLine, 1, 10'000'000));
        TR_TRY(writeCalls(writer, made.largeBody, 12, 9'000'000));
        TR_TRY(writeCalls(writer, made.oneBody, 1, 100'000'000));
        TR_TRY(writer.finish());
    }
    TR_TRY(writeDocument(made.document, plan.steps));
    TR_ASSIGN(const auto canonical, canonicalStore(made.store));
    made.store = canonical;
    TR_ASSIGN(auto real, openStore(canonical, {}));
    const auto index = storeCacheFolder(made.cache, canonical, real->info().kind);
    PaddedReader padded(std::move(real), plan.runs);
    TR_TRY(ingestStore(padded, canonical, index, {}, {}));
    return made;
}

} // namespace tackroom::bench
