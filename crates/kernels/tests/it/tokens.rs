//! Token batches: constructors that take anything and panic at nothing, views that agree, and a
//! serial form that keeps every bit.

use mirrorhead_kernels::{KernelError, TokenBatch};
use proptest::prelude::*;

type Sequences = Vec<Vec<Vec<f64>>>;

/// Nested rows that may be empty, ragged, NaN or infinite.
fn anything() -> impl Strategy<Value = Sequences> {
    let entry = prop_oneof![20 => -1.0..1.0f64, 1 => prop::num::f64::ANY];
    let token = prop_oneof![
        12 => prop::collection::vec(entry.clone(), 2..=2),
        1 => prop::collection::vec(entry, 0..4),
    ];
    let sequence = prop::collection::vec(token, 0..4);
    prop::collection::vec(sequence, 0..4)
}

/// Valid ragged batches of one dimension.
fn valid() -> impl Strategy<Value = Sequences> {
    (1..4usize).prop_flat_map(|dim| {
        let entry = any::<f64>().prop_filter("finite", |x| x.is_finite());
        let token = prop::collection::vec(entry, dim);
        prop::collection::vec(prop::collection::vec(token, 1..4), 1..4)
    })
}

/// The kind of the first thing wrong, as the errors name them.
fn wrong(sequences: &Sequences) -> Option<&'static str> {
    let tokens = || sequences.iter().flatten();
    let dim = sequences.first().and_then(|s| s.first()).map_or(0, Vec::len);
    if sequences.is_empty() || sequences.iter().any(Vec::is_empty) || dim == 0 {
        Some("empty")
    } else if tokens().any(|token| token.len() != dim || token.iter().any(|x| !x.is_finite())) {
        let first = tokens().find(|t| t.len() != dim || t.iter().any(|x| !x.is_finite()));
        Some(if first.is_some_and(|t| t.len() != dim) { "shape" } else { "finite" })
    } else {
        None
    }
}

fn kind(error: &KernelError) -> &'static str {
    match error {
        KernelError::Empty { .. } => "empty",
        KernelError::ShapeMismatch { .. } => "shape",
        KernelError::NotFinite { .. } => "finite",
        _ => "other",
    }
}

proptest! {
    #[test]
    fn rows_are_taken_or_refused_for_what_is_wrong(sequences in anything()) {
        let made = TokenBatch::from_rows(&sequences);
        prop_assert_eq!(made.as_ref().err().map(kind), wrong(&sequences), "{:?}", sequences);
    }

    #[test]
    fn buffers_are_taken_or_refused_for_what_is_wrong(
        dim in 0..4usize,
        lengths in prop::collection::vec(0..4usize, 0..4),
        extra in -1..2i32,
        poison in any::<Option<prop::sample::Index>>(),
    ) {
        let fits = lengths.iter().sum::<usize>() * dim;
        let size = fits.saturating_add_signed(extra as isize);
        let mut values = vec![0.5; size];
        if let Some(at) = poison.filter(|_| size > 0) {
            values[at.index(size)] = f64::NAN;
        }
        let expected = if lengths.is_empty() || lengths.contains(&0) || dim == 0 {
            Some("empty")
        } else if size != fits {
            Some("shape")
        } else {
            poison.map(|_| "finite")
        };
        let made = TokenBatch::new(dim, &lengths, values);
        prop_assert_eq!(made.as_ref().err().map(kind), expected);
    }

    #[test]
    fn all_views_show_the_same_tokens(sequences in valid()) {
        let batch = TokenBatch::from_rows(&sequences).expect("valid");
        let (dim, flat) = (batch.dim(), sequences.concat().concat());
        let lengths: Vec<_> = sequences.iter().map(Vec::len).collect();
        prop_assert_eq!(&batch, &TokenBatch::new(dim, &lengths, flat).expect("valid"));
        prop_assert_eq!(batch.len(), sequences.len());
        prop_assert_eq!(batch.n_tokens(), lengths.iter().sum::<usize>());
        for (i, sequence) in sequences.iter().enumerate() {
            prop_assert_eq!(batch.sequence_len(i), sequence.len());
            prop_assert_eq!(batch.sequence(i), &sequence.concat()[..]);
            for (t, token) in sequence.iter().enumerate() {
                prop_assert_eq!(batch.token(i, t), &token[..]);
                for (k, x) in token.iter().enumerate() {
                    prop_assert_eq!(batch.sequence_mat(i)[(t, k)].to_bits(), x.to_bits());
                    let row = batch.offset(i) + t;
                    prop_assert_eq!(batch.all_tokens()[(row, k)].to_bits(), x.to_bits());
                }
            }
        }
    }

    #[test]
    fn saved_and_read_again_every_bit_is_kept(sequences in valid()) {
        let batch = TokenBatch::from_rows(&sequences).expect("valid");
        let text = serde_json::to_string(&batch).expect("serialises");
        let read: TokenBatch = serde_json::from_str(&text).expect("reads what it wrote");
        let bits = |batch: TokenBatch| {
            let rows: Sequences = batch.into();
            rows.concat().concat().into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        prop_assert_eq!(bits(read), bits(batch));
    }
}

#[test]
fn an_empty_sequence_is_said_to_be_empty_wherever_it_is() {
    let token = vec![1.0, 2.0];
    for sequences in [vec![vec![], vec![token.clone()]], vec![vec![token], vec![]]] {
        let error = TokenBatch::from_rows(&sequences).expect_err("a sequence without tokens");
        assert_eq!(error, KernelError::Empty { what: "a sequence of tokens" });
    }
}

#[test]
fn sizes_that_wrap_around_are_refused() {
    for (dim, lengths) in
        [(2, vec![usize::MAX]), (1, vec![usize::MAX, usize::MAX]), (1 << 40, vec![1 << 40])]
    {
        let error = TokenBatch::new(dim, &lengths, vec![0.0]).expect_err("one number");
        assert_eq!(kind(&error), "shape", "{error}");
    }
}

#[test]
#[should_panic(expected = "token 2 of a sequence of 2")]
fn a_token_of_the_next_sequence_is_not_taken_for_one_of_this() {
    let batch = TokenBatch::new(1, &[2, 1], vec![1.0, 2.0, 3.0]).expect("valid");
    let _ = batch.token(0, 2);
}
