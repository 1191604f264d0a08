//! Classifiers: several classes, weights, penalties, storage.

use mirrorhead_kernels::{DenseRows, InvalidSetting, KernelError, Matrix};
use mirrorhead_svm::{
    ClassWeights, Fit, IndexBase, Intercept, LpClassifier, LpModel, NotVerified, Penalty, Proof,
    Refutation, SparseRows, SvmError, SvmSettings, read_svmlight,
};
use serde_json::json;

/// Three clouds around the corners of a triangle far from the origin.
fn clouds() -> (Matrix, Vec<f64>) {
    let corners = [[100.0, 100.0], [103.0, 100.0], [101.0, 103.0]];
    let points =
        Matrix::from_fn(30, 2, |j, k| corners[j % 3][k] + ((j * 13 + k * 29) as f64 * 0.7).sin());
    (points, (0..30).map(|j| [3.0, -1.0, 7.5][j % 3]).collect())
}

fn model(classifier: &LpClassifier, points: &DenseRows, labels: &[f64]) -> LpModel {
    let fit = classifier.fit(points, labels, &SvmSettings::default()).unwrap();
    assert_eq!(classifier.verify(points, labels, &fit), Ok(()));
    match fit {
        Fit::Model(model) => model,
        Fit::NotSeparable { class, .. } => panic!("class {class} can't be separated"),
    }
}

#[test]
fn each_class_is_told_from_the_others() {
    let (points, labels) = clouds();
    let points = DenseRows::new(&points);
    for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
        for penalty in [Penalty::Hard, Penalty::Hinge(1.0), Penalty::Power(1.0)] {
            if p.is_infinite() && matches!(penalty, Penalty::Power(_)) {
                continue;
            }
            let classifier = LpClassifier::new(p).unwrap().with_penalty(penalty);
            let model = model(&classifier, &points, &labels);
            assert_eq!(model.classes(), [-1.0, 3.0, 7.5]);
            for separator in model.separators() {
                let gap = separator.proof.relative_gap();
                assert!(gap <= 1e-9, "p = {p}, {penalty:?}: {gap} {:?}", separator.stalled);
                assert_eq!(separator.coefficients.len(), 2);
                assert!(!separator.support().is_empty());
            }
            assert!(model.accuracy(&points, &labels).unwrap() >= 0.9, "p = {p}, {penalty:?}");
        }
    }
}

#[test]
fn two_classes_have_one_separator_and_the_larger_label_is_positive() {
    let points = DenseRows::new(&Matrix::from_rows(&[[0.0], [1.0], [3.0], [4.0]]).unwrap());
    let labels = [5.0, 5.0, 2.0, 2.0];
    let hard = LpClassifier::new(2.0).unwrap().with_penalty(Penalty::Hard);
    let model = model(&hard, &points, &labels);
    let [separator] = model.separators() else { panic!("one separator") };
    // The middle of the gap is 2, its width 2: decisions are 2 - x.
    assert_eq!(separator.class, 5.0);
    assert!((separator.coefficients[0] + 1.0).abs() < 1e-8);
    assert!((separator.intercept - 2.0).abs() < 1e-8);
    assert_eq!(separator.support(), [1, 2]);
    assert!(matches!(separator.proof, Proof::Margin(margin) if (margin.lower - 1.0).abs() < 1e-8));
    assert_eq!(model.predict(&points).unwrap(), labels);
    let decisions = model.decision_function(&points).unwrap();
    assert!((decisions[(3, 0)] + 2.0).abs() < 1e-7);
    let wide = DenseRows::new(&Matrix::zeros(1, 2));
    assert!(matches!(
        model.predict(&wide),
        Err(SvmError::Kernel(KernelError::ShapeMismatch { .. }))
    ));
}

#[test]
fn what_cannot_be_separated_is_proven_so() {
    let points = DenseRows::new(&Matrix::from_rows(&[[1.0], [2.0], [3.0]]).unwrap());
    let hard = LpClassifier::new(3.0).unwrap().with_penalty(Penalty::Hard);
    let found = hard.fit(&points, &[0.0, 1.0, 0.0], &SvmSettings::default()).unwrap();
    let Fit::NotSeparable { class, proof } = found else { panic!("{found:?}") };
    assert_eq!(class, 1.0);
    // The point in the middle is the mean of the others.
    let share = proof.multipliers[1] / proof.multipliers[0];
    assert!((share - 2.0).abs() < 1e-12);
    // Without an intercept even two points on one side of the origin can't.
    let through_zero = hard.with_intercept(Intercept::Zero);
    let found = through_zero.fit(&points, &[0.0, 0.0, 1.0], &SvmSettings::default()).unwrap();
    assert!(matches!(found, Fit::NotSeparable { .. }));
}

#[test]
fn balanced_weights_make_up_for_rare_classes() {
    let points =
        Matrix::from_fn(
            40,
            1,
            |j, _| if j < 4 { 1.2 + 0.1 * j as f64 } else { j as f64 / 40.0 * 1.5 },
        );
    let labels: Vec<f64> = (0..40).map(|j| if j < 4 { 1.0 } else { 0.0 }).collect();
    let points = DenseRows::new(&points);
    let equal = LpClassifier::new(2.0).unwrap().with_penalty(Penalty::Hinge(0.1));
    let balanced = equal.clone().with_weights(ClassWeights::Balanced);
    let found = |classifier: &LpClassifier| {
        let predicted = model(classifier, &points, &labels).predict(&points).unwrap();
        predicted[..4].iter().filter(|label| **label == 1.0).count()
    };
    assert_eq!(found(&equal), 0);
    assert_eq!(found(&balanced), 4);
}

#[test]
fn storage_makes_no_difference() {
    let text = "1 1:1 2:0.5\n1 1:2 3:-1\n-1 1:-0.25 2:-2\n-1 2:1 3:0.75 # outlier\n1 3:-0.5\n";
    let data = read_svmlight(text.as_bytes(), IndexBase::Guessed).unwrap();
    let offsets = [0i64, 2, 4, 6, 8, 9];
    let columns = [0u32, 1, 0, 2, 0, 1, 1, 2, 2];
    let values = [1.0f32, 0.5, 2.0, -1.0, -0.25, -2.0, 1.0, 0.75, -0.5];
    let arrays = SparseRows::from_arrays(3, &offsets[..], &columns[..], &values[..]).unwrap();
    let dense = Matrix::from_rows(&[
        [1.0, 0.5, 0.0],
        [2.0, 0.0, -1.0],
        [-0.25, -2.0, 0.0],
        [0.0, 1.0, 0.75],
        [0.0, 0.0, -0.5],
    ]);
    let dense = DenseRows::new(&dense.unwrap());
    let classifier = LpClassifier::new(1.5).unwrap();
    let settings = SvmSettings::default();
    let fits = [
        classifier.fit(&data.rows, &data.labels, &settings).unwrap(),
        classifier.fit(&arrays, &data.labels, &settings).unwrap(),
        classifier.fit(&dense, &data.labels, &settings).unwrap(),
    ];
    let upper = fits.map(|fit| match fit {
        Fit::Model(model) => match model.separators()[0].proof {
            Proof::Objective(objective) => objective.upper,
            Proof::Margin(_) => panic!("a soft margin"),
        },
        Fit::NotSeparable { .. } => panic!("a soft margin"),
    });
    assert_eq!(upper[0], upper[1]);
    assert!((upper[0] / upper[2] - 1.0).abs() < 1e-9);
}

#[test]
fn labels_that_tell_nothing_are_refused() {
    let points = DenseRows::new(&Matrix::from_rows(&[[1.0], [2.0]]).unwrap());
    let classifier = LpClassifier::new(2.0).unwrap();
    let settings = SvmSettings::default();
    let fit = |labels: &[f64]| {
        let refused = classifier.fit(&points, labels, &settings).unwrap_err();
        // Before anything is solved.
        assert_eq!(
            classifier.check(&points, labels, &settings).map_err(|e| e.to_string()),
            Err(refused.to_string())
        );
        refused
    };
    assert!(matches!(fit(&[1.0, 1.0]), SvmError::OneClass { classes: 1, labels: 2 }));
    assert!(matches!(fit(&[0.0, -0.0]), SvmError::OneClass { .. }));
    assert!(matches!(fit(&[1.0]), SvmError::Kernel(KernelError::ShapeMismatch { .. })));
    assert!(matches!(fit(&[1.0, f64::NAN]), SvmError::Kernel(KernelError::NotFinite { .. })));
    let power = LpClassifier::new(f64::INFINITY).unwrap().with_penalty(Penalty::Power(1.0));
    assert!(classifier.check(&points, &[0.0, 1.0], &settings).is_ok());
    assert!(power.check(&points, &[0.0, 1.0], &settings).is_err());
    let refused = power.fit(&points, &[0.0, 1.0], &settings);
    assert!(matches!(refused, Err(SvmError::InvalidSetting(InvalidSetting { name: "p", .. }))));
}

/// What is left of a model after a change to how it is written.
fn changed(model: &LpModel, change: &dyn Fn(&mut serde_json::Value)) -> Fit {
    let mut written = serde_json::to_value(model).unwrap();
    change(&mut written);
    Fit::Model(serde_json::from_value(written).unwrap())
}

#[test]
fn a_model_of_fewer_or_other_separators_is_refused() {
    let (points, labels) = clouds();
    let points = DenseRows::new(&points);
    let classifier = LpClassifier::new(1.5).unwrap().with_penalty(Penalty::Hinge(1.0));
    let model = model(&classifier, &points, &labels);
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        classifier.verify(&points, &labels, &changed(&model, change)).unwrap_err()
    };
    let separators = |found: &[f64]| NotVerified::OtherSeparators {
        expected: vec![-1.0, 3.0, 7.5],
        found: found.to_vec(),
    };
    let list =
        |written: &mut serde_json::Value| written["separators"].as_array_mut().unwrap().clone();
    assert_eq!(refused(&|written| written["separators"] = json!([])), separators(&[]));
    let last = refused(&|written| written["separators"] = json!(list(written)[..2]));
    assert_eq!(last, separators(&[-1.0, 3.0]));
    let twice = refused(&|written| written["separators"][1] = written["separators"][0].clone());
    assert_eq!(twice, separators(&[-1.0, -1.0, 7.5]));
    let four = refused(&|written| {
        let mut more = list(written);
        more.push(more[2].clone());
        written["separators"] = json!(more);
    });
    assert_eq!(four, separators(&[-1.0, 3.0, 7.5, 7.5]));
    let (expected, found) = (vec![-1.0, 3.0, 7.5], vec![-1.0, 3.0]);
    let fewer = refused(&|written| {
        written["classes"] = json!(found);
        written["separators"] = json!(list(written)[..2]);
    });
    assert_eq!(fewer, NotVerified::OtherClasses { expected, found: found.clone() });
}

#[test]
fn a_proof_of_no_plane_is_of_a_class_that_is_there_and_may_not_fail() {
    let points = DenseRows::new(&Matrix::from_rows(&[[1.0], [2.0], [3.0]]).unwrap());
    let hard = LpClassifier::new(3.0).unwrap().with_penalty(Penalty::Hard);
    let labels = [0.0, 1.0, 0.0];
    let found = hard.fit(&points, &labels, &SvmSettings::default()).unwrap();
    assert_eq!(hard.verify(&points, &labels, &found), Ok(()));
    let Fit::NotSeparable { proof, .. } = &found else { panic!("{found:?}") };
    for class in [7.0, 0.0, f64::NAN] {
        let other = Fit::NotSeparable { class, proof: proof.clone() };
        let refused = hard.verify(&points, &labels, &other).unwrap_err();
        assert!(matches!(refused, NotVerified::OtherSeparators { .. }), "{class}: {refused}");
    }
    let soft = hard.with_penalty(Penalty::Hinge(1.0));
    let refused = soft.verify(&points, &labels, &found).unwrap_err();
    let refutation = Refutation::OtherProblem;
    assert_eq!(refused, NotVerified::Refuted { class: 1.0, refutation });
}

#[test]
fn slacks_do_not_stand_in_for_coefficients() {
    let (points, labels) = clouds();
    let points = DenseRows::new(&points);
    let classifier = LpClassifier::new(1.5).unwrap().with_penalty(Penalty::Power(1.0));
    let forged = changed(&model(&classifier, &points, &labels), &|written| {
        let separator = &mut written["separators"][0];
        let moved = separator["coefficients"].as_array_mut().unwrap().pop().unwrap();
        separator["slacks"].as_array_mut().unwrap().insert(0, moved);
    });
    let refused = classifier.verify(&points, &labels, &forged).unwrap_err();
    let refutation = Refutation::ShapeMismatch { what: "coefficients", expected: 2, found: 1 };
    assert_eq!(refused, NotVerified::Refuted { class: -1.0, refutation });
}
