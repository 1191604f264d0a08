//! Losses and their slopes over the whole range, against extended precision.

use crate::reference;
use crate::reference::{abs, extended};
use mirrorhead_attention::Loss;
use proptest::prelude::*;

const EPS: f64 = f64::EPSILON;

fn check(loss: Loss, x: f64) -> Result<(), TestCaseError> {
    let (value, slope) = reference::loss(loss, &extended(x));
    let (found, log_slope) = loss.value_and_log_slope(x);
    prop_assert_eq!(loss.value(x).to_bits(), found.to_bits());
    prop_assert_eq!(loss.log_slope(x).to_bits(), log_slope.to_bits());
    if value > extended(f64::MAX) {
        prop_assert_eq!(found, f64::INFINITY);
    } else {
        let bound = abs(&value) * extended(8.0 * EPS) + extended(1e-300);
        prop_assert!(abs(&(extended(found) - value)) <= bound, "{loss:?}({x}) is not {found}");
    }
    let error = abs(&(extended(log_slope) - slope.ln()));
    let bound = extended(4.0 * EPS * (1.0 + x.abs()));
    prop_assert!(error <= bound, "log slope of {loss:?} at {x} is not {log_slope}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn accurate_everywhere(x in -1e4..1e4f64) {
        for loss in Loss::ALL {
            check(loss, x)?;
        }
    }

    #[test]
    fn accurate_near_zero_and_where_exponentials_end(x in prop_oneof![-1.0..1.0f64, -40.0..40.0f64, 700.0..760.0f64]) {
        for loss in Loss::ALL {
            check(loss, x)?;
            check(loss, -x)?;
        }
    }

    #[test]
    fn decreasing(x in -700.0..700.0f64, by in 1e-3..10.0f64) {
        for loss in Loss::ALL {
            prop_assert!(loss.value(x + by) < loss.value(x), "{loss:?} at {x}");
        }
    }
}

#[test]
fn the_ends_of_the_range() {
    for x in [0.0, -0.0, 1e-300, -1e-300, 1e4, -1e4, 36.7, -36.8] {
        for loss in Loss::ALL {
            check(loss, x).expect("accurate");
        }
    }
    for loss in Loss::ALL {
        let (value, log_slope) = loss.value_and_log_slope(f64::NAN);
        assert!(value.is_nan() && (log_slope.is_nan() || loss == Loss::Correlation), "{loss:?}");
    }
    assert_eq!(Loss::Exponential.value(-1e3), f64::INFINITY);
}

#[test]
fn names_in_files() {
    let text = serde_json::to_string(&Loss::ALL).expect("serialises");
    assert_eq!(text, r#"["logistic","exponential","correlation"]"#);
    let read: [Loss; 3] = serde_json::from_str(&text).expect("reads what it wrote");
    assert_eq!(read, Loss::ALL);
    assert!(serde_json::from_str::<Loss>(r#""hinge""#).is_err());
}
