//! Operators made of another one: rows times signs, and columns appended to it.

use mirrorhead_kernels::{EXACT_PRODUCT, Enclosure, GramMut, LinearOperator, two_product, two_sum};

/// `$\operatorname{diag}(f) A$` with factors `$f_j$` that are powers of two or their negatives: points times labels.
#[derive(Debug, Clone)]
pub(crate) struct ScaledRows<'a> {
    operator: &'a dyn LinearOperator,
    factors: Vec<f64>,
}

impl<'a> ScaledRows<'a> {
    /// The rows of `operator` times `factors`, by which multiplication is exact.
    pub fn new(operator: &'a dyn LinearOperator, factors: Vec<f64>) -> Self {
        Self { operator, factors }
    }

    fn times(&self, out: &mut [f64]) {
        for (out, f) in out.iter_mut().zip(&self.factors) {
            *out *= f;
        }
    }

    fn sizes(&self, multipliers: &[f64]) -> Vec<f64> {
        multipliers.iter().zip(&self.factors).map(|(l, f)| l * f.abs()).collect()
    }

    fn scaled(&self, multipliers: &[f64]) -> Vec<f64> {
        multipliers.iter().zip(&self.factors).map(|(l, f)| l * f).collect()
    }
}

impl LinearOperator for ScaledRows<'_> {
    fn nrows(&self) -> usize {
        self.operator.nrows()
    }

    fn ncols(&self) -> usize {
        self.operator.ncols()
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        self.operator.apply(w, out);
        self.times(out);
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        self.operator.apply_adjoint(&self.scaled(multipliers), out);
    }

    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        self.operator.apply_abs(w, out);
        for (out, f) in out.iter_mut().zip(&self.factors) {
            *out *= f.abs();
        }
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        self.operator.apply_adjoint_abs(&self.sizes(multipliers), out);
    }

    fn rounding_depth(&self) -> usize {
        self.operator.rounding_depth()
    }

    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        self.operator.apply_enclosed(w, out);
        for (out, f) in out.iter_mut().zip(&self.factors) {
            *out = Enclosure { value: out.value * f, radius: out.radius * f.abs() };
        }
    }

    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        self.operator.apply_adjoint_enclosed(&self.scaled(multipliers), out);
    }

    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        let factor = self.factors[j];
        self.operator.exact_row(j, &mut |k, a| term(k, factor * a))
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
        self.operator.weighted_gram(rows, weights, gram.reborrow());
        for (l, &j) in rows.iter().enumerate() {
            for (k, &i) in rows.iter().enumerate().skip(l) {
                gram[(k, l)] *= self.factors[i] * self.factors[j];
            }
        }
    }

    fn weighted_normal(&self, weights: &[f64], normal: GramMut<'_>) {
        let weights = weights.iter().zip(&self.factors).map(|(s, f)| s * f * f);
        self.operator.weighted_normal(&weights.collect::<Vec<_>>(), normal);
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        self.operator.row_max_abs(out);
        for (out, f) in out.iter_mut().zip(&self.factors) {
            *out *= f.abs();
        }
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        // With factors of one size this is exact; else it is an upper bound, and a column of zeros is told.
        let largest = self.factors.iter().fold(0.0f64, |most, f| most.max(f.abs()));
        self.operator.col_max_abs(out);
        for out in out {
            *out *= largest;
        }
    }
}

/// `sum` and `$a b$`.
pub(crate) fn plus_product(sum: Enclosure, a: f64, b: f64) -> Enclosure {
    let (product, rest) = two_product(a, b);
    let (value, error) = two_sum(sum.value, product);
    let off = (rest.abs() + error.abs() + sum.radius).next_up().next_up();
    let exact = rest == 0.0 && error == 0.0 && product.abs() >= EXACT_PRODUCT;
    let nothing = a == 0.0 || b == 0.0;
    let radius = if (exact || nothing) && sum.radius == 0.0 { 0.0 } else { off };
    Enclosure { value, radius }
}

/// What is appended to the columns of an operator.
#[derive(Debug, Clone)]
pub(crate) enum Appended {
    /// One column, that of an intercept.
    Column(Vec<f64>),
    /// A column for every row, with this entry there and zeros elsewhere: slacks with a price of their own.
    Diagonal(Vec<f64>),
}

/// `$[A, y]$` or `$[A, \operatorname{diag}(d)]$`.
#[derive(Debug, Clone)]
pub(crate) struct Augmented<'a> {
    operator: &'a dyn LinearOperator,
    appended: Appended,
}

impl<'a> Augmented<'a> {
    /// `operator` with more columns.
    pub fn new(operator: &'a dyn LinearOperator, appended: Appended) -> Self {
        Self { operator, appended }
    }

    /// The entry of row `j` among the appended columns, and its column.
    fn entry(&self, j: usize) -> (usize, f64) {
        let n = self.operator.ncols();
        match &self.appended {
            Appended::Column(entries) => (n, entries[j]),
            Appended::Diagonal(entries) => (n + j, entries[j]),
        }
    }

    fn split<'x>(&self, w: &'x [f64]) -> &'x [f64] {
        &w[..self.operator.ncols()]
    }
}

impl LinearOperator for Augmented<'_> {
    fn nrows(&self) -> usize {
        self.operator.nrows()
    }

    fn ncols(&self) -> usize {
        let more = match &self.appended {
            Appended::Column(_) => 1,
            Appended::Diagonal(entries) => entries.len(),
        };
        self.operator.ncols() + more
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        self.operator.apply(self.split(w), out);
        for (j, out) in out.iter_mut().enumerate() {
            let (k, a) = self.entry(j);
            *out += a * w[k];
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        let n = self.operator.ncols();
        self.operator.apply_adjoint(multipliers, &mut out[..n]);
        out[n..].fill(0.0);
        for (j, l) in multipliers.iter().enumerate() {
            let (k, a) = self.entry(j);
            out[k] += a * l;
        }
    }

    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        self.operator.apply_abs(self.split(w), out);
        for (j, out) in out.iter_mut().enumerate() {
            let (k, a) = self.entry(j);
            *out += a.abs() * w[k];
        }
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        let n = self.operator.ncols();
        self.operator.apply_adjoint_abs(multipliers, &mut out[..n]);
        out[n..].fill(0.0);
        for (j, l) in multipliers.iter().enumerate() {
            let (k, a) = self.entry(j);
            out[k] += a.abs() * l;
        }
    }

    fn rounding_depth(&self) -> usize {
        self.operator.rounding_depth() + self.nrows() + 2
    }

    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        self.operator.apply_enclosed(self.split(w), out);
        for (j, out) in out.iter_mut().enumerate() {
            let (k, a) = self.entry(j);
            *out = plus_product(*out, a, w[k]);
        }
    }

    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        let n = self.operator.ncols();
        self.operator.apply_adjoint_enclosed(multipliers, &mut out[..n]);
        let mut sums = mirrorhead_kernels::CompensatedSums::zeros(out.len() - n);
        for (j, l) in multipliers.iter().enumerate() {
            let (k, a) = self.entry(j);
            sums.add_product(k - n, a, *l);
        }
        sums.count_terms(multipliers.len());
        sums.enclosures(&mut out[n..]);
    }

    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        let (k, a) = self.entry(j);
        let told = self.operator.exact_row(j, term);
        term(k, a);
        told
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
        self.operator.weighted_gram(rows, self.split(weights), gram.reborrow());
        for (l, &j) in rows.iter().enumerate() {
            let (k, a) = self.entry(j);
            match &self.appended {
                Appended::Diagonal(_) => gram[(l, l)] += a * a * weights[k],
                Appended::Column(entries) => {
                    for (i, &row) in rows.iter().enumerate().skip(l) {
                        gram[(i, l)] += a * entries[row] * weights[k];
                    }
                }
            }
        }
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        self.operator.row_max_abs(out);
        for (j, out) in out.iter_mut().enumerate() {
            *out = out.max(self.entry(j).1.abs());
        }
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        let n = self.operator.ncols();
        self.operator.col_max_abs(&mut out[..n]);
        out[n..].fill(0.0);
        for j in 0..self.nrows() {
            let (k, a) = self.entry(j);
            out[k] = out[k].max(a.abs());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use mirrorhead_kernels::{DenseRows, Matrix};

    fn rows(m: usize, n: usize) -> Matrix {
        Matrix::from_fn(m, n, |j, k| ((j * 7 + k * 3) as f64).sin())
    }

    /// Everything that an operator says of itself, against stored rows.
    pub(crate) fn agree(operator: &dyn LinearOperator, stored: &Matrix) {
        let dense = DenseRows::new(stored);
        let (m, n) = (dense.nrows(), dense.ncols());
        assert_eq!((operator.nrows(), operator.ncols()), (m, n));
        let w: Vec<f64> = (0..n).map(|k| 0.3 + (k as f64).cos().abs()).collect();
        let l: Vec<f64> = (0..m).map(|j| 0.2 + (j as f64).sin().abs()).collect();
        let both = |f: &dyn Fn(&dyn LinearOperator) -> Vec<f64>| {
            for (found, wanted) in f(operator).iter().zip(f(&dense)) {
                assert!((found - wanted).abs() <= 1e-13 * (1.0 + wanted.abs()), "{found} {wanted}");
            }
        };
        let filled = |len: usize, fill: &dyn Fn(&mut [f64])| {
            let mut out = vec![0.0; len];
            fill(&mut out);
            out
        };
        both(&|a| filled(m, &|out| a.apply(&w, out)));
        both(&|a| filled(n, &|out| a.apply_adjoint(&l, out)));
        both(&|a| filled(m, &|out| a.apply_abs(&w, out)));
        both(&|a| filled(n, &|out| a.apply_adjoint_abs(&l, out)));
        both(&|a| filled(m, &|out| a.row_max_abs(out)));
        both(&|a| filled(n, &|out| a.col_max_abs(out)));
        let picked: Vec<usize> = (0..m).rev().collect();
        both(&|a| {
            let mut gram = Matrix::zeros(m, m);
            a.weighted_gram(&picked, &w, GramMut::of(&mut gram));
            (0..m).flat_map(|l| (l..m).map(move |k| (k, l))).map(|at| gram[at]).collect()
        });
        both(&|a| {
            let mut normal = Matrix::zeros(n, n);
            a.weighted_normal(&l, GramMut::of(&mut normal));
            (0..n).flat_map(|l| (l..n).map(move |k| (k, l))).map(|at| normal[at]).collect()
        });
        let mut enclosed = vec![Enclosure::default(); m];
        operator.apply_enclosed(&w, &mut enclosed);
        let exact = filled(m, &|out| dense.apply(&w, out));
        for (enclosed, exact) in enclosed.iter().zip(exact) {
            assert!((enclosed.value - exact).abs() <= 1e-14 && enclosed.radius <= 1e-15);
        }
        for j in 0..m {
            let mut row = vec![0.0; n];
            assert!(operator.exact_row(j, &mut |k, a| row[k] += a));
            assert_eq!(row, dense.row(j));
        }
    }

    #[test]
    fn they_are_what_they_say() {
        let (m, n) = (5, 3);
        let stored = rows(m, n);
        let dense = DenseRows::new(&stored);
        let signs: Vec<f64> = (0..m).map(|j| if j % 2 == 0 { 2.0 } else { -2.0 }).collect();
        let scaled = Matrix::from_fn(m, n, |j, k| signs[j] * stored[(j, k)]);
        agree(&ScaledRows::new(&dense, signs.clone()), &scaled);
        let at = |j: usize, k: usize| if k < n { stored[(j, k)] } else { 0.0 };
        let wide = Matrix::from_fn(m, n + 1, |j, k| if k == n { signs[j] } else { at(j, k) });
        agree(&Augmented::new(&dense, Appended::Column(signs.clone())), &wide);
        let entry = |j: usize, k: usize| if k == n + j { signs[j] } else { at(j, k) };
        agree(
            &Augmented::new(&dense, Appended::Diagonal(signs.clone())),
            &Matrix::from_fn(m, n + m, entry),
        );
    }
    #[test]
    fn a_product_whose_rest_has_no_place_is_not_called_exact() {
        // (1 + 2^-52)^2 2^-1010: what is rounded off is below the smallest number.
        let a = 2f64.powi(-505) * (1.0 + f64::EPSILON);
        let stored = Matrix::zeros(1, 1);
        let dense = DenseRows::new(&stored);
        let operator = Augmented::new(&dense, Appended::Column(vec![a]));
        let mut enclosed = [Enclosure::default()];
        operator.apply_enclosed(&[0.0, a], &mut enclosed);
        assert!(enclosed[0].radius > 0.0, "{:?}", enclosed[0]);
    }
}
