//! Bilinear resizing, against Pillow's of floating-point images, which for images that grow is the
//! same function.

use mirrorhead_datasets::{DataError, resize};

fn assert_close(found: f32, expected: f32) {
    assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{found} {expected}");
}

#[test]
fn small_planes_grow_as_pillows() {
    let expected =
        [[0.0, 4.0, 10.0, 5.8, 3.0], [3.5, 4.5, 6.0, 6.0, 6.0], [7.0, 5.0, 2.0, 6.2, 9.0]];
    let plane = [0.0, 10.0, 3.0, 7.0, 2.0, 9.0];
    let planes = [plane, plane.map(|x| -x)].concat();
    let resized = resize(&planes, [2, 3], [3, 5]).expect("valid sizes");
    let (first, second) = resized.split_at(15);
    for ((x, y), expected) in first.iter().zip(second).zip(expected.concat()) {
        assert_close(*x, expected);
        assert_close(*y, -expected);
    }
}

#[test]
fn cifars_size_grows_to_the_papers_as_pillows() {
    let plane: Vec<f32> = (0_u32..1024).map(|at| (at * 239 % 256) as f32).collect();
    let resized = resize(&plane, [32, 32], [48, 48]).expect("valid sizes");
    for (row, column, expected) in
        [(0, 0, 0.0), (0, 47, 241.0), (1, 1, 167.5), (17, 30, 73.5), (46, 2, 49.5), (47, 47, 17.0)]
    {
        assert_close(resized[row * 48 + column], expected);
    }
    let sum: f64 = resized.iter().map(|x| f64::from(*x)).sum();
    let squares: f64 = resized.iter().map(|x| f64::from(*x).powi(2)).sum();
    assert!((sum - 293_760.0).abs() < 1.0 && (squares / 46_171_678.257_153 - 1.0).abs() < 1e-6);
}

#[test]
fn sizes_stay_or_are_refused() {
    let plane = [1.0, 2.0, 3.0, 4.0];
    assert_eq!(resize(&plane, [2, 2], [2, 2]).expect("valid sizes"), plane);
    assert_eq!(resize(&plane, [1, 1], [1, 2]).expect("four planes").len(), 8);
    assert_eq!(resize(&plane, [2, 2], [1, 1]).expect("it shrinks"), [2.5]);
    assert!(resize(&[], [2, 2], [9, 9]).expect("no planes").is_empty());
    for (from, to) in [([0, 2], [1, 1]), ([2, 2], [1, 0]), ([2, 2], [1, usize::MAX])] {
        let error = resize(&plane, from, to).expect_err("no such size");
        assert!(matches!(error, DataError::OutOfRange { .. }), "{error}");
    }
    let error = resize(&plane, [3, 1], [1, 1]).expect_err("no whole planes");
    assert!(matches!(error, DataError::PixelCount { expected: 6, found: 4 }), "{error}");
}
