//! Bags of words: the tf-idf features of texts, labels folded into the rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::reviews::Reviews;

/// Words in fewer documents than this are left out.
const LEAST_DOCUMENTS: usize = 3;

/// The words that count, with `$\log\frac{1 + n}{1 + n_w} + 1$` for a word in `$n_w$` of `$n$` documents.
pub struct Vocabulary {
    words: HashMap<String, (usize, f64)>,
}

impl Vocabulary {
    /// The words of these documents, numbered in alphabetical order.
    pub fn of(reviews: &Reviews) -> Self {
        let mut documents: BTreeMap<String, usize> = BTreeMap::new();
        for text in &reviews.texts {
            for word in words(text).collect::<HashSet<_>>() {
                *documents.entry(word).or_default() += 1;
            }
        }
        let total = 1.0 + reviews.texts.len() as f64;
        let frequent = documents.into_iter().filter(|(_, count)| *count >= LEAST_DOCUMENTS);
        let words = frequent
            .enumerate()
            .map(|(k, (word, count))| (word, (k, (total / (1.0 + count as f64)).ln() + 1.0)))
            .collect();
        Self { words }
    }

    /// Unknowns: one a word, and the bias.
    pub fn n_features(&self) -> usize {
        self.words.len() + 1
    }

    /// `$y_i (x_i, 1)$` for every review, `$x_i$` its tf-idf vector at unit Euclidean norm.
    pub fn rows(&self, reviews: &Reviews) -> Vec<Vec<(usize, f64)>> {
        reviews.texts.iter().zip(&reviews.labels).map(|(text, y)| self.row(text, *y)).collect()
    }

    fn row(&self, text: &str, label: f64) -> Vec<(usize, f64)> {
        let mut weights: BTreeMap<usize, f64> = BTreeMap::new();
        for (k, idf) in words(text).filter_map(|word| self.words.get(&word)) {
            *weights.entry(*k).or_default() += idf;
        }
        let size = weights.values().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        let features = weights.into_iter().map(|(k, x)| (k, label * x / size));
        features.chain([(self.words.len(), label)]).collect()
    }
}

/// Lowercase runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Share of rows `$y_i (x_i, 1)$` on the right side of `$w$`.
pub fn accuracy(rows: &[Vec<(usize, f64)>], w: &[f64]) -> f64 {
    let right = |row: &&Vec<(usize, f64)>| row.iter().map(|&(k, x)| x * w[k]).sum::<f64>() > 0.0;
    rows.iter().filter(right).count() as f64 / rows.len() as f64
}
