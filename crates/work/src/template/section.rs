//! The sections of the template.

/// A section, by its heading. The order is the template's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the headings of the template")]
pub enum Section {
    Goal,
    Context,
    SuccessCriteria,
    Deliverables,
    NonGoals,
    Risks,
    TestHooks,
    Paths,
    Links,
    Checks,
}

impl Section {
    /// All of them, in the template's order.
    pub const ALL: [Section; 10] = [
        Section::Goal,
        Section::Context,
        Section::SuccessCriteria,
        Section::Deliverables,
        Section::NonGoals,
        Section::Risks,
        Section::TestHooks,
        Section::Paths,
        Section::Links,
        Section::Checks,
    ];

    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Section::Goal => "Goal",
            Section::Context => "Context",
            Section::SuccessCriteria => "Success criteria",
            Section::Deliverables => "Deliverables",
            Section::NonGoals => "Non-goals",
            Section::Risks => "Risks and mitigations",
            Section::TestHooks => "Test hooks and metrics",
            Section::Paths => "Paths",
            Section::Links => "Links",
            Section::Checks => "Checks",
        }
    }

    /// The section of a heading; capitals and small letters are alike.
    pub fn of(heading: &str) -> Option<Section> {
        let heading = heading.trim();
        Section::ALL
            .into_iter()
            .find(|section| section.heading().eq_ignore_ascii_case(heading))
    }
}
