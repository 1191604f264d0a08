//! The paper, which claims are its own, and the pages that say what was found.

use mirrorhead_harness::Study;

/// The paper that this reproduces. What isn't listed goes beyond it: our own questions, and theorems of others.
pub const STUDY: Study = Study {
    title: "Optimizing Attention with Mirror Descent: Generalized Max-Margin Token Selection",
    authors: "A. K. Julistiono, D. Ataee Tarzanagh, N. Azizan",
    reference: "arXiv:2410.14581",
    note: "Mirrorhead is an independent implementation; the authors' own code is aaronk2002/AttentionMD on GitHub.",
    of_paper: &[
        ("synthetic-direction", "attsvm-direction"),
        ("synthetic-direction", "wrong-geometry"),
        ("synthetic-direction", "local-optimality"),
        ("synthetic-direction", "norm-divergence"),
        ("synthetic-path", "attsvm-direction"),
        ("synthetic-joint", "joint-direction"),
        ("synthetic-joint", "joint-selection"),
        ("descent", "descent"),
        ("rate", "rate"),
        ("regularization-path", "reg-path"),
        ("joint-path", "joint-path-all-support"),
        ("joint-path", "joint-path-relaxed"),
        ("imdb", "smaller-p-generalizes"),
        ("imdb-equal-fit", "smaller-p-at-the-stop"),
        ("imdb-equal-fit", "smaller-p-at-its-best"),
        ("imdb-equal-fit", "smaller-p-sparser"),
        ("cifar10", "sparser-than-adam"),
        ("cifar10", "accuracy-of-adam"),
        ("cifar10-equal-fit", "accuracy-of-adam"),
        ("cifar10-equal-fit", "accuracy-of-adam-at-its-best"),
        ("cifar10-equal-fit", "sparser-than-adam"),
        ("weights", "smaller-p-sparser"),
        ("token-selection", "decisive-word"),
    ],
    pages: &[
        ("synthetic-direction", "docs/theorems/direction.md"),
        ("synthetic-path", "docs/theorems/direction.md"),
        ("synthetic-joint", "docs/theorems/joint-direction.md"),
        ("joint", "docs/theorems/joint-direction.md"),
        ("descent", "docs/theorems/descent.md"),
        ("rate", "docs/theorems/rate.md"),
        ("regularization-path", "docs/theorems/regularization-path.md"),
        ("joint-path", "docs/theorems/regularization-path.md"),
        ("basins", "docs/theorems/local-optimality.md"),
        ("margins", "docs/theorems/which-margin.md"),
        ("momentum", "docs/theorems/which-margin.md"),
        ("stability", "docs/theorems/stability.md"),
        ("factored", "docs/theorems/factored.md"),
        ("discrete-rates", "docs/theorems/discrete-rates.md"),
        ("heads", "docs/theorems/beyond-one-head.md"),
        ("difficulty", "docs/theorems/difficulty.md"),
        ("label-noise", "docs/theorems/difficulty.md"),
        ("graph-svm", "docs/theorems/next-token.md"),
        ("single-head-imdb", "docs/theorems/single-head-imdb.md"),
        ("imdb", "docs/real-data/imdb.md"),
        ("imdb-equal-fit", "docs/real-data/imdb-equal-fit.md"),
        ("recipe", "docs/real-data/recipe.md"),
        ("weights", "docs/real-data/imdb.md"),
        ("token-selection", "docs/real-data/imdb.md"),
        ("cifar10", "docs/real-data/cifar10.md"),
        ("cifar10-equal-fit", "docs/real-data/cifar10-equal-fit.md"),
    ],
};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::registry;

    #[test]
    fn every_claim_and_every_page_that_is_named_is_there() {
        let registry = registry();
        let find = |name: &str| registry.all().iter().find(|e| e.experiment.about().name == name);
        let elsewhere = |name: &str| registry.elsewhere().any(|row| row.name == name);
        for (name, claim) in STUDY.of_paper {
            let Some(entry) = find(name) else {
                assert!(elsewhere(name), "{name}");
                continue;
            };
            let known = entry.experiment.claims();
            assert!(known.iter().any(|known| known.key == *claim), "{name}: {claim}");
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (name, page) in STUDY.pages {
            assert!(find(name).is_some() || elsewhere(name), "{name}");
            assert!(root.join(page).is_file(), "{page}");
        }
    }
}
