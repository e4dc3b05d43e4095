// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a cluster is called and what is said of it: sentences made from its layer, family, subject, signature and counts.
#include "core/clusters/clusters.h"
#include "core/clusters/grouping.h"

#include <string>

namespace tackroom
{

/// "lookup_order refuses the arguments: order_id ‹id› does not match the pattern ‹text›". At most 160 bytes; foreign text
/// inside.
[[nodiscard]] std::string labelOf(const Group& group);
/// The share of the signals of the members that point to the group's layer, by weight; signals that point nowhere are left out
/// unless the group's layer is unknown.
[[nodiscard]] double layerShareOf(const Group& group);
/// "tools (0.81), because …", untranslated.
[[nodiscard]] std::string layerReasonOf(const Grouping& grouping, const Group& group);
/// One paragraph on a cluster whose counts are filled in; `typical` is the explanation of its typical run.
[[nodiscard]] std::string descriptionOf(const Grouping& grouping, const Group& group, const ClusterItem& item,
                                        std::string_view typical);

} // namespace tackroom
