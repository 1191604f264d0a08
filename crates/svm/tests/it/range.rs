//! Data and vectors at the ends of the range of double precision: refused or bounded, never misread.

use crate::common::{dense, norm};
use mirrorhead_kernels::{DenseRows, GramMut, LinearOperator, Matrix, dot};
use mirrorhead_svm::{
    FarkasCertificate, HardMarginProblem, Outcome, SvmError, SvmSettings, margin_interval, solve,
};

/// Rows `$\delta_j z$` of one entry that are never stored: products as an operator may form them.
#[derive(Debug)]
struct Products {
    differences: Vec<f64>,
    query: f64,
}

impl LinearOperator for Products {
    fn nrows(&self) -> usize {
        self.differences.len()
    }

    fn ncols(&self) -> usize {
        1
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        for (out, x) in out.iter_mut().zip(&self.differences) {
            *out = x * (w[0] * self.query);
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        out[0] = dot(&self.differences, multipliers) * self.query;
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
        let row = |k: usize| self.differences[k] * self.query;
        for (l, &j) in rows.iter().enumerate() {
            for (k, &i) in rows.iter().enumerate().skip(l) {
                gram[(k, l)] = row(i) * weights[0] * row(j);
            }
        }
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        for (out, x) in out.iter_mut().zip(&self.differences) {
            *out = (x * self.query).abs();
        }
    }
}

#[test]
fn rows_out_of_range_are_refused_with_the_remedy() {
    // Separable by w = 1 / (1e-162)^2, were it in range; in opposition they would seem to cancel.
    for differences in [vec![0.0, 1e-162, 2e-162], vec![0.0, 1e-162, -1e-162]] {
        let rows = Products { differences, query: 1e-162 };
        let refused = HardMarginProblem::new(&rows, norm(2.0)).err();
        assert_eq!(refused, Some(SvmError::RowOutOfRange { row: 1, size: 0.0 }));
    }
    let rows = Products { differences: vec![1.0, 1e160], query: 1e160 };
    let refused = HardMarginProblem::new(&rows, norm(2.0)).unwrap_err();
    assert_eq!(refused, SvmError::RowOutOfRange { row: 1, size: f64::INFINITY });
    assert!(refused.to_string().contains("row 1") && refused.to_string().contains("rescale"));
    let rows = dense(&[vec![1.0, 2.0], vec![1e-310, 0.0]]);
    let refused = HardMarginProblem::new(&rows, norm(2.0)).err();
    assert_eq!(refused, Some(SvmError::RowOutOfRange { row: 1, size: 1e-310 }));
    let rows = Products { differences: vec![1.0, 0.0], query: 1e-162 };
    let problem = HardMarginProblem::new(&rows, norm(2.0)).unwrap();
    let found = solve(&problem, &SvmSettings::default()).unwrap();
    assert!(matches!(found, Outcome::NotSeparable(_)), "a row of zeros is no error");
}

#[test]
fn multipliers_whose_pull_underflows_prove_nothing() {
    // Rows 1e-280, but the pull of the small multiplier passes through 1e-330 on its way.
    let rows = Products { differences: vec![1e-300], query: 1e20 };
    let bounds = vec![1.0];
    let problem = HardMarginProblem::with_bounds(&rows, norm(2.0), bounds).unwrap();
    assert!(FarkasCertificate::near(&problem, &[1e-30]).is_none());
    let margin = margin_interval(&problem, &[1.0], &[1e-30]);
    assert!((margin.upper / 1e-280 - 1.0).abs() < 1e-12, "{margin:?}");
    // Two rows: with multipliers that sum to one, the pull 1e-330 * 1e100 of both underflows.
    let rows = Products { differences: vec![1e-320, 1e-10], query: 1e100 };
    let problem = HardMarginProblem::new(&rows, norm(2.0)).unwrap();
    assert!(FarkasCertificate::near(&problem, &[1.0, 1e-320]).is_none());
    assert!(FarkasCertificate::near(&problem, &[1.0, 0.0]).is_none());
}

#[test]
fn bounds_that_overflow_prove_nothing() {
    let rows = dense(&[vec![1.0, 2.0]]);
    for p in [1.5, 3.0] {
        let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
        let plain = margin_interval(&problem, &[1.0, 1.0], &[1.0]);
        let large = 2f64.powi(1023);
        for scale in [large, 2f64.powi(-1060)] {
            let scaled = margin_interval(&problem, &[scale, scale], &[scale]);
            assert_eq!(scaled, plain, "p = {p}");
        }
        let huge = margin_interval(&problem, &[1e308, 1e308], &[1.0]);
        assert!((huge.lower / plain.lower - 1.0).abs() < 1e-14, "p = {p}: {huge:?}");
        let none = margin_interval(&problem, &[f64::INFINITY, 1.0], &[f64::INFINITY]);
        assert_eq!((none.lower, none.upper), (f64::NEG_INFINITY, f64::INFINITY));
    }
    let rows = DenseRows::new(&Matrix::from_rows(&[[1.5e308, 1.5e308]]).unwrap());
    let problem = HardMarginProblem::new(&rows, norm(3.0)).unwrap();
    assert_eq!(margin_interval(&problem, &[1.0, 1.0], &[1.0]).lower, f64::NEG_INFINITY);
}

#[test]
fn rows_at_the_end_of_the_range_have_their_margin() {
    // Sums of their entries are out of it.
    for unit in [8e307, 4e307, 1e305] {
        for base in [[[2.0, 1.0], [0.5, 1.0]], [[1.0, 0.5], [0.3, 1.0]]] {
            let rows = Matrix::from_rows(&base.map(|row| row.map(|a| unit * a))).unwrap();
            let rows = DenseRows::new(&rows);
            let plain = DenseRows::new(&Matrix::from_rows(&base).unwrap());
            for p in [1.0, 1.01, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY] {
                let problem = HardMarginProblem::new(&rows, p).unwrap();
                let found = solve(&problem, &SvmSettings::default()).unwrap();
                let found = found.max_margin().unwrap();
                assert_eq!(found.verify(&problem), Ok(()), "{unit:e} p = {p}");
                let plain = HardMarginProblem::new(&plain, p).unwrap();
                let plain = solve(&plain, &SvmSettings::default()).unwrap().max_margin().unwrap();
                let ratio = found.interval.lower / unit / plain.interval.lower;
                assert!((ratio - 1.0).abs() <= 2e-9, "{unit:e} p = {p}: {ratio}");
            }
        }
    }
}
