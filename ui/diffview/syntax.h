// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/lines.h"
#include "ui/diffview/diffcolors.h"

#include <KSyntaxHighlighting/AbstractHighlighter>
#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/State>
#include <KSyntaxHighlighting/Theme>

#include <QHash>
#include <QList>
#include <QTextLayout>

#include <optional>
#include <string>
#include <vector>

namespace tackroom::ui
{

/// The highlighting of one side, made as far down as somebody looked. Lines must outlive it. GUI thread.
class Syntax : private KSyntaxHighlighting::AbstractHighlighter
{
public:
    /// No definition, an unknown language or a file above 5 MB: everything stays plain.
    void reset(const Lines* lines, const std::string& path, const std::string& languageHint);
    void setColors(const DiffColors& colors, const QPalette& palette);

    /// The formats of a line (offsets in its ShownLine), or nothing while the lines above it have not been looked at.
    [[nodiscard]] std::optional<QList<QTextLayout::FormatRange>> formats(LineNo line);
    /// Looks at more lines towards `wanted` for at most `budgetMs`. True when `wanted` is reached.
    bool advance(LineNo wanted, int budgetMs);
    [[nodiscard]] bool active() const { return m_active; }

private:
    void applyFormat(int offset, int length, const KSyntaxHighlighting::Format& format) override;
    void step(std::uint32_t line, KSyntaxHighlighting::State& state);

    /// States are kept for every 64th line, which is little memory and little to do again.
    static constexpr std::uint32_t kStride = 64;
    const Lines* m_lines = nullptr;
    bool m_active = false;
    std::vector<KSyntaxHighlighting::State> m_checkpoints; ///< before line i * kStride
    KSyntaxHighlighting::State m_running;                  ///< before line m_runningLine
    std::uint32_t m_runningLine = 0;
    QList<QTextLayout::FormatRange> m_formats;
    KSyntaxHighlighting::Theme m_theme;
    DiffColors m_colors;
    QHash<QRgb, QColor> m_readable;
    bool m_collect = false;
};

} // namespace tackroom::ui
