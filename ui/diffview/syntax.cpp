// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/syntax.h"

#include "ui/diffview/shownline.h"

#include <KSyntaxHighlighting/Format>
#include <KSyntaxHighlighting/Repository>

#include <QElapsedTimer>

namespace tackroom::ui
{
namespace
{

constexpr std::size_t kMaxFileBytes = 5 * 1000 * 1000;

KSyntaxHighlighting::Repository& repository()
{
    static KSyntaxHighlighting::Repository kRepository;
    return kRepository;
}

} // namespace

void Syntax::reset(const Lines* lines, const std::string& path, const std::string& languageHint)
{
    m_lines = lines;
    m_checkpoints.assign(1, {});
    m_running = {};
    m_runningLine = 0;
    m_active = false;
    if (!lines || lines->bytes().size() > kMaxFileBytes) return;
    auto definition = languageHint.empty() ? KSyntaxHighlighting::Definition{}
                                           : repository().definitionForName(QString::fromStdString(languageHint));
    if (!definition.isValid()) definition = repository().definitionForFileName(QString::fromStdString(path));
    m_active = definition.isValid();
    setDefinition(definition);
}

void Syntax::setColors(const DiffColors& colors, const QPalette& palette)
{
    m_colors = colors;
    m_readable.clear();
    m_theme = repository().themeForPalette(palette);
    setTheme(m_theme);
}

void Syntax::step(std::uint32_t line, KSyntaxHighlighting::State& state)
{
    const std::string_view text = m_lines->text(LineNo{line});
    // Long lines are data; their state is taken as unchanged.
    if (text.size() <= kShownLineBytes) state = highlightLine(showLine(text, kShownLineBytes).text, state);
}

std::optional<QList<QTextLayout::FormatRange>> Syntax::formats(LineNo line)
{
    if (!m_active) return QList<QTextLayout::FormatRange>{};
    const std::uint32_t checkpoint = line.value / kStride;
    if (checkpoint >= m_checkpoints.size() && !advance(line, 0)) return std::nullopt;
    if (m_runningLine > line.value || line.value - m_runningLine > line.value % kStride) {
        m_running = m_checkpoints[checkpoint];
        m_runningLine = checkpoint * kStride;
    }
    while (m_runningLine < line.value) step(m_runningLine++, m_running);
    m_formats.clear();
    m_collect = true;
    step(m_runningLine++, m_running);
    m_collect = false;
    return std::move(m_formats);
}

bool Syntax::advance(LineNo wanted, int budgetMs)
{
    if (!m_active) return true;
    QElapsedTimer timer;
    timer.start();
    while (wanted.value / kStride >= m_checkpoints.size()) {
        if (timer.elapsed() >= budgetMs && budgetMs >= 0 && m_checkpoints.size() * kStride + 2 * kStride < wanted.value)
            return false;
        auto state = m_checkpoints.back();
        const auto begin = static_cast<std::uint32_t>((m_checkpoints.size() - 1) * kStride);
        for (std::uint32_t line = begin; line < begin + kStride && line < m_lines->count(); ++line) step(line, state);
        m_checkpoints.push_back(state);
    }
    return true;
}

void Syntax::applyFormat(int offset, int length, const KSyntaxHighlighting::Format& format)
{
    if (!m_collect || length <= 0 || format.isDefaultTextStyle(m_theme)) return;
    QTextCharFormat shown;
    if (format.hasTextColor(m_theme)) {
        const QColor wanted = format.textColor(m_theme);
        auto known = m_readable.constFind(wanted.rgb());
        if (known == m_readable.constEnd()) known = m_readable.insert(wanted.rgb(), readableOn(m_colors, wanted));
        shown.setForeground(*known);
    }
    if (format.isBold(m_theme)) shown.setFontWeight(QFont::Bold);
    if (format.isItalic(m_theme)) shown.setFontItalic(true);
    m_formats.append({offset, length, shown});
}

} // namespace tackroom::ui
