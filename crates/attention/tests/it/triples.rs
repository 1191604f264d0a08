//! Heads as triples, against rows that are written out; many queries a sequence, against copies of the tokens.

use mirrorhead_attention::{
    AttSvmOperator, AttentionError, AttentionWeights, Dataset, KeyQueryRisk, Loss, Mask, Query,
    Risk, Rotation, TokenScores, TokenSelection, Triple,
};
use mirrorhead_kernels::{
    DenseRows, Enclosure, GramMut, KernelError, LinearOperator, Matrix, TokenBatch, dot,
};

const DIM: usize = 4;

fn entry(k: usize) -> f64 {
    (k as f64 * 1.7 + 0.3).sin()
}

fn texts(lengths: &[usize]) -> TokenBatch {
    let total: usize = lengths.iter().sum();
    TokenBatch::new(DIM, lengths, (0..total * DIM).map(entry).collect()).expect("finite tokens")
}

/// Queries of every token, each of which is to prefer one of what is before it.
fn causal(text: &TokenBatch) -> (Matrix, Vec<Triple>) {
    let (mut vectors, mut triples) = (Vec::new(), Vec::new());
    for i in 0..text.len() {
        for position in 0..text.sequence_len(i) {
            let query = vectors.len();
            vectors.push(text.token(i, position));
            let preferred = (3 * position + i) % (position + 1);
            let others = (0..=position).filter(|t| *t != preferred);
            triples.extend(others.map(|t| Triple {
                preferred: (i, preferred),
                other: (i, t),
                query,
            }));
        }
    }
    (Matrix::from_fn(DIM, vectors.len(), |k, q| vectors[q][k]), triples)
}

/// The rows `$(x_a - x_t) \otimes z_q$`, written out.
fn written_out(text: &TokenBatch, queries: &Matrix, triples: &[Triple]) -> DenseRows {
    DenseRows::new(&Matrix::from_fn(triples.len(), DIM * DIM, |j, k| {
        let Triple { preferred, other, query } = triples[j];
        let token = |(i, t): (usize, usize)| text.token(i, t)[k % DIM];
        (token(preferred) - token(other)) * queries[(k / DIM, query)]
    }))
}

fn assert_close(found: &[f64], expected: &[f64]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-12, "{found}, {expected}");
    }
}

/// A product that an operator is asked for.
type Product<'a> = &'a dyn Fn(&dyn LinearOperator, &mut [f64]);

/// Masks, whether a query sees a position under them, and whether tokens stay shared.
type Masked<'a> = (Vec<Mask>, &'a dyn Fn(&Query, usize) -> bool, bool);

/// Everything that is asked of an operator.
fn assert_same(operator: &AttSvmOperator, rows: &DenseRows) {
    let (m, n) = (rows.nrows(), rows.ncols());
    assert_eq!((operator.nrows(), operator.ncols()), (m, n));
    let (w, l): (Vec<_>, Vec<_>) = ((0..n).map(entry).collect(), (0..m).map(entry).collect());
    let sizes = |x: &[f64]| x.iter().map(|x| x.abs()).collect::<Vec<_>>();
    let products: [(usize, Product<'_>); 6] = [
        (m, &|a, out| a.apply(&w, out)),
        (n, &|a, out| a.apply_adjoint(&l, out)),
        (m, &|a, out| a.apply_abs(&sizes(&w), out)),
        (n, &|a, out| a.apply_adjoint_abs(&sizes(&l), out)),
        (m, &|a, out| a.row_max_abs(out)),
        (n, &|a, out| a.col_max_abs(out)),
    ];
    for (len, product) in products {
        let [mut found, mut expected] = [vec![0.0; len], vec![0.0; len]];
        product(operator, &mut found);
        product(rows, &mut expected);
        assert_close(&found, &expected);
    }
    let mut enclosures = vec![Enclosure { value: 0.0, radius: 0.0 }; m];
    operator.apply_enclosed(&w, &mut enclosures);
    for (j, enclosure) in enclosures.iter().enumerate() {
        // In whole doubles the row itself is rounded, by less than this.
        let exact = dot(rows.row(j), &w);
        assert!((enclosure.value - exact).abs() <= enclosure.radius + 1e-14, "row {j}");
        let mut row = vec![0.0; n];
        assert!(operator.exact_row(j, &mut |k, x| row[k] += x));
        assert_close(&row, rows.row(j));
    }
    let weights: Vec<_> = (0..n).map(|k| 1.0 + entry(k).abs()).collect();
    let some: Vec<_> = (0..m).filter(|j| j % 3 != 1).collect();
    for picked in [(0..m).collect(), some] {
        let [mut found, mut expected] = [(); 2].map(|()| Matrix::zeros(picked.len(), picked.len()));
        operator.weighted_gram(&picked, &weights, GramMut::of(&mut found));
        rows.weighted_gram(&picked, &weights, GramMut::of(&mut expected));
        for l in 0..picked.len() {
            assert_close(&found.col(l)[l..], &expected.col(l)[l..]);
        }
    }
}

#[test]
fn triples_are_their_rows_written_out() {
    let text = texts(&[5, 1, 7]);
    let (queries, mut triples) = causal(&text);
    // More rows than tokens, so that these are shared.
    assert!(triples.len() > 2 * text.n_stored());
    let operator = AttSvmOperator::of_triples(&text, &queries, &triples).expect("in range");
    assert_same(&operator, &written_out(&text, &queries, &triples));
    // In any order, tokens of two sequences in one row, one triple twice.
    triples.rotate_left(7);
    triples.swap(2, 20);
    triples[4].other = (0, 4);
    triples.push(triples[0]);
    let operator = AttSvmOperator::of_triples(&text, &queries, &triples).expect("in range");
    assert_same(&operator, &written_out(&text, &queries, &triples));
    // So few that differences are stored.
    let few = &triples[..4];
    let operator = AttSvmOperator::of_triples(&text, &queries, few).expect("in range");
    assert_same(&operator, &written_out(&text, &queries, few));
}

#[test]
fn triples_that_are_not_there_are_refused() {
    let text = texts(&[3]);
    let queries = Matrix::zeros(DIM, 1);
    let of = |preferred, other, query| {
        AttSvmOperator::of_triples(&text, &queries, &[Triple { preferred, other, query }])
    };
    assert!(matches!(of((0, 0), (0, 3), 0), Err(AttentionError::NoSuchToken { len: 3, .. })));
    assert!(matches!(of((1, 0), (0, 1), 0), Err(AttentionError::NoSuchToken { len: 0, .. })));
    assert!(matches!(of((0, 0), (0, 1), 1), Err(AttentionError::NoSuchQuery { n_queries: 1, .. })));
    let narrow = AttSvmOperator::of_triples(&text, &Matrix::zeros(2, 1), &[]);
    assert!(matches!(narrow, Err(AttentionError::Kernel(KernelError::ShapeMismatch { .. }))));
    assert!(AttSvmOperator::of_triples(&text, &queries, &[]).is_ok_and(|none| none.nrows() == 0));
}

/// Data with copies of the tokens that each query sees.
fn copied(text: &TokenBatch, queries: &[Query], sets: &[Vec<usize>], labels: &[f64]) -> Dataset {
    let rows: Vec<Vec<Vec<f64>>> = queries
        .iter()
        .zip(sets)
        .map(|(q, set)| set.iter().map(|t| text.token(q.sequence, *t).to_vec()).collect())
        .collect();
    let vectors = Matrix::from_fn(queries.len(), DIM, |i, k| queries[i].vector[k]);
    let tokens = TokenBatch::from_rows(&rows).expect("tokens");
    Dataset::new(tokens, &vectors, labels.to_vec()).expect("data")
}

#[test]
fn masks_see_what_copies_of_their_tokens_see() {
    let text = texts(&[5, 3, 6]);
    let mut queries: Vec<_> = (0..3)
        .flat_map(|i| (0..text.sequence_len(i)).map(move |t| (i, t)))
        .map(|(i, t)| Query::of_token(&text, i, t))
        .collect();
    // From elsewhere: cross-attention.
    queries.push(Query { vector: vec![0.5, -1.0, 0.25, 2.0], sequence: 2, position: 5 });
    let labels: Vec<_> = (0..queries.len()).map(|q| if q % 3 == 0 { -1.0 } else { 1.0 }).collect();
    let alike = |q: &Query| {
        let own = q.position % 2;
        (0..text.sequence_len(q.sequence)).filter(|t| t % 2 == own).collect()
    };
    let candidates = Mask::Candidates(queries.iter().map(alike).collect());
    let padding = Mask::Lengths(vec![4, 3, 5]);
    let cases: [Masked<'_>; 6] = [
        (vec![], &|_, _| true, true),
        (vec![Mask::Causal], &|q, t| t <= q.position, true),
        (vec![Mask::Window(2)], &|q, t| t <= q.position && t + 1 >= q.position, true),
        (vec![padding.clone()], &|q, t| t < [4, 3, 5][q.sequence], true),
        (vec![Mask::Causal, padding], &|q, t| t <= q.position && t < [4, 3, 5][q.sequence], true),
        (vec![candidates], &|q, t| t % 2 == q.position % 2, false),
    ];
    for (masks, sees, shares) in cases {
        let set = |q: &Query| {
            (0..text.sequence_len(q.sequence)).filter(|t| sees(q, *t)).collect::<Vec<_>>()
        };
        let sets: Vec<_> = queries.iter().map(set).collect();
        let shared = Dataset::attending(&text, &queries, &masks, labels.clone()).expect("data");
        assert_eq!(shared.tokens().n_stored() == text.n_stored(), shares, "{masks:?}");
        let copies = copied(&text, &queries, &sets, &labels);
        for (i, set) in sets.iter().enumerate() {
            assert_eq!(shared.tokens().sequence(i), copies.tokens().sequence(i), "{masks:?}");
            for (t, token) in set.iter().enumerate() {
                assert_eq!(shared.origin(i, t), Some((queries[i].sequence, *token)));
            }
            assert_eq!(shared.origin(i, set.len()), None);
        }
        // Bitwise the same risk, weights, scores and constraints.
        let decoder = Matrix::column((0..DIM).map(|k| entry(k + 40)).collect()).expect("finite");
        let w = Matrix::from_fn(DIM, DIM, |i, j| entry(3 * i + 11 * j));
        let of = |data: &Dataset| {
            let risk = KeyQueryRisk::new(data, &decoder, Loss::Logistic).expect("fits");
            let mut gradients = risk.zero_gradients();
            let at = std::slice::from_ref(&w);
            let value = risk.value_and_gradient(at, &mut gradients, &mut risk.workspace());
            let weights = AttentionWeights::of(&w, data).expect("finite");
            let scores = TokenScores::of(data, &decoder).expect("fits");
            let selection = TokenSelection::optimal(&scores);
            let rows = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
            let mut margins = vec![0.0; rows.nrows()];
            rows.apply(w.as_slice(), &mut margins);
            (value.expect("finite"), gradients, weights, selection, margins)
        };
        assert_eq!(of(&shared), of(&copies), "{masks:?}");
    }
}

#[test]
fn what_may_attend_to_nothing_is_refused() {
    let text = texts(&[2]);
    let query = |sequence, position| Query { vector: vec![1.0; DIM], sequence, position };
    let of = |query, mask| Dataset::attending(&text, &[query], &[mask], vec![1.0]);
    let nothing = of(query(0, 0), Mask::Candidates(vec![vec![]]));
    assert!(matches!(nothing, Err(AttentionError::NothingToAttendTo { query: 0, sequence: 0 })));
    assert!(
        of(query(0, 0), Mask::Window(0)).is_err()
            && of(query(0, 0), Mask::Lengths(vec![])).is_err()
    );
    let elsewhere = of(query(1, 0), Mask::Causal);
    assert!(matches!(elsewhere, Err(AttentionError::NoSuchSequence { n_sequences: 1, .. })));
    let short = Query { vector: vec![1.0], sequence: 0, position: 0 };
    assert!(matches!(
        of(short, Mask::Causal),
        Err(AttentionError::Kernel(KernelError::ShapeMismatch { .. }))
    ));
}

#[test]
fn scores_of_rotated_tokens_and_queries_depend_on_their_distance() {
    let turn = Rotation::new(DIM, 100.0).expect("an even dimension");
    let (token, query) = ([0.3, -1.0, 0.5, 2.0], [1.0, 0.25, -0.75, 0.5]);
    let score = |at_token: usize, at_query: usize| {
        let (mut token, mut query) = (token, query);
        turn.rotate(at_token, &mut token);
        turn.rotate(at_query, &mut query);
        dot(&token, &query)
    };
    for shift in [1, 17, 400] {
        for (t, s) in [(0, 0), (3, 5), (9, 2)] {
            assert!((score(t, s) - score(t + shift, s + shift)).abs() < 1e-12);
        }
    }
    assert!(
        (score(0, 0) - dot(&token, &query)).abs() < 1e-15
            && (score(3, 0) - score(0, 0)).abs() > 0.1
    );
    // Every token by its place, queries by theirs.
    let text = texts(&[3, 2]);
    let turned = turn.tokens(&text).expect("of the dimension");
    let mut last = text.token(1, 1).to_vec();
    turn.rotate(1, &mut last);
    assert_eq!((turned.token(1, 1), turned.token(1, 0)), (last.as_slice(), text.token(1, 0)));
    assert_eq!(turn.query(&Query::of_token(&text, 1, 1)).vector, last);
    assert!(Rotation::new(3, 100.0).is_err() && Rotation::new(2, f64::NAN).is_err());
}

#[test]
fn a_change_is_asked_for_what_the_base_lacks() {
    let text = texts(&[4]);
    let (queries, triples) = causal(&text);
    let operator = AttSvmOperator::of_triples(&text, &queries, &triples).expect("in range");
    let base = Matrix::from_fn(DIM, DIM, |i, j| entry(i * j + 2));
    let bounds = operator.bounds_after(&base, &vec![1.0; triples.len()]).expect("fits");
    for (j, bound) in bounds.iter().enumerate() {
        let margin = dot(written_out(&text, &queries, &triples).row(j), base.as_slice());
        assert!((bound - (1.0 - margin)).abs() < 1e-14);
    }
    assert!(operator.bounds_after(&Matrix::zeros(1, 1), &[]).is_err());
    assert!(operator.bounds_after(&base, &[1.0]).is_err());
}
