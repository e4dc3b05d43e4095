// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/glob.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tackroom
{

bool globMatches(std::string_view glob, std::string_view path)
{
    // reach[i]: the part of the glob read so far takes the first i bytes of the path.
    std::vector<char> reach(path.size() + 1, 0);
    std::vector<char> next(path.size() + 1, 0);
    reach[0] = 1;
    for (std::size_t g = 0; g < glob.size();) {
        std::ranges::fill(next, 0);
        const auto rest = glob.substr(g);
        if (rest.starts_with("**/") && (g == 0 || glob[g - 1] == '/')) {
            // Any number of whole folders: from a place that is reached to behind any later slash.
            char open = 0;
            for (std::size_t i = 0; i <= path.size(); ++i) {
                next[i] = reach[i] || (open && i > 0 && path[i - 1] == '/');
                open = open || reach[i];
            }
            g += 3;
        } else if (rest.starts_with("**")) {
            char open = 0;
            for (std::size_t i = 0; i <= path.size(); ++i) next[i] = open = open || reach[i];
            g += 2;
        } else if (rest[0] == '*') {
            char open = 0;
            for (std::size_t i = 0; i <= path.size(); ++i) {
                if (i > 0 && path[i - 1] == '/') open = 0;
                next[i] = open = open || reach[i];
            }
            ++g;
        } else {
            for (std::size_t i = 0; i < path.size(); ++i)
                if (reach[i] && (rest[0] == '?' ? path[i] != '/' : path[i] == rest[0])) next[i + 1] = 1;
            ++g;
        }
        reach.swap(next);
    }
    return reach[path.size()] != 0;
}

} // namespace tackroom
