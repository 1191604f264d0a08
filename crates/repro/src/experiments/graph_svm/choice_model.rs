//! The finite logits of tied tokens, found without gradients, embeddings or a head.

use mirrorhead_attention::{NextTokenData, Triple};
use mirrorhead_kernels::elementary;

/// The most rounds of the iteration.
const ROUNDS: usize = 1_000_000;
/// The largest change of a logarithm in the last round.
const SETTLED: f64 = 1e-14;

/// What the logits of each pair of `ties` differ by where the risk of tied tokens among themselves is least: in every sequence only
/// those tied with the next token are left.
///
/// That risk is the likelihood of Luce's choice model, in which token `$i$` is chosen from a sequence in proportion to `$m_i \pi_i$`.
/// Its maximum exists if every component is strongly connected, and Hunter's iteration (Ann. Statist. 32, 2004)
/// goes there: `$\pi_i$` becomes what `$i$` was chosen over the sum of `$m_i / \sum_j m_j \pi_j$`. `None` if it doesn't settle.
pub fn finite_differences(data: &NextTokenData, ties: &[Triple]) -> Option<Vec<f64>> {
    let mut differences = vec![0.0; ties.len()];
    for query in data.queries() {
        let weights = weights(&choices(data, ties, query), data.n_tokens())?;
        for (difference, tie) in differences.iter_mut().zip(ties) {
            if tie.query == query {
                *difference = elementary::ln(weights[tie.preferred.1] / weights[tie.other.1]);
            }
        }
    }
    Some(differences)
}

/// A choice: the token chosen, and all that were there, as often as they were.
struct Choice {
    chosen: usize,
    among: Vec<usize>,
}

fn choices(data: &NextTokenData, ties: &[Triple], query: usize) -> Vec<Choice> {
    let mut component: Vec<_> = (0..data.n_tokens()).collect();
    for tie in ties.iter().filter(|tie| tie.query == query) {
        component[tie.other.1] = tie.preferred.1;
    }
    let asked = data.of_queries().filter(|(asks, _)| *asks == query);
    let choice = |(_, example): (usize, &mirrorhead_attention::NextToken)| {
        let is_tied = |token: &usize| component[*token] == component[example.next];
        let among = example.tokens.iter().copied().filter(is_tied).collect();
        Choice { chosen: example.next, among }
    };
    asked.map(choice).collect()
}

/// `$\pi$`; that of tokens in no choice stays one.
fn weights(choices: &[Choice], n_tokens: usize) -> Option<Vec<f64>> {
    let mut weights = vec![1.0; n_tokens];
    for _ in 0..ROUNDS {
        let (mut chosen, mut expected) = (vec![0.0; n_tokens], vec![0.0; n_tokens]);
        for choice in choices {
            let total: f64 = choice.among.iter().map(|token| weights[*token]).sum();
            chosen[choice.chosen] += 1.0;
            choice.among.iter().for_each(|token| expected[*token] += 1.0 / total);
        }
        let mut change = 0.0f64;
        for ((weight, chosen), expected) in weights.iter_mut().zip(chosen).zip(expected) {
            if chosen > 0.0 {
                let new: f64 = chosen / expected;
                change = change.max((new / *weight - 1.0).abs());
                *weight = new;
            }
        }
        if change <= SETTLED {
            return Some(weights);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use mirrorhead_attention::{NextToken, NextTokenData, TokenGraph};
    use mirrorhead_kernels::Matrix;

    use super::finite_differences;

    fn differences(examples: &[(&[usize], usize)]) -> Vec<f64> {
        let embeddings = Matrix::from_fn(4, 4, |i, k| f64::from(u8::from(i == k)));
        let example =
            |(tokens, next): &(&[usize], usize)| NextToken { tokens: tokens.to_vec(), next: *next };
        let examples = examples.iter().map(example).collect();
        let data = NextTokenData::new(&embeddings, examples).unwrap();
        finite_differences(&data, TokenGraph::of(&data).ties()).unwrap()
    }

    #[test]
    fn two_tokens_have_the_odds_of_their_frequencies() {
        // Token 0 twice, 1 once; 3, which neither comes before, plays no part.
        let found = differences(&[(&[0, 1, 3], 0), (&[0, 1, 3], 0), (&[1, 0, 3], 1)]);
        assert_eq!(found.len(), 1);
        assert!((found[0] - 2f64.ln()).abs() < 1e-12, "{found:?}");
        // The odds x of token 1 for which 2x / ((1 + x) (1 + 2x)) is largest: x^2 = 1/2.
        let found = differences(&[(&[0, 1, 3], 0), (&[1, 1, 0, 3], 1)]);
        assert!((found[0] - 0.5 * 2f64.ln()).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn a_symmetric_cycle_has_equal_logits() {
        let found = differences(&[(&[0, 1, 3], 0), (&[1, 2, 3], 1), (&[2, 0, 3], 2)]);
        assert!(found.len() == 2 && found.iter().all(|d| d.abs() < 1e-12), "{found:?}");
    }
}
