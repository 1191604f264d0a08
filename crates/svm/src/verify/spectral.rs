//! Whether a norm of singular values is at most a number, for exact matrices.

use std::cmp::Ordering;

use dashu_int::ops::{BitTest, SquareRoot};
use dashu_int::{IBig, UBig};

use super::dyadic::Dyadic;
use super::norm::{Exponent, is_at_most};

/// Binary digits of the decomposition, which is not trusted: more only make the check sharper.
const DIGITS: usize = 256;

/// Sweeps of rotations over all pairs of columns.
const SWEEPS: usize = 40;

/// Whether `$\lVert W\rVert_{S_e} \le$` `most` is proven, for the matrix with these entries, column after column.
///
/// Singular values come from rotations of pairs of columns in many digits (one-sided Jacobi), as numbers
/// like any other: with `$W = P \Sigma Q^\top + E$` exactly, the norm is at most
/// `$\lVert P\rVert_2\lVert Q\rVert_2\lVert\sigma\rVert_e$`, where `$\lVert P\rVert_2 \le 1 + \sum\lvert P^\top P - I\rvert$`, plus
/// `$\sum_{ij}\lvert E_{ij}\rvert$`.
pub(super) fn is_spectrally_at_most(
    entries: &[Dyadic],
    nrows: usize,
    exponent: &Exponent,
    most: &Dyadic,
) -> bool {
    let columns: Vec<Vec<Dyadic>> = entries.chunks(nrows).map(<[Dyadic]>::to_vec).collect();
    let (left, values, right) = decomposed(&columns);
    let mut missed = Dyadic::zero();
    for (j, column) in columns.iter().enumerate() {
        for (i, entry) in column.iter().enumerate() {
            let mut rest = entry.clone();
            for (k, value) in values.iter().enumerate() {
                rest = &rest + &negative(&(&(&left[k][i] * value) * &right[k][j]));
            }
            missed = &missed + &rest.abs();
        }
    }
    let factor = &size_of_frame(&left) * &size_of_frame(&right);
    let scaled: Vec<Dyadic> = values.iter().map(|value| value * &factor).collect();
    let left_over = most + &negative(&missed);
    left_over.is_positive() && is_at_most(&scaled, exponent, &left_over)
}

/// `$1 + \sum\lvert P^\top P - I\rvert$` for the columns of `$P$`.
fn size_of_frame(columns: &[Vec<Dyadic>]) -> Dyadic {
    let one = number(1);
    let mut size = one.clone();
    for (i, x) in columns.iter().enumerate() {
        for (j, y) in columns.iter().enumerate() {
            let product = dot(x, y);
            let defect = if i == j { &product + &negative(&one) } else { product };
            size = &size + &defect.abs();
        }
    }
    size
}

type Columns = Vec<Vec<Dyadic>>;

/// Left vectors, singular values and right vectors, to [`DIGITS`] or so.
fn decomposed(columns: &Columns) -> (Columns, Vec<Dyadic>, Columns) {
    let n = columns.len();
    let mut turned = columns.clone();
    let mut frame: Columns =
        (0..n).map(|j| (0..n).map(|i| number(i64::from(i == j))).collect()).collect();
    for _ in 0..SWEEPS {
        let mut is_done = true;
        for j in 1..n {
            for i in 0..j {
                if let Some((c, s)) = rotation(&turned[i], &turned[j]) {
                    is_done = false;
                    rotate(&mut turned, i, j, &c, &s);
                    rotate(&mut frame, i, j, &c, &s);
                }
            }
        }
        if is_done {
            break;
        }
    }
    let lengths: Vec<Dyadic> = turned.iter().map(|column| root(&dot(column, column))).collect();
    // Values beyond all digits of the largest are noise, and so are their vectors.
    let mut noise = lengths.iter().fold(Dyadic::zero(), |sum, length| &sum + length);
    noise.exponent -= 128;
    let (mut left, mut values, mut right) = (Vec::new(), Vec::new(), Vec::new());
    for ((column, vector), value) in turned.into_iter().zip(frame).zip(lengths) {
        if value.compare(&noise) == Ordering::Greater {
            left.push(column.iter().map(|x| quotient(x, &value)).collect());
            values.push(value);
            right.push(vector);
        }
    }
    (left, values, right)
}

/// Cosine and sine of the rotation that makes two columns orthogonal; None if they are.
fn rotation(x: &[Dyadic], y: &[Dyadic]) -> Option<(Dyadic, Dyadic)> {
    let (xx, yy, xy) = (dot(x, x), dot(y, y), dot(x, y));
    // |xy| <= 2^-200 |x| |y|.
    let mut square = &xy * &xy;
    square.exponent += 400;
    if square.compare(&(&xx * &yy)) != Ordering::Greater {
        return None;
    }
    let one = number(1);
    let mut double = xy;
    double.exponent += 1;
    let ratio = quotient(&(&yy + &negative(&xx)), &double);
    let length = root(&(&one + &(&ratio * &ratio)));
    let tangent = quotient(&one, &(&ratio.abs() + &length));
    let tangent = if ratio.significand < IBig::ZERO { negative(&tangent) } else { tangent };
    let cosine = quotient(&one, &root(&(&one + &(&tangent * &tangent))));
    let sine = rounded(&(&cosine * &tangent));
    Some((cosine, sine))
}

fn rotate(columns: &mut Columns, i: usize, j: usize, c: &Dyadic, s: &Dyadic) {
    let (x, y) = (columns[i].clone(), columns[j].clone());
    for (k, (x, y)) in x.iter().zip(&y).enumerate() {
        columns[i][k] = rounded(&(&(c * x) + &negative(&(s * y))));
        columns[j][k] = rounded(&(&(s * x) + &(c * y)));
    }
}

fn number(x: i64) -> Dyadic {
    Dyadic { significand: IBig::from(x), exponent: 0 }
}

fn negative(x: &Dyadic) -> Dyadic {
    Dyadic { significand: -&x.significand, exponent: x.exponent }
}

fn magnitude(x: &Dyadic) -> UBig {
    x.significand.clone().into_parts().1
}

fn dot(x: &[Dyadic], y: &[Dyadic]) -> Dyadic {
    x.iter().zip(y).fold(Dyadic::zero(), |sum, (x, y)| &sum + &(x * y))
}

/// The leading [`DIGITS`].
fn rounded(x: &Dyadic) -> Dyadic {
    let excess = magnitude(x).bit_len().saturating_sub(DIGITS);
    Dyadic { significand: &x.significand >> excess, exponent: x.exponent + signed(excess) }
}

fn signed(digits: usize) -> i64 {
    i64::try_from(digits).expect("digits that fit into memory")
}

fn quotient(a: &Dyadic, b: &Dyadic) -> Dyadic {
    let shift = DIGITS + magnitude(b).bit_len();
    let significand = (&a.significand << shift) / &b.significand;
    rounded(&Dyadic { significand, exponent: a.exponent - b.exponent - signed(shift) })
}

/// `$\sqrt x$` for `$x \ge 0$`.
fn root(x: &Dyadic) -> Dyadic {
    let shift = 2 * DIGITS + usize::from(x.exponent.rem_euclid(2) == 1);
    let significand = IBig::from((magnitude(x) << shift).sqrt());
    rounded(&Dyadic { significand, exponent: (x.exponent - signed(shift)) / 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_decides() {
        // [3, 0; 4, 5] has the singular values sqrt(45) and sqrt(5).
        let entries: Vec<Dyadic> = [3.0, 4.0, 0.0, 5.0].map(|x| Dyadic::of(x).unwrap()).to_vec();
        for (p, norm) in [
            (1.0, 45f64.sqrt() + 5f64.sqrt()),
            (2.0, 50f64.sqrt()),
            (3.0, (45f64.powf(1.5) + 5f64.powf(1.5)).cbrt()),
            (f64::INFINITY, 45f64.sqrt()),
        ] {
            let holds = |most: f64| {
                let (exponent, most) = (Exponent::of(p).unwrap(), Dyadic::of(most).unwrap());
                is_spectrally_at_most(&entries, 2, &exponent, &most)
            };
            assert!(holds(norm * (1.0 + 2e-15)) && !holds(norm * (1.0 - 2e-15)), "p = {p}");
        }
    }

    #[test]
    fn wide_and_singular_matrices() {
        // Twice the same row of three: one singular value, sqrt(28).
        let row = [1.0, 1.0, 2.0, 2.0, 3.0, 3.0].map(|x| Dyadic::of(x).unwrap());
        for p in [1.0, 1.5, f64::INFINITY] {
            let holds = |most: f64| {
                let (exponent, most) = (Exponent::of(p).unwrap(), Dyadic::of(most).unwrap());
                is_spectrally_at_most(&row, 2, &exponent, &most)
            };
            assert!(holds(28f64.sqrt() * (1.0 + 1e-15)), "p = {p}");
            assert!(!holds(28f64.sqrt() * (1.0 - 1e-15)), "p = {p}");
        }
    }
}
