// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/text/features.h"

#include <cstddef>
#include <vector>

namespace tackroom
{

/// Rows of so many numbers, one after the other.
struct DenseRows {
    std::size_t rows = 0, columns = 0;
    std::vector<float> numbers;

    DenseRows() = default;
    DenseRows(std::size_t r, std::size_t c) : rows(r), columns(c), numbers(r * c) {}
    [[nodiscard]] float* row(std::size_t i) { return numbers.data() + i * columns; }
    [[nodiscard]] const float* row(std::size_t i) const { return numbers.data() + i * columns; }
};

/// The texts in at most so many dimensions, rows of unit length: latent semantic analysis by randomised subspace iteration
/// (Halko, Martinsson and Tropp 2011) from fixed random numbers, so that the same texts give the same numbers.
[[nodiscard]] DenseRows latentRows(const TextFeatures& features, std::size_t dimensions, unsigned threads);

} // namespace tackroom
