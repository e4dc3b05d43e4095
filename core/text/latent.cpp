// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/latent.h"

#include "core/text/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace tackroom
{

namespace
{

/// More dimensions than are asked for make the first ones exact; so do rounds.
constexpr std::size_t kMoreDimensions = 16;
constexpr int kRounds = 3;
constexpr std::size_t kRowsAPiece = 256;
/// With each so many texts a column must have one more of them.
constexpr std::size_t kTextsForOneMore = 10'000;

/// Rows are made so many numbers wide or a multiple of it, and worked on in pieces of that width: the compiler then uses the
/// processor's wide registers without changing the order of any sum.
constexpr std::size_t kWidth = 16;

/// to += factor · from
void addTimes(float* __restrict to, const float* __restrict from, float factor, std::size_t count)
{
    for (std::size_t i = 0; i < count; i += kWidth)
        for (std::size_t k = 0; k < kWidth; ++k) to[i + k] += factor * from[i + k];
}

using Square = std::vector<double>; ///< rows of m numbers, m times

std::uint64_t mixed(std::uint64_t x)
{
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

DenseRows randomRows(std::size_t rows, std::size_t columns)
{
    DenseRows out(rows, columns);
    for (std::size_t i = 0; i < out.numbers.size(); ++i)
        out.numbers[i] = static_cast<float>(static_cast<double>(mixed(i) >> 11U) * 0x1p-53 - 0.5);
    return out;
}

/// Texts by columns. A column of one text says nothing of others, and among many texts neither does one of a few: they are
/// left out.
class Matrix
{
public:
    explicit Matrix(const TextFeatures& features)
    {
        constexpr std::uint32_t kNone = ~0U;
        const std::size_t least = 2 + features.rows() / kTextsForOneMore;
        std::vector<std::uint32_t> number(features.columns, kNone);
        std::uint32_t kept = 0;
        for (std::uint32_t c = 0; c < features.columns; ++c)
            if (features.textsWithColumn[c] >= least) number[c] = kept++;
        m_columnBegin.assign(kept + std::size_t{1}, 0);
        for (std::size_t i = 0; i < features.rows(); ++i) {
            m_rowBegin.push_back(m_byRow.size());
            for (const Feature& cell : features.row(i)) {
                if (number[cell.column] == kNone) continue;
                m_byRow.push_back({number[cell.column], cell.weight});
                ++m_columnBegin[number[cell.column] + std::size_t{1}];
            }
        }
        m_rowBegin.push_back(m_byRow.size());
        for (std::size_t c = 0; c < kept; ++c) m_columnBegin[c + 1] += m_columnBegin[c];
        m_byColumn.resize(m_byRow.size());
        std::vector<std::size_t> at(m_columnBegin.begin(), m_columnBegin.end() - 1);
        for (std::size_t i = 0; i < rows(); ++i)
            for (std::size_t k = m_rowBegin[i]; k < m_rowBegin[i + 1]; ++k)
                m_byColumn[at[m_byRow[k].column]++] = {static_cast<std::uint32_t>(i), m_byRow[k].weight};
    }
    [[nodiscard]] std::size_t rows() const { return m_rowBegin.size() - 1; }
    [[nodiscard]] std::size_t columns() const { return m_columnBegin.size() - 1; }
    /// X · B
    [[nodiscard]] DenseRows times(const DenseRows& b, unsigned threads) const
    {
        return product(m_rowBegin, m_byRow, b, threads);
    }
    /// Xᵀ · Y
    [[nodiscard]] DenseRows transposedTimes(const DenseRows& y, unsigned threads) const
    {
        return product(m_columnBegin, m_byColumn, y, threads);
    }

private:
    static DenseRows product(const std::vector<std::size_t>& begin, const std::vector<Feature>& cells, const DenseRows& b,
                             unsigned threads)
    {
        DenseRows out(begin.size() - 1, b.columns);
        inParallel(threads, out.rows, kRowsAPiece, [&](std::size_t first, std::size_t end) {
            for (std::size_t i = first; i < end; ++i) {
                float* to = out.row(i);
                for (std::size_t k = begin[i]; k < begin[i + 1]; ++k)
                    addTimes(to, b.row(cells[k].column), cells[k].weight, b.columns);
            }
        });
        return out;
    }

    std::vector<std::size_t> m_rowBegin, m_columnBegin;
    std::vector<Feature> m_byRow, m_byColumn;
};

/// YᵀY. Blocks of rows are added up in double, so that rounding stays small.
Square gram(const DenseRows& y, unsigned threads)
{
    const std::size_t m = y.columns;
    Square out(m * m);
    constexpr std::size_t kBlock = 64;
    inParallel(threads, m, 8, [&](std::size_t begin, std::size_t end) {
        std::vector<float> sums(m);
        for (std::size_t a = begin; a < end; ++a) {
            const std::size_t left = a / kWidth * kWidth;
            for (std::size_t from = 0; from < y.rows; from += kBlock) {
                std::ranges::fill(sums, 0.0F);
                for (std::size_t i = from; i < std::min(y.rows, from + kBlock); ++i) {
                    const float* row = y.row(i);
                    addTimes(sums.data() + left, row + left, row[a], m - left);
                }
                for (std::size_t b = a; b < m; ++b) out[a * m + b] += static_cast<double>(sums[b]);
            }
        }
    });
    for (std::size_t a = 0; a < m; ++a)
        for (std::size_t b = 0; b < a; ++b) out[a * m + b] = out[b * m + a];
    return out;
}

/// Y · W, W square.
void multiply(DenseRows& y, const Square& w, unsigned threads)
{
    const std::size_t m = y.columns;
    std::vector<float> factors(w.begin(), w.end());
    inParallel(threads, y.rows, kRowsAPiece, [&](std::size_t begin, std::size_t end) {
        std::vector<float> sums(m);
        for (std::size_t i = begin; i < end; ++i) {
            std::ranges::fill(sums, 0.0F);
            float* row = y.row(i);
            for (std::size_t k = 0; k < m; ++k) addTimes(sums.data(), factors.data() + k * m, row[k], m);
            std::ranges::copy(sums, row);
        }
    });
}

/// Eigenvectors (as columns) and eigenvalues of a symmetric matrix by Jacobi's rotations, largest first.
struct Eigen {
    Square vectors;
    std::vector<double> values;
};

void rotate(Square& a, Square& u, std::size_t m, std::size_t p, std::size_t q)
{
    const double theta = (a[q * m + q] - a[p * m + p]) / (2 * a[p * m + q]);
    const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
    const double c = 1 / std::sqrt(t * t + 1), s = t * c;
    for (std::size_t i = 0; i < m; ++i) {
        const double x = a[p * m + i], y = a[q * m + i];
        a[p * m + i] = c * x - s * y;
        a[q * m + i] = s * x + c * y;
        const double v = u[p * m + i], w = u[q * m + i];
        u[p * m + i] = c * v - s * w;
        u[q * m + i] = s * v + c * w;
    }
    for (std::size_t i = 0; i < m; ++i) {
        const double x = a[i * m + p], y = a[i * m + q];
        a[i * m + p] = c * x - s * y;
        a[i * m + q] = s * x + c * y;
    }
}

Eigen eigenOf(Square a, std::size_t m)
{
    Square u(m * m); // vectors as rows
    for (std::size_t i = 0; i < m; ++i) u[i * m + i] = 1;
    double trace = 0;
    for (std::size_t i = 0; i < m; ++i) trace += a[i * m + i];
    const double small = 1e-9 * (trace / static_cast<double>(m) + 1e-30);
    for (int sweep = 0; sweep < 12; ++sweep) {
        bool turned = false;
        for (std::size_t p = 0; p < m; ++p)
            for (std::size_t q = p + 1; q < m; ++q)
                if (std::abs(a[p * m + q]) > small) {
                    rotate(a, u, m, p, q);
                    turned = true;
                }
        if (!turned) break;
    }
    std::vector<std::size_t> order(m);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t x, std::size_t y) { return a[x * m + x] > a[y * m + y]; });
    Eigen out{Square(m * m), std::vector<double>(m)};
    for (std::size_t j = 0; j < m; ++j) {
        out.values[j] = std::max(a[order[j] * m + order[j]], 0.0);
        for (std::size_t i = 0; i < m; ++i) out.vectors[i * m + j] = u[order[j] * m + i];
    }
    return out;
}

/// The W with which Y · W has orthonormal columns, from YᵀY = RᵀR (Cholesky): W = R⁻¹. What is no direction of its own gets a
/// column of zeros.
Square inverseOfFactor(const Square& g, std::size_t m)
{
    Square r(m * m), w(m * m);
    for (std::size_t i = 0; i < m; ++i) {
        double pivot = g[i * m + i];
        for (std::size_t k = 0; k < i; ++k) pivot -= r[k * m + i] * r[k * m + i];
        if (!(pivot > 1e-12 * g[i * m + i])) continue;
        r[i * m + i] = std::sqrt(pivot);
        for (std::size_t j = i + 1; j < m; ++j) {
            double sum = g[i * m + j];
            for (std::size_t k = 0; k < i; ++k) sum -= r[k * m + i] * r[k * m + j];
            r[i * m + j] = sum / r[i * m + i];
        }
    }
    for (std::size_t j = 0; j < m; ++j) {
        if (r[j * m + j] == 0) continue;
        w[j * m + j] = 1 / r[j * m + j];
        for (std::size_t i = j; i-- > 0;) {
            if (r[i * m + i] == 0) continue;
            double sum = 0;
            for (std::size_t k = i + 1; k <= j; ++k) sum += r[i * m + k] * w[k * m + j];
            w[i * m + j] = -sum / r[i * m + i];
        }
    }
    return w;
}

void orthonormalise(DenseRows& y, unsigned threads) { multiply(y, inverseOfFactor(gram(y, threads), y.columns), threads); }

DenseRows firstColumnsOfUnitLength(const DenseRows& y, std::size_t columns)
{
    DenseRows out(y.rows, columns);
    for (std::size_t i = 0; i < y.rows; ++i) {
        double squares = 0;
        for (std::size_t j = 0; j < columns; ++j) squares += static_cast<double>(y.row(i)[j]) * y.row(i)[j];
        const double factor = squares > 1e-20 ? 1 / std::sqrt(squares) : 0;
        for (std::size_t j = 0; j < columns; ++j) out.row(i)[j] = static_cast<float>(y.row(i)[j] * factor);
    }
    return out;
}

} // namespace

DenseRows latentRows(const TextFeatures& features, std::size_t dimensions, unsigned threads)
{
    const std::size_t wanted = std::min(dimensions, std::max<std::size_t>(4, features.rows() / 4));
    const Matrix x(features);
    const std::size_t width = (wanted + kMoreDimensions + kWidth - 1) / kWidth * kWidth;
    DenseRows y = x.times(randomRows(x.columns(), width), threads);
    orthonormalise(y, threads);
    for (int round = 0; round < kRounds; ++round) {
        y = x.times(x.transposedTimes(y, threads), threads);
        orthonormalise(y, threads);
    }
    // Twice in the end, for the first time leaves rounding behind.
    orthonormalise(y, threads);
    // X ≈ Y·Bᵀ with B = XᵀY; the left singular vectors times the singular values are Y·(eigenvectors of BᵀB)·σ.
    Eigen e = eigenOf(gram(x.transposedTimes(y, threads), threads), y.columns);
    for (std::size_t j = 0; j < y.columns; ++j)
        for (std::size_t i = 0; i < y.columns; ++i) e.vectors[i * y.columns + j] *= std::sqrt(e.values[j]);
    multiply(y, e.vectors, threads);
    return firstColumnsOfUnitLength(y, wanted);
}

} // namespace tackroom
