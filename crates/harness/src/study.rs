//! What a registry reproduces: a paper, and which of the claims are its own.

use serde::Serialize;

/// A paper, its claims, and where more is said of each experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Study {
    /// Title of the paper.
    pub title: &'static str,
    /// Who wrote it.
    pub authors: &'static str,
    /// Where it is found, such as `arXiv:2410.14581`.
    pub reference: &'static str,
    /// What stands beside it, such as the authors' own code.
    pub note: &'static str,
    /// The claims of the paper: the experiment that checks each, and its key. Every other claim goes beyond the
    /// paper; without any here, all are the paper's.
    #[serde(skip)]
    pub of_paper: &'static [(&'static str, &'static str)],
    /// Experiments, and the pages that say what was found, from the root of the workspace.
    #[serde(skip)]
    pub pages: &'static [(&'static str, &'static str)],
}

/// Whose a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The paper's.
    Paper,
    /// What goes beyond it: our own, or a theorem of others.
    Beyond,
}

impl Study {
    /// A study of nothing in particular.
    pub const NONE: Self = Self {
        title: "Experiments",
        authors: "",
        reference: "",
        note: "",
        of_paper: &[],
        pages: &[],
    };

    /// Whose a claim is.
    pub fn source(&self, experiment: &str, claim: &str) -> Source {
        if self.of_paper.is_empty() || self.of_paper.contains(&(experiment, claim)) {
            Source::Paper
        } else {
            Source::Beyond
        }
    }

    /// The page on an experiment.
    pub fn page(&self, experiment: &str) -> Option<&'static str> {
        self.pages.iter().find(|(name, _)| *name == experiment).map(|(_, page)| *page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_that_are_not_listed_go_beyond_the_paper() {
        let study = Study { of_paper: &[("rate", "rate")], ..Study::NONE };
        assert_eq!(study.source("rate", "rate"), Source::Paper);
        assert_eq!(study.source("rate", "measured-rate"), Source::Beyond);
        assert_eq!(study.source("margins", "rate"), Source::Beyond);
        assert_eq!(Study::NONE.source("any", "claim"), Source::Paper);
    }
}
