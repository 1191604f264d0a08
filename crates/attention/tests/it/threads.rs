//! Every risk on one, two and five threads: bitwise the same.

use mirrorhead_attention::{
    FactoredRisk, JointRisk, KeyQueryRisk, Loss, MultiClassRisk, MultiHeadRisk, Risk, Seed,
    SphereTokens, gaussian_matrix,
};
use mirrorhead_kernels::{Matrix, PARALLEL_WORK};

/// Large enough that samples and products are shared among threads.
const SIZES: SphereTokens = SphereTokens { n_sequences: 70, n_tokens: 61, dim: 128 };

fn bits<R: Risk>(risk: &R, at: &[Matrix], threads: usize) -> Vec<u64> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    pool.install(|| {
        let (mut gradients, mut work) = (risk.zero_gradients(), risk.workspace());
        let value =
            risk.value_and_gradient(at, &mut gradients, &mut work).expect("shapes that fit");
        // A second evaluation finds used scratch.
        let again =
            risk.value_and_gradient(at, &mut gradients, &mut work).expect("shapes that fit");
        assert_eq!(value.to_bits(), again.to_bits());
        let scales = gradients.iter().map(|g| g.log_scale);
        let entries = gradients.iter().flat_map(|g| g.value.as_slice().iter().copied());
        std::iter::once(value).chain(scales).chain(entries).map(f64::to_bits).collect()
    })
}

fn check<R: Risk>(name: &str, risk: &R, at: &[Matrix]) {
    let alone = bits(risk, at, 1);
    for threads in [2, 5] {
        assert!(bits(risk, at, threads) == alone, "{name}: {threads} threads show");
    }
}

#[test]
fn the_number_of_threads_does_not_show() {
    let SphereTokens { n_sequences: n, n_tokens: t, dim: d } = SIZES;
    assert!(2 * n * t * d >= PARALLEL_WORK && d * d * n >= PARALLEL_WORK);
    let planted = SIZES.sample(Seed(3)).expect("positive sizes");
    let w = gaussian_matrix(d, d, Seed(4));
    let factors = [gaussian_matrix(d, d, Seed(5)), gaussian_matrix(d, d, Seed(6))];
    let decoders = gaussian_matrix(d, 2, Seed(7));
    for loss in Loss::ALL {
        let whole = KeyQueryRisk::new(&planted.data, &planted.decoder, loss).expect("fits");
        check("key-query", &whole, std::slice::from_ref(&w));
        check("joint", &JointRisk::new(&planted.data, loss), &[w.clone(), planted.decoder.clone()]);
        let factored = FactoredRisk::new(&planted.data, &planted.decoder, loss, d).expect("fits");
        check("factored", &factored, &factors);
        let several = MultiHeadRisk::new(&planted.data, &decoders, loss).expect("fits");
        check("multi-head", &several, &factors);
    }
    let classes: Vec<_> = (0..n).map(|i| i % 2).collect();
    let several = MultiClassRisk::new(&planted.data, &classes, &decoders).expect("fits");
    check("multi-class", &several, std::slice::from_ref(&w));
}
