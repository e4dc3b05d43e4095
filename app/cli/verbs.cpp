// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/promptverbs.h"
#include "app/cli/textverbs.h"

namespace tackroom::cli
{

namespace
{

using Count = Position::Count;
constexpr Option kAdopt{"adopt", "", "REPO is a plain folder: give it a managed repository in the data directory"};
constexpr Option kReason{"reason", "TEXT", "why; goes into the journal and the commit"};
constexpr Option kPatchSet{"patch-set", "COMMIT", "decide only if the proposal still is this commit"};
constexpr Option kTip{"tip", "COMMIT", "decide only if the main line still is at this commit"};

constexpr std::string_view kDecisionJson =
    "proposal\nentry {id, kind, time, reviewer, reason, proposal, patchSet, base, result, version, rollsBack, cluster,\n"
    "  atoms (a count), evidence[]}";
constexpr std::string_view kLandedJson =
    "version   the label of the new version, \"v5\"\ncommit    its id\nbase      the main line before\n"
    "workTreeUpdated\nfiles[{path, change, oldPath, oldBlob, newBlob, addedLines, removedLines, binary}]";

const std::vector<Verb>& table()
{
    static const std::vector<Verb> kVerbs = {
        {"stores",
         "list the stores that have an index; or tell what some files are",
         {{"FILE", Count::Any}},
         {},
         "stores[{path, kind, schema, runs, failures}]; of files: [{path, kind, schema, title, note, "
         "sizeBytes}]\nformats[{kind, title}]",
         &runStores},
        {"index",
         "read what is new in a store",
         {{"STORE"}},
         {},
         "store {path, kind, schema, title, note}\nruns, steps, failures, successes, unknown, scores, decisions: counts of the "
         "whole store\n"
         "unreadable       what was there and could not be read\nskipped[{where, why}], at most 20\nnewRuns          read this "
         "time\n"
         "seconds          of this reading\npeakRssBytes     of the reader process",
         &runIndex},
        {"cache",
         "which indexes lie in the cache, and how much it may hold; clear: remove those not in use",
         {{"clear", Count::Optional}, {"STORE", Count::Optional}},
         {{"limit", "SIZE", "what all indexes may take together: 5GB, 800MB, none; the least recently used go first"}},
         "limitBytes       0: none\nbytes            of all indexes\nindexes[{store, title, folder, runs, bytes, used}]\n"
         "where some were to go: removed[], removedBytes, inUse (stayed), failed",
         &runCache},
        {"runs",
         "list runs",
         {{"STORE"}},
         {{"query", "TEXT", "words and fields: outcome:failure tool:NAME steps:>10 duration:>30s since:2w -version:v3"},
          {"filter", "TEXT", "the same"},
          {"everywhere", "", "look for the words in the texts of all runs, not of failing and judged ones alone"},
          {"limit", "N", "at most so many (default 50)"},
          {"sort", "KEY", "start, duration, steps, errors, cost, tokens, outcome, version, task or cluster"},
          {"reverse", "", "the other way round"}},
         "runs[{id, key, outcome, outcomeSource, outcomeReason, cluster, clusterLabel, version, versionLabel, session, user, "
         "agent,\n"
         "  start, durationNs, steps, errors, promptTokens, completionTokens, costUsd, task,\n"
         "  matches[{word, step, place, snippet, marks[[offset, bytes]]}] where the query has words}]\n"
         "matching         how many match\ntotal            how many there are\n"
         "searched {everywhere, runs, of, unreadable, cut, full}: in how many runs' texts words were looked for;\n"
         "  of everything also lost [{where, why}]: what damage hides",
         &runRuns},
        {"show",
         "one run: conversation, steps, scores, decisions, signals",
         {{"STORE"}, {"RUN"}},
         {{"step", "ID", "the texts of one step instead of the conversation"},
          {"bytes", "N", "at most so many bytes of text (default 200000)"}},
         "id, key, outcome, outcomeSource, outcomeReason, cluster, clusterLabel, version, versionSource, session, user, start, "
         "end, task, answer\n"
         "steps[{id, parent, depth, kind, name, status, start, durationNs, tool, model, arguments, result, errorType, error}]\n"
         "scores[{step, name, label, value, explanation, annotator, by, says}]\ndecisions[{step, kind, by, time, target, "
         "before, after, reason}]\n"
         "signals[{family, layer, step, subject, explanation, strength}]\n"
         "body {messages[{role, name, content, toolCalls[{id, name, arguments}], toolCallId, step}], input, output, raw, "
         "omittedBytes}",
         &runShow},
        {"judge",
         "say how a run went: good, bad, unsure, or withdrawn",
         {{"STORE"}, {"RUN"}, {"VERDICT"}},
         {{"reason", "TEXT", "why; goes into the journal"},
          {"adopted", "yes|no", "whether people used what the agent answered"},
          {"preference", "TEXT", "what the answer should rather have been"},
          {"relevance", "WORD", "of what was retrieved: relevant, partly or 'not relevant'"},
          {"missing", "TEXT", "what the agent would have needed to know"},
          {"repo", "REPO", "into the journal of this harness repository too"}},
         "judgement {run, verdict, outcome, reason, reviewer, time, entry, adopted, preference, relevance, missingKnowledge,\n"
         "  id, session, version, task, answer}",
         &runJudge},
        {"judgements",
         "what people have said of the runs of a store",
         {{"STORE"}},
         {{"jsonl", "", "one JSON object a line, to label data with"},
          {"history", "", "every word that was said, not only the latest on each run"}},
         "judgements[]: as of `judge`",
         &runJudgements},
        {"rule",
         "which score tells that a run has failed: 'resolved < 0.5', 'grade = fail', or none",
         {{"STORE"}, {"RULE", Count::Optional}},
         {},
         "rule             empty where there is none\nruns, failures, successes, unknown: counts under it",
         &runRule},
        {"rule version",
         "what tells the harness version of runs, before what the traces say: 'key NAME', 'from TIME is VERSION' and more",
         {{"STORE"}, {"TERM", Count::Any}},
         {{"preview", "", "only tell what the terms would change"},
          {"deployments", "REPO", "a term for each version that this harness repository has landed"},
          {"look", "N", "list the keys that N runs of the store itself have, whatever they are"}},
         "rule[]           the terms, each one argument:\n"
         "  key NAME                         the value of this key; of several the first that a run has\n"
         "  where NAME = VALUE is VERSION    a run whose key has this value\n"
         "  from TIME [to TIME] is VERSION   a run that began then\n"
         "  deployed TIME is VERSION         from then on, of runs of which nothing else tells the version\n"
         "  deployment first                 the deployed version counts even where a run names one\n"
         "  none                             alone: no rule any more\n"
         "set              whether it was set just now\n"
         "runs, changed (get another version), without (a version)\ndistinct, versions[{version, runs}]\n"
         "unread[]         keys that the store would be read anew for\n"
         "lookedAt (runs), keys[{key, runs, values, examples[{value, runs}]}]",
         &runVersionRule},
        {"clusters",
         "why the agent fails: failing runs in groups; or the lines of a file by what they are about",
         {{"STORE", Count::Optional}},
         {{"texts", "FILE", "group the lines of FILE instead: one text a line, if wished with a label after a tab"},
          {"threads", "N", "of --texts: use so many threads (default: as many as there are); the answer is the same"}},
         "clusters[{id, state, words {madeLabel, madeDescription, expected, owner, pinned, split, mergedFrom[], mute {},\n"
         "  resolution {}}: what people said, layer, family, label, runs (a count), runIds[], exemplars[] (run ids),\n"
         "  exemplarDetails[{id, key, role, step, task, explanation}], layerShare, layerReason, subject, signature,\n"
         "  description, failingRuns, users, share {low, high}, firstSeen, lastSeen,\n"
         "  versions[{version, label, runs, outOf}], perWeek[],\n"
         "  priorName {name, runs, outOf}, null where the store has no name for it}]\n"
         "runs, failingRuns, unclustered: counts of the store\n"
         "editsWithoutPlace: hand edits whose cluster is not in the store\n"
         "with --texts: assignment[] (a group for each line), k (groups), texts, distinct (but for figures);\n"
         "  where there are labels: labels (how many), labelled (lines), ari, v, homogeneity, completeness",
         &runClusters},
        {"edit-cluster",
         "name, merge, split, mute, resolve a cluster; what is done is kept, and done again whenever the store is read",
         {{"STORE"}, {"CLUSTER"}, {"ACT"}, {"VALUE", Count::Optional}},
         {{"runs", "ID,ID", "split, move: these runs"},
          {"until", "TIME", "mute: until a day (2026-12-01) or for a span (3d, 2w)"},
          {"count", "N", "mute: until N more runs have come"},
          {"escalating", "", "mute: until it escalates"},
          {"repo", "REPO", "into the journal of this harness repository too"}},
         "edit {act, cluster, text, other, runs[], until, count, untilEscalating, entry, time, by, counts}\n"
         "withoutPlace     edits of other runs than this store's\n"
         "ACT is one of\n"
         "  rename NAME       describe TEXT       expect TEXT (what the agent should have done)\n"
         "  assign OWNER      merge CLUSTER       move CLUSTER --runs (the runs go there)\n"
         "  split QUERY       split --runs        resolve [TEXT]      reopen\n"
         "  mute              unmute              pin                 unpin\n"
         "  undo [ENTRY]      the last edit, or one of `cluster-edits`; CLUSTER may then be -\n"
         "An empty VALUE takes a name, description, expectation or owner away.",
         &runEditCluster},
        {"cluster-edits",
         "what people have done to the clusters of a store",
         {{"STORE"}},
         {},
         "edits[]          as of `edit-cluster`; counts: false where it was undone",
         &runClusterEdits},
        {"templates",
         "the kinds of lines of a log: what they have in common, and where something changes",
         {{"FILE"}},
         {},
         "groups[]         for each line the number of its template, in order of their first lines\ntemplates[]      the "
         "texts, "
         "with \u2039\u2026\u203a where something changes\nlines            how many",
         &runTemplates},
        {"attribute",
         "failed conversations of several agents: who probably made the mistake, and where; a first place to look at",
         {{"PATH"}},
         {},
         "one list instead of a document: [{run (the file's name without its ending), agent, step (index into the history),\n"
         "  agentShare, stepShare (of the probability)}]; PATH: a JSON file with a history[{name or role, content}], or a "
         "folder",
         &runAttribute},
        {"artifacts",
         "the files of a harness, by kind",
         {{"REPO"}},
         {{"at", "VERSION", "of another version than the live one"}, kAdopt},
         "version, commit\nartifacts[{path, kind, layer, name, description, blob, sizeBytes}]",
         &runArtifacts},
        {"versions",
         "the versions of a harness and who decided",
         {{"REPO"}},
         {kAdopt},
         "harnessId, mainBranch, tip\nversions[{version, commit, parent, time, title, author, live, tagged, review, rollsBack, "
         "rolledBackBy, decision}], newest first",
         &runVersions},
        {"proposals",
         "proposed edits and how they stand to the main line",
         {{"REPO"}},
         {kAdopt},
         "proposals[{id, title, kind, layer, base, state, baseReason, baseCommit, patchSet, patchSetNumber, proposedBy, claim, "
         "cluster,\n"
         "  source, time, files[], decision}]\n"
         "base is one of: clean, re-applies, already contained, conflicts, target gone, base gone\n"
         "state is one of: in review, approved, rejected, deferred, changes requested, rolled back",
         &runProposals},
        {"diff",
         "what a proposal would change; or two files",
         {{"REPO"}, {"ID", Count::Optional}},
         {{"context", "N", "lines around each change (default 3)"},
          {"files", "", "compare two files: diff --files OLD NEW"},
          kAdopt},
         "id, title, state, base, claim, proposedBy, cluster, patchSet, tip\n"
         "files[{path, change, oldPath, oldBlob, newBlob, addedLines, removedLines, binary, kind, conflicts, mode, patch}]\n"
         "with --files: same, binary, patch",
         &runDiff},
        {"approve",
         "land a proposal as a new version",
         {{"REPO"}, {"ID"}},
         {kReason, kPatchSet, kTip, kAdopt},
         kLandedJson,
         &runApprove},
        {"reject", "refuse a proposal", {{"REPO"}, {"ID"}}, {kReason, kPatchSet, kTip, kAdopt}, kDecisionJson, &runReject},
        {"defer", "put a proposal off", {{"REPO"}, {"ID"}}, {kReason, kPatchSet, kTip, kAdopt}, kDecisionJson, &runDefer},
        {"rollback",
         "take a version back, as a new version",
         {{"REPO"}, {"VERSION"}},
         {kReason, {"preview", "", "only tell what would change"}, kAdopt},
         kLandedJson,
         &runRollback},
        {"journal", "every decision, oldest first", {{"REPO"}}, {kAdopt}, "entries[]: as they are in the journal", &runJournal},
        {"export",
         "write an approved version as a bundle",
         {{"REPO"}, {"VERSION"}},
         {{"to", "FILE", "where to; needed"}, {"replace", "", "replace FILE where it is there"}, kAdopt},
         "path, version, commit, files (a count), omitted[], sizeBytes, sha256",
         &runExport},
        {"verify",
         "check a bundle and name the first thing wrong",
         {{"FILE"}},
         {},
         "ok\nproblem          the first thing wrong; empty when ok\nname, version, harnessId, commit, tree, parent, reviewer, "
         "reason, signed, files, omitted[], sizeBytes, sha256\n"
         "contents[{path, mode, sizeBytes, sha256}]",
         &runVerify},
        {"import",
         "make a proposal of a patch file",
         {{"REPO"}, {"PATCH"}},
         {kAdopt},
         "id, title, kind, layer, base, state, patchSet",
         &runImport},
        {"prompts",
         "the prompts that a store keeps in versions; or one of them, with the text of a version",
         {{"STORE"}, {"NAME", Count::Optional}, {"VERSION", Count::Optional}},
         {},
         "registry         empty where the store keeps none\npromptCount\nprompts[{name, description, labels[], tags, "
         "versionCount, versions[{version, time, author, note, kind, provider, model, labels[]}]}]\n"
         "of one prompt: prompt, version, path and text, as import-prompt would make the file",
         &runPrompts},
        {"import-prompt",
         "make a proposal of a prompt's versions, or of one",
         {{"STORE"}, {"NAME"}, {"VERSION", Count::Optional}},
         {{"repo", "REPO", "the harness repository; needed"}},
         "path             of the file in the repository\nalreadyContained, containedVersion\npatchSets        made this "
         "time\nleftOut          older versions that were left out\n"
         "proposal {id, title, base, state, proposedBy, source, patchSet, patchSetNumber}, null where it is contained",
         &runImportPrompt},
        {"sample",
         "make the sample in DIR; or play more runs with a repository's live version",
         {{"DIR", Count::Optional}},
         {{"runs", "N", "how many runs (default 2000; when appending 100)"},
          {"seed", "N", "the same seed plays the same runs"},
          {"repo", "REPO", "append runs: the harness to play with"},
          {"store", "STORE", "append runs: the sample's store"}},
         "store, harness, truth, runs, made (false: it was there)\nwhen appending: runs, failed, commit, version, first, last, "
         "seed",
         &runSample},
    };
    return kVerbs;
}

} // namespace

std::span<const Verb> verbs() { return table(); }

} // namespace tackroom::cli
