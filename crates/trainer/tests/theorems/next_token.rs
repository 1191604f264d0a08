//! Next-token prediction: least risk in growing balls goes to the Graph-SVM, for every p.
//!
//! A head that predicts the token that comes next, by what attention gives to it, with loss `$-\log$` of that (Li, Huang, Ildiz, Rawat,
//! Oymak 2024). After the same last token, tokens that each come before the other in the data keep a finite distance; where only
//! one comes before the other, its logit outgrows the other's. So directions satisfy equalities and a margin.

use mirrorhead_attention::{
    AttSvmOperator, NextToken, NextTokenData, NextTokenRisk, TokenGraph, Triple,
};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::directional_bregman;
use mirrorhead_svm::{HardMarginProblem, SvmSettings, solve, solve_with_equalities};
use mirrorhead_trainer::{PathSettings, regularization_path};

use super::settled::lp;

const DIM: usize = 5;

/// Embeddings of four tokens, linearly independent.
const TOKENS: [[f64; DIM]; 4] = [
    [1.0, 0.25, -0.5, 0.125, 0.0],
    [-0.25, 0.75, 0.5, 0.0, 0.5],
    [0.5, -0.5, 0.75, 0.25, -0.25],
    [0.0, 0.5, 0.25, -1.0, 0.25],
];

/// After 3 tokens 0 and 1 come before each other, and both before 2 or 3; after 2, token 3 comes before 2, and 2 before 0.
const EXAMPLES: [(&[usize], usize); 4] =
    [(&[0, 1, 2, 3], 0), (&[1, 1, 0, 3], 1), (&[0, 3, 2], 3), (&[2, 0, 2], 2)];

/// `$(i, j, k)$`: after `$k$`, token `$i$` comes before `$j$` and `$j$` before `$i$`.
const TIES: [[usize; 3]; 1] = [[0, 1, 3]];

/// `$(i, j, k)$`: after `$k$`, token `$i$` comes before `$j$`, but not `$j$` before `$i$`.
const ORDERS: [[usize; 3]; 6] = [[2, 0, 2], [3, 0, 2], [3, 2, 2], [0, 2, 3], [0, 3, 3], [1, 3, 3]];

fn data() -> NextTokenData {
    let embeddings = Matrix::from_rows(&TOKENS).expect("rows of one length");
    let example = |(tokens, next): (&[usize], usize)| NextToken { tokens: tokens.to_vec(), next };
    NextTokenData::new(&embeddings, EXAMPLES.map(example).to_vec()).expect("tokens that are there")
}

/// `$e_i^\top W e_k$`.
fn logit(w: &Matrix, i: usize, k: usize) -> f64 {
    let term = |(a, b): (usize, usize)| TOKENS[i][a] * w[(a, b)] * TOKENS[k][b];
    (0..DIM * DIM).map(|at| term((at % DIM, at / DIM))).sum()
}

/// `$(e_i - e_j) \otimes e_k$`.
fn differences(data: &NextTokenData, triples: &[[usize; 3]]) -> AttSvmOperator {
    let triple = |&[i, j, query]: &[usize; 3]| Triple { preferred: (0, i), other: (0, j), query };
    let triples: Vec<_> = triples.iter().map(triple).collect();
    AttSvmOperator::of_triples(data.vocabulary(), data.embeddings(), &triples).expect("they fit")
}

#[test]
fn the_graph_is_the_one_that_was_meant() {
    let graph = TokenGraph::of(&data());
    let named = |triples: &[Triple]| -> Vec<_> {
        triples.iter().map(|t| [t.preferred.1, t.other.1, t.query]).collect()
    };
    assert_eq!(named(graph.ties()), TIES);
    assert_eq!(named(graph.orders()), ORDERS);
}

#[test]
fn least_risk_in_growing_balls_goes_to_the_graph_svm() {
    let data = data();
    let risk = NextTokenRisk::new(&data);
    let (orders, ties) = (differences(&data, &ORDERS), differences(&data, &TIES));
    // Gradients are plain numbers here: farther out those of the margin are lost beside the rounding of those of the ties.
    for (p, radii) in
        [(1.5, &[4.0, 8.0, 16.0][..]), (2.0, &[4.0, 8.0, 16.0]), (3.0, &[2.0, 4.0, 8.0])]
    {
        let settings = SvmSettings::default();
        let without = HardMarginProblem::new(&orders, p).unwrap();
        let graph = without.clone().with_equalities(&ties).unwrap();
        let graph = solve_with_equalities(&graph, &settings).unwrap().max_margin().unwrap();
        let without = solve(&without, &settings).unwrap().max_margin().unwrap();
        assert!(without.interval.lower > graph.interval.upper, "p = {p}: the ties cost nothing");

        let start = [Matrix::zeros(DIM, DIM)];
        let within: Vec<_> = radii.iter().map(|radius| vec![*radius]).collect();
        let path =
            regularization_path(&risk, lp(p), &start, &within, &PathSettings::default()).unwrap();
        let ends: Vec<&Matrix> = path.points.iter().map(|point| &point.parameters[0]).collect();
        let [_, inner, outer] = ends[..] else { panic!("p = {p}: {} points", ends.len()) };
        let to_graph = |w: &[f64]| directional_bregman(lp(p), graph.direction(), w);
        let (near, nearer) = (to_graph(inner.as_slice()), to_graph(outer.as_slice()));
        // W = R d + a finite matrix + ..., so that the square of the distance falls with R^-2.
        assert!((2.5..6.0).contains(&(near / nearer)), "p = {p}: {near:e}, then {nearer:e}");

        // The finite matrix is gone from the difference, which is d but for what falls faster.
        let pairs = outer.as_slice().iter().zip(inner.as_slice());
        let grown: Vec<f64> = pairs.map(|(x, y)| x - y).collect();
        let (own, other) =
            (to_graph(&grown), directional_bregman(lp(p), without.direction(), &grown));
        assert!(own < 0.2 * nearer, "p = {p}: {own:e} for {nearer:e}");
        assert!(other > 10.0 * own, "p = {p}: {other:e} without ties, {own:e} with them");

        // 1 / (1 + e^u) = (e^u / 2) / (1 + e^u / 2) for the distance u of the tied logits: token 1 is there twice.
        let distance = logit(outer, 0, 3) - logit(outer, 1, 3);
        assert!((distance - 0.5 * 2f64.ln()).abs() < 1e-3, "p = {p}: {distance}");
    }
}
