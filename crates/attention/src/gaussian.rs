//! Standard normal numbers that are the same on every machine.

use mirrorhead_kernels::elementary::ln;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Open01, StandardNormal};

/// Where the tail begins: the right end of the lowest layer of the ziggurat.
const TAIL_START: f64 = 3.654_152_885_361_009;

/// Words of the stream behind one uniform number.
const WORDS: u128 = 2;

/// A standard normal number.
///
/// Of the library's sampling (the ziggurat) only the tail, one number in four thousand, has a logarithm among its
/// operations, and it is the system's: `$\pm(r - \tfrac1r \log u)$` for a uniform `$u$`. This takes the same uniform number, and the
/// kernels' logarithm.
pub(crate) fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let x: f64 = rng.sample(StandardNormal);
    if x.abs() <= TAIL_START {
        return x;
    }
    // The tail draws pairs until it accepts one, so the number is the last but one of the stream.
    rng.set_word_pos(rng.get_word_pos() - 2 * WORDS);
    let uniform: f64 = rng.sample(Open01);
    let _decided: f64 = rng.sample(Open01);
    (TAIL_START - ln(uniform) / TAIL_START).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::{TAIL_START, standard_normal};
    use crate::Seed;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    #[test]
    fn the_stream_is_the_librarys_and_so_are_the_numbers_but_for_last_bits() {
        let (mut ours, mut theirs) = (Seed(1).rng(0), Seed(1).rng(0));
        let mut in_the_tail = 0;
        for _ in 0..100_000 {
            let expected: f64 = theirs.sample(StandardNormal);
            let found = standard_normal(&mut ours);
            if expected.abs() > TAIL_START {
                in_the_tail += 1;
                assert!((found / expected - 1.0).abs() <= 4.0 * f64::EPSILON, "{found} {expected}");
            } else {
                assert_eq!(found, expected);
            }
            assert_eq!(ours.get_word_pos(), theirs.get_word_pos());
        }
        // 2.6 in ten thousand.
        assert!((10..50).contains(&in_the_tail), "{in_the_tail}");
    }
}
