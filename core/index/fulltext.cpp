// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/fulltext.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/index/indexschema.h"
#include "core/index/runrecords.h"
#include "core/readers/textscan.h"
#include "core/sql/sql.h"

#include <algorithm>
#include <array>

namespace tackroom
{

// Marks around hits are control characters, which the job takes out of the texts. Column sizes serve only an order by
// relevance.
const std::string_view kTextDdl = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs(
    row INTEGER PRIMARY KEY,
    content INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    cut INTEGER NOT NULL,
    problem TEXT NOT NULL);
CREATE TABLE asked(run_key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE texts USING fts5(
    text, step UNINDEXED, place UNINDEXED,
    columnsize=0, prefix='3', tokenize="unicode61 remove_diacritics 2");
)sql";

namespace
{

constexpr std::size_t kMaxWordBytes = 300;
constexpr int kSnippetTokens = 24;

struct CodeRange {
    char32_t first, last;
};
/// Scripts in which a word has no spaces around it, and Korean, whose particles hang on both ends of what people look for.
constexpr std::array kUnspaced{CodeRange{0x0E00, 0x0EFF},  CodeRange{0x1000, 0x109F}, CodeRange{0x1100, 0x11FF},
                               CodeRange{0x1780, 0x17FF},  CodeRange{0x2E80, 0x9FFF}, CodeRange{0xA960, 0xA97F},
                               CodeRange{0xAC00, 0xD7FF},  CodeRange{0xF900, 0xFAFF}, CodeRange{0xFF66, 0xFFDC},
                               CodeRange{0x20000, 0x3FFFF}};

bool isAsciiWord(char32_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string likePattern(std::string_view text)
{
    std::string pattern = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + '%';
}

std::string ftsQuoted(std::string_view text)
{
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

/// Text with \x02 and \x03 around each hit, as snippet() gives it.
void takeMarked(std::string_view marked, TextHit& hit)
{
    std::size_t began = std::string::npos;
    for (const char c : marked) {
        if (c == '\x02')
            began = hit.snippet.size();
        else if (c == '\x03' && began != std::string::npos)
            hit.marks.emplace_back(std::exchange(began, std::string::npos), 0),
                hit.marks.back().second = hit.snippet.size() - hit.marks.back().first;
        else if (c != '\x03')
            hit.snippet += c;
    }
}

/// The system prompt is the same in every run and names everything: what was said and done comes before it.
void promptsLast(std::vector<TextHit>& hits)
{
    std::ranges::stable_partition(hits, [](const TextHit& hit) { return hit.place != "system"; });
}

void addDocument(std::vector<TextDocument>& documents, std::string stepId, std::string_view place, std::string text)
{
    if (!trimmed(text).empty()) documents.push_back({std::move(stepId), std::string(place), std::move(text)});
}

} // namespace

TextCondition textConditionOf(std::string_view typed)
{
    const std::string_view word = cutUtf8(typed, kMaxWordBytes);
    bool letters = false, unspaced = false, signs = false, spaces = false;
    for (std::size_t at = 0; at < word.size();) {
        const char32_t c = nextCodePoint(word, &at);
        unspaced =
            unspaced || std::ranges::any_of(kUnspaced, [c](CodeRange range) { return c >= range.first && c <= range.last; });
        // Beyond the alphabets come punctuation, arrows and pictures, of which unicode61 makes no words.
        letters = letters || isAsciiWord(c) || (c >= 0xC0 && c < 0x2000);
        spaces = spaces || c == ' ' || c == '\t' || c == '\n' || c == '\r';
        signs = signs || (c < 0x80 && c > ' ' && !isAsciiWord(c)) || c >= 0x2000;
    }
    if (unspaced || !letters) return {{}, likePattern(word)};
    TextCondition condition;
    condition.match = ftsQuoted(word) + (spaces ? "" : "*");
    if (signs) condition.like = likePattern(word);
    return condition;
}

std::vector<TextDocument> documentsOf(Body body)
{
    std::vector<TextDocument> documents;
    // What was said to the agent belongs to the step that read it.
    std::string reader;
    for (auto message = body.messages.rbegin(); message != body.messages.rend(); ++message) {
        if (message->stepId.empty())
            message->stepId = reader;
        else
            reader = message->stepId;
    }
    for (Message& message : body.messages) {
        for (Message::ToolCall& call : message.toolCalls)
            addDocument(documents, message.stepId, "arguments", call.name + " " + call.arguments);
        addDocument(documents, std::move(message.stepId),
                    message.role.empty() ? std::string_view("message") : std::string_view(message.role),
                    std::move(message.content));
    }
    if (!body.messages.empty()) return documents;
    addDocument(documents, {}, "input", std::move(body.input));
    addDocument(documents, {}, "output", std::move(body.output));
    return documents;
}

void addKnownDocuments(std::vector<TextDocument>& documents, const RunRecord& record)
{
    for (const Step& step : record.steps)
        if (!step.errorText.empty() || !step.errorType.empty())
            addDocument(documents, step.nativeId, "error", step.errorType + " " + step.errorText);
    for (const Score& score : record.scores) addDocument(documents, score.stepId, "judge", score.explanation);
    for (const HumanDecision& decision : record.decisions) {
        std::string text = decision.target;
        for (const std::string* part : {&decision.before, &decision.after, &decision.reason})
            if (!part->empty()) text += (text.empty() ? "" : "\n") + *part;
        addDocument(documents, decision.stepId, "decision", std::move(text));
    }
}

std::vector<TextHit> hitsIn(const std::vector<TextDocument>& documents, const std::vector<std::string>& words, std::size_t most)
{
    std::vector<TextHit> hits;
    std::vector<FoldedFinder> finders;
    for (const std::string& word : words) finders.emplace_back(word);
    for (const TextDocument& document : documents)
        for (std::size_t i = 0; i < words.size(); ++i) {
            const auto at = finders[i].in(document.text);
            if (at == std::string::npos) continue;
            TextSnippet snippet = snippetAt(document.text, at, words[i].size());
            hits.push_back(
                {words[i], document.stepId, document.place, std::move(snippet.text), {{snippet.markAt, snippet.markBytes}}});
        }
    promptsLast(hits);
    if (hits.size() > most) hits.resize(most);
    return hits;
}

struct TextIndex::Private {
    Database db;
};

TextIndex::TextIndex(std::unique_ptr<Private> priv) : d(std::move(priv)) {}
TextIndex::~TextIndex() = default;

Result<std::unique_ptr<TextIndex>> TextIndex::open(const std::filesystem::path& folder, const CancelToken& cancel)
{
    const auto none = [&] {
        return fail(ErrorCode::NotFound, folder.string(), "the texts of this store have not been read yet");
    };
    TR_ASSIGN(const RunsState state, readRunsState(folder));
    TR_ASSIGN(Database db, openCacheReader(folder / kTextFile, cancel));
    TR_ASSIGN(const std::int64_t version, db.scalar("PRAGMA user_version"));
    if (version != kTextSchemaVersion) return none();
    {
        TR_ASSIGN(Statement epoch, db.prepare("SELECT value FROM meta WHERE key = 'runs_epoch'"));
        TR_ASSIGN(const bool row, epoch.step());
        if (!row || epoch.textAt(0) != state.epoch) return none();
    }
    db.setCancel(cancel);
    return std::unique_ptr<TextIndex>(new TextIndex(std::unique_ptr<Private>(new Private{std::move(db)})));
}

Result<TextCoverage> TextIndex::coverage()
{
    TextCoverage coverage;
    TR_ASSIGN(Statement counts,
              d->db.prepare("SELECT count(*) FILTER (WHERE problem = ''), sum(cut), count(*) FILTER (WHERE problem <> ''), "
                            "sum(bytes) FROM runs"));
    TR_ASSIGN(const bool row, counts.step());
    if (row) {
        coverage.searched = counts.intAt(0);
        coverage.cut = counts.intAt(1);
        coverage.unreadable = counts.intAt(2);
        coverage.bytes = counts.intAt(3);
    }
    TR_ASSIGN(coverage.wanted, d->db.scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'wanted'"));
    TR_ASSIGN(const std::int64_t full, d->db.scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'full'"));
    coverage.full = full != 0;
    coverage.wanted = std::max(coverage.wanted, coverage.searched + coverage.unreadable);
    return coverage;
}

Result<bool> TextIndex::holds(RunRow row)
{
    TR_ASSIGN(Statement statement, d->db.prepare("SELECT 1 FROM runs WHERE row = ? AND problem = ''"));
    statement.bind(1, row.value);
    return statement.step();
}

Result<std::vector<TextHit>> TextIndex::hits(RunRow row, const std::vector<std::string>& words, std::size_t most)
{
    std::vector<std::pair<std::int64_t, TextHit>> found;
    for (const std::string& word : words) {
        const TextCondition condition = textConditionOf(word);
        std::string sql = formatText(
            "SELECT rowid, step, place, {} FROM texts WHERE rowid BETWEEN ?1 AND ?2",
            condition.like.empty() ? formatText("snippet(texts, 0, char(2), char(3), '…', {})", kSnippetTokens) : "text");
        if (!condition.match.empty()) sql += " AND texts MATCH ?3";
        if (!condition.like.empty()) sql += " AND text LIKE ?4 ESCAPE '\\'";
        TR_ASSIGN(Statement statement, d->db.prepare(sql + " ORDER BY rowid LIMIT ?5"));
        statement.bind(1, firstPartOf(row.value)).bind(2, lastPartOf(row.value)).bind(5, static_cast<std::int64_t>(most));
        if (!condition.match.empty()) statement.bind(3, condition.match);
        if (!condition.like.empty()) statement.bind(4, condition.like);
        for (;;) {
            TR_ASSIGN(const bool more, statement.step());
            if (!more) break;
            TextHit hit{word, statement.stringAt(1), statement.stringAt(2), {}, {}};
            const std::string text = statement.stringAt(3);
            if (condition.like.empty()) {
                takeMarked(text, hit);
            } else if (const auto at = FoldedFinder(cutUtf8(word, kMaxWordBytes)).in(text); at != std::string::npos) {
                TextSnippet snippet = snippetAt(text, at, word.size());
                hit.snippet = std::move(snippet.text);
                hit.marks.emplace_back(snippet.markAt, snippet.markBytes);
            }
            found.emplace_back(statement.intAt(0), std::move(hit));
        }
    }
    std::ranges::stable_sort(found, {}, &std::pair<std::int64_t, TextHit>::first);
    std::vector<TextHit> hits;
    for (auto& [place, hit] : found) hits.push_back(std::move(hit));
    promptsLast(hits);
    if (hits.size() > most) hits.resize(most);
    return hits;
}

} // namespace tackroom
