// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/textscan.h"

#include <QObject>
#include <QTimer>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tackroom::ui
{

/// Where a word stands in a text of any length: ASCII letters folded, as everywhere a word is looked for. It is counted in
/// slices of few milliseconds, and only how many begin in each block is kept: a letter stands in 100 MB ten million times.
class TextMatches : public QObject
{
    Q_OBJECT
public:
    /// Longer words are cut.
    static constexpr std::size_t kMostWanted = 200;
    explicit TextMatches(QObject* parent);

    void setText(std::shared_ptr<const std::string> text); ///< null: none
    void setWanted(const std::string& wanted);             ///< empty: nothing
    [[nodiscard]] const std::string& wanted() const { return m_wanted.wanted(); }
    /// The rest of the text was not looked at yet: what is known is "at least".
    [[nodiscard]] bool counting() const { return m_text && !wanted().empty() && m_counts.size() < blocks(); }
    [[nodiscard]] std::size_t count() const { return m_count; }
    /// Of those counted so far, the first one from a place on, and the last one before it.
    [[nodiscard]] std::optional<std::size_t> from(std::size_t place) const;
    [[nodiscard]] std::optional<std::size_t> before(std::size_t place) const;
    /// How many begin in a part of the text.
    [[nodiscard]] std::size_t countIn(std::size_t begin, std::size_t end) const;
    /// The how manieth of all it is that begins there, from 1.
    [[nodiscard]] std::size_t numberOf(std::size_t match) const;

Q_SIGNALS:
    void changed(); ///< more is counted

private:
    [[nodiscard]] std::size_t blocks() const;
    /// The next one that begins from `from` on and before `end`; npos.
    [[nodiscard]] std::size_t nextIn(std::size_t from, std::size_t end) const;
    void startOver();
    void countOn();

    std::shared_ptr<const std::string> m_text;
    FoldedFinder m_wanted{{}};
    std::vector<std::uint32_t> m_counts; ///< by block
    std::size_t m_count = 0;
    QTimer m_goOn;
};

} // namespace tackroom::ui
