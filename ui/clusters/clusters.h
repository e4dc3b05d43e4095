// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/clusters: the page of failure clusters: left all of them below their harness layers, right one as a short report.
///
///   clusterspage.h   the page: filter, tree, address
///   clusterreport.h  one cluster, to read
///   exemplarcard.h   one of its runs, which opens at its decisive step
///   bars.h           share bar and trend line: painters, delegates for the tree, widgets for the report
