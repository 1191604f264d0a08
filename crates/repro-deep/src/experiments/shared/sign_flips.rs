//! The exact test of paired differences by flips of their signs.

/// Most differences whose signs are all flipped: 65,536 ways.
const MOST: usize = 16;

/// The two-sided p-value of the hypothesis that differences are symmetric about zero: the share of all choices of signs
/// with a mean at least as far from zero. `None` without differences, or for more than 16.
pub fn sign_flips(differences: &[f64]) -> Option<f64> {
    let n = differences.len();
    if n == 0 || n > MOST {
        return None;
    }
    let found = differences.iter().sum::<f64>().abs();
    let size: f64 = differences.iter().map(|x| x.abs()).sum();
    // Sums that differ by rounding are equal.
    let as_far = |signs: &u32| {
        let sign = |place: usize| if signs >> place & 1 == 1 { -1.0 } else { 1.0 };
        let sum: f64 = differences.iter().enumerate().map(|(place, x)| sign(place) * x).sum();
        sum.abs() >= found - 1e-12 * size
    };
    let ways = 1_u32 << n;
    Some((0..ways).filter(as_far).count() as f64 / f64::from(ways))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p_value_is_counted_by_hand() {
        // Of eight sums of 1, 2, 3 with signs, two are as far from zero as 6, four as 4, all as 0.
        assert_eq!(sign_flips(&[1.0, 2.0, 3.0]), Some(0.25));
        assert_eq!(sign_flips(&[-1.0, 2.0, 3.0]), Some(0.5));
        assert_eq!(sign_flips(&[1.0, 2.0, -3.0]), Some(1.0));
        assert_eq!(sign_flips(&[0.1; 10]), Some(2.0 / 1024.0));
        assert_eq!([sign_flips(&[]), sign_flips(&[1.0; 17])], [None, None]);
    }
}
