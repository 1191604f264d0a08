//! The differences of tokens that the rows of an AttSVM are made of.

use std::ops::Range;

use mirrorhead_kernels::{TokenBatch, max_abs, two_sum};

/// `$2^{k_b}\,(x_a - x_t)$` for every row, with `$2^{k_b}$` the size of the query of its block.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Differences {
    /// One after the other, where they take no more room than the tokens.
    Stored {
        values: Vec<f64>,
        /// What rounding took off `values`, in the same order: with it a proof is about the tokens
        /// themselves. NaN where not even two doubles hold a difference, empty where nothing was rounded.
        remainders: Vec<f64>,
    },
    /// Made of the tokens when they are asked for, where many rows share few of them.
    Shared { tokens: TokenBatch, rows: Vec<Row>, scales: Vec<Scale> },
}

/// The preferred and the other token of a row, each as (sequence, token), and its block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub preferred: (usize, usize),
    pub other: (usize, usize),
    pub block: usize,
}

/// What the differences of a block are multiplied by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// The size of the query, a power of two.
    pub size: f64,
    /// Its inverse.
    pub shrink: f64,
    /// Whether the query over its size is what it was.
    pub is_exact: bool,
    /// Whether the query is zero.
    pub is_silent: bool,
}

impl Row {
    /// Whether the row is zero: without a query, or between equal tokens.
    pub fn vanishes(&self, tokens: &TokenBatch, scales: &[Scale]) -> bool {
        scales[self.block].is_silent || pairs(tokens, self).all(|(a, b)| a == b)
    }
}

impl Differences {
    /// Those of `rows`, stored if that takes no more room than the tokens of a data set with one query a sequence.
    pub fn new(tokens: &TokenBatch, rows: Vec<Row>, scales: Vec<Scale>) -> Self {
        if rows.len() > tokens.n_stored() {
            return Self::Shared { tokens: tokens.clone(), rows, scales };
        }
        let room = || Vec::with_capacity(rows.len() * tokens.dim());
        let (mut values, mut remainders) = (room(), room());
        for row in &rows {
            let pair = (tokens, row, scales[row.block]);
            push_difference(pair, &mut values);
            push_remainder(pair, &mut remainders);
        }
        if remainders.iter().all(|x| *x == 0.0) {
            remainders = Vec::new();
        }
        Self::Stored { values, remainders }
    }

    /// The differences of consecutive rows, in `room` where they aren't stored.
    pub fn of<'a>(&'a self, rows: Range<usize>, dim: usize, room: &'a mut Vec<f64>) -> &'a [f64] {
        match self {
            Self::Stored { values, .. } => &values[rows.start * dim..rows.end * dim],
            Self::Shared { tokens, rows: all, scales } => {
                room.clear();
                for row in &all[rows] {
                    push_difference((tokens, row, scales[row.block]), room);
                }
                room
            }
        }
    }

    /// What was rounded off the difference of row `j`; nothing where nothing was.
    pub fn remainder<'a>(&'a self, j: usize, dim: usize, room: &'a mut Vec<f64>) -> &'a [f64] {
        match self {
            Self::Stored { remainders, .. } => {
                remainders.get(j * dim..(j + 1) * dim).unwrap_or_default()
            }
            Self::Shared { tokens, rows, scales } => {
                room.clear();
                push_remainder((tokens, &rows[j], scales[rows[j].block]), room);
                if room.iter().all(|x| *x == 0.0) { &[] } else { room }
            }
        }
    }
}

fn pairs<'a>(tokens: &'a TokenBatch, row: &Row) -> impl Iterator<Item = (&'a f64, &'a f64)> {
    let token = |(sequence, token)| tokens.token(sequence, token);
    token(row.preferred).iter().zip(token(row.other))
}

/// The difference of a row, times the size of its query; zeros where the row is.
fn push_difference((tokens, row, scale): (&TokenBatch, &Row, Scale), out: &mut Vec<f64>) {
    let start = out.len();
    out.extend(pairs(tokens, row).map(|(a, b)| a - b));
    let difference = &mut out[start..];
    let vanishes = scale.is_silent || max_abs(difference) == 0.0;
    for x in difference {
        *x = if vanishes { 0.0 } else { *x * scale.size };
    }
}

/// What rounding takes off it.
fn push_remainder((tokens, row, scale): (&TokenBatch, &Row, Scale), out: &mut Vec<f64>) {
    let Scale { size, shrink, is_exact, .. } = scale;
    out.extend(pairs(tokens, row).map(|(a, b)| {
        let (high, low) = two_sum(*a, -*b);
        let fits = is_exact && [high, low].iter().all(|x| (x * size) * shrink == *x);
        if fits { low * size } else { f64::NAN }
    }));
}
