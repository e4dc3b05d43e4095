<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>tackroom::ui::DiffView</name>
    <message numerus="yes">
        <location filename="../ui/diffview/diffpaint.cpp" line="88"/>
        <source>⋯  %n unchanged lines</source>
        <extracomment>a row that stands for lines that are the same on both sides</extracomment>
        <translation>
            <numerusform>⋯  %n unchanged line</numerusform>
            <numerusform>⋯  %n unchanged lines</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <location filename="../ui/diffview/diffview.cpp" line="275"/>
        <source>%n lines removed</source>
        <translation>
            <numerusform>%n line removed</numerusform>
            <numerusform>%n lines removed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <location filename="../ui/diffview/diffview.cpp" line="276"/>
        <source>%n lines added</source>
        <translation>
            <numerusform>%n line added</numerusform>
            <numerusform>%n lines added</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tackroom::ui::JobBar</name>
    <message numerus="yes">
        <location filename="../ui/shell/jobbar.cpp" line="59"/>
        <source> · and %n more</source>
        <translation>
            <numerusform> · and %n more</numerusform>
            <numerusform> · and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tackroom::ui::PromptImportPane</name>
    <message numerus="yes">
        <location filename="../ui/proposals/promptimportpane.cpp" line="1"/>
        <source>%n version(s)</source>
        <translation>
            <numerusform>%n version</numerusform>
            <numerusform>%n versions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <location filename="../ui/proposals/promptimportpane.cpp" line="1"/>
        <source>%1 · %n prompt(s) · each version becomes a patch set of a proposal; nothing lands by itself</source>
        <translation>
            <numerusform>%1 · %n prompt · each version becomes a patch set of a proposal; nothing lands by itself</numerusform>
            <numerusform>%1 · %n prompts · each version becomes a patch set of a proposal; nothing lands by itself</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <location filename="../ui/proposals/promptimportpane.cpp" line="1"/>
        <source>%n patch set(s) of %1 are ready to be reviewed; nothing has landed.</source>
        <translation>
            <numerusform>%n patch set of %1 is ready to be reviewed; nothing has landed.</numerusform>
            <numerusform>%n patch sets of %1 are ready to be reviewed; nothing has landed.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <location filename="../ui/proposals/promptimportpane.cpp" line="1"/>
        <source>%n older version(s) were left out.</source>
        <translation>
            <numerusform>%n older version was left out.</numerusform>
            <numerusform>%n older versions were left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tackroom::ui::ProposalsPage</name>
    <message numerus="yes">
        <location filename="../ui/proposals/proposalspage.cpp" line="260"/>
        <source>Lands as one new version on %1, exactly as shown: %n file(s), +%2 −%3 lines. Your reason and the evidence on screen are recorded. It can be taken back later.</source>
        <translation>
            <numerusform>Lands as one new version on %1, exactly as shown: %n file, +%2 −%3 lines. Your reason and the evidence on screen are recorded. It can be taken back later.</numerusform>
            <numerusform>Lands as one new version on %1, exactly as shown: %n files, +%2 −%3 lines. Your reason and the evidence on screen are recorded. It can be taken back later.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tackroom::ui::Session</name>
    <message numerus="yes">
        <location filename="../ui/models/session.cpp" line="244"/>
        <source>Playing %n run(s) with the live version</source>
        <translation>
            <numerusform>Playing %n run with the live version</numerusform>
            <numerusform>Playing %n runs with the live version</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <location filename="../ui/models/session.cpp" line="253"/>
        <source>%n run(s) were played with the live version.</source>
        <translation>
            <numerusform>%n run was played with the live version.</numerusform>
            <numerusform>%n runs were played with the live version.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>tackroom::ui::Sentences</name>
    <message numerus="yes">
        <source>%n minute(s) ago</source>
        <translation>
            <numerusform>%n minute ago</numerusform>
            <numerusform>%n minutes ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hour(s) ago</source>
        <translation>
            <numerusform>%n hour ago</numerusform>
            <numerusform>%n hours ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n day(s) ago</source>
        <translation>
            <numerusform>%n day ago</numerusform>
            <numerusform>%n days ago</numerusform>
        </translation>
    </message>
</context>
</TS>
