// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/bundles: export of a version as one file, and its verification.
#include "ui/models/session.h"

#include <QFrame>

class QLineEdit;
class QPushButton;

namespace tackroom::ui {

class TextLabel;

/// A line over the page: where to, Export, and what came of it. Verifies what it wrote before it says so.
class BundlePanel : public QFrame {
    Q_OBJECT
public:
    explicit BundlePanel(Session& session, QWidget* parent = nullptr);
    void openFor(const Version& version);
    void openVerify();

Q_SIGNALS:
    void failed(const tackroom::Error& error);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void act();
    void exportNow();
    void verifyNow();
    void browse();
    Session& m_session;
    TextLabel* m_title;
    QLineEdit* m_path;
    QPushButton* m_act;
    TextLabel* m_says;
    std::string m_commit, m_label;
    bool m_verifying = false, m_mayReplace = false;
};

} // namespace tackroom::ui
