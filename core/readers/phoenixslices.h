// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The rows of a Phoenix store in slices of a size that is kept in memory, for a thread that does nothing but read the
/// database while another one makes runs of them.
#include "core/base/cancel.h"
#include "core/readers/phoenixpages.h"
#include "core/readers/phoenixrun.h"
#include "core/readers/phoenixsql.h"
#include "core/sql/sql.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tackroom
{

/// A part of a batch of traces. The texts of its spans lie in `bytes`.
struct PhoenixSlice {
    bool beginsBatch = false, endsBatch = false;
    std::vector<PhoenixTraceRow> traces; ///< of the batch that begins, highest row first
    std::vector<PhoenixAnnotationRow> annotations;
    std::vector<std::pair<std::int64_t, double>> costs; ///< by trace
    struct Span {
        std::size_t trace = 0; ///< its place in the batch's traces
        PhoenixSpanRow row;
    };
    std::vector<Span> spans; ///< simdjson's padding may be read behind each text
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0, used = 0;
};

/// The row that a statement with PhoenixSql::spanColumns stands on; its texts are good until the next step.
[[nodiscard]] PhoenixSpanRow phoenixSpanRow(const Statement& statement);

/// Buffers that are used again: a store of gigabytes goes through a few megabytes of them.
class PhoenixBuffers
{
public:
    /// Room for `wanted` bytes.
    void equip(PhoenixSlice& slice, std::size_t wanted);
    void giveBack(PhoenixSlice slice);

private:
    std::mutex m_mutex;
    std::vector<PhoenixSlice> m_free;
};

/// Reads on the thread that calls it. Between two slices no transaction is open, so that the receiver may take its time.
class PhoenixSlices
{
public:
    /// False: nobody wants more.
    using Deliver = std::function<bool(PhoenixSlice)>;
    /// Called where the store must be opened again (a writer came); answers whether `db` is good.
    using Reopen = std::function<Status()>;
    PhoenixSlices(Database& db, const PhoenixSql& sql, PhoenixBuffers& buffers, Deliver deliver, Reopen reopen)
        : m_db(db), m_sql(sql), m_pages(sql), m_buffers(buffers), m_deliver(std::move(deliver)), m_reopen(std::move(reopen))
    {
    }

    /// The traces with above < id <= upTo, highest first.
    [[nodiscard]] Status read(std::int64_t above, std::int64_t upTo, const CancelToken& cancel);
    [[nodiscard]] bool stopped() const { return m_stopped; }

private:
    struct Batch;
    [[nodiscard]] Result<bool> stillGood();
    [[nodiscard]] Result<PhoenixSlice> readSlice(Batch& batch, bool first, std::int64_t above, std::int64_t upTo,
                                                 const CancelToken& cancel);
    [[nodiscard]] Status readBatch(Batch& batch, std::int64_t above, std::int64_t upTo, const CancelToken& cancel);
    [[nodiscard]] Status beginBatch(Batch& batch, PhoenixSlice& slice, std::int64_t above, std::int64_t upTo);
    [[nodiscard]] Status readAnnotations(const Batch& batch, PhoenixSlice& slice);
    [[nodiscard]] Status readCosts(const Batch& batch, PhoenixSlice& slice);
    [[nodiscard]] bool readPages(Batch& batch, PhoenixSlice& slice, const CancelToken& cancel);
    [[nodiscard]] Status readSpans(Batch& batch, PhoenixSlice& slice, const CancelToken& cancel);

    Database& m_db;
    const PhoenixSql& m_sql;
    PhoenixPages m_pages;
    PhoenixBuffers& m_buffers;
    Deliver m_deliver;
    Reopen m_reopen;
    std::int64_t m_limit = 0; ///< traces of the next batch
    int m_reopens = 0;
    bool m_stopped = false;
};

} // namespace tackroom
