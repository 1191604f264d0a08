//! What a network sees: crops, flips, growth and normalisation.

use std::collections::BTreeSet;

use mirrorhead_datasets::{
    Augmentation, DataError, Images, Normalisation, PlantedImages, Presentation, normalised, resize,
};

const RAW: Normalisation = Normalisation { mean: [0.0; 3], deviation: [1.0 / 255.0; 3] };

fn presentation(augmentation: Augmentation, side: usize) -> Presentation {
    Presentation { augmentation, side, normalisation: RAW }
}

fn crops(padding: usize, seed_of_epoch: u64) -> Augmentation {
    Augmentation::CropAndFlip { padding, seed_of_epoch }
}

/// `count` times the image whose pixel in plane `$c$`, row `$i$`, column `$j$` is `$1 + 75 c + 10 i + j$`.
fn counting(count: usize) -> Images {
    let image: Vec<u8> = (0..3)
        .flat_map(|plane| {
            (0..7).flat_map(move |row| (0..7).map(move |j| 1 + 75 * plane + 10 * row + j))
        })
        .collect();
    Images::new(7, 7, image.repeat(count), vec![0; count]).expect("valid images")
}

/// The counting image, moved and perhaps mirrored, black where it left.
fn moved(down: i32, right: i32, mirrored: bool) -> Vec<i32> {
    let mut pixels = Vec::new();
    for plane in 0..3 {
        for row in 0..7 {
            for column in 0..7 {
                let column = if mirrored { 6 - column } else { column };
                let (i, j) = (row + down, column + right);
                let inside = (0..7).contains(&i) && (0..7).contains(&j);
                pixels.push(if inside { 1 + 75 * plane + 10 * i + j } else { 0 });
            }
        }
    }
    pixels
}

#[test]
fn every_view_is_one_of_the_crops_and_all_of_them_occur() {
    let images = counting(1000);
    let indices: Vec<_> = (0..1000).collect();
    let views = normalised(&images, &indices, &presentation(crops(2, 7), 7)).expect("valid");
    let possible: Vec<_> = (-2..=2)
        .flat_map(|down| (-2..=2).map(move |right| (down, right)))
        .flat_map(|(down, right)| [false, true].map(|mirrored| moved(down, right, mirrored)))
        .collect();
    let mut seen = BTreeSet::new();
    for view in views.chunks_exact(3 * 7 * 7) {
        #[expect(clippy::cast_possible_truncation, reason = "these are bytes")]
        let view: Vec<_> = view.iter().map(|x| x.round() as i32).collect();
        let at = possible.iter().position(|crop| *crop == view);
        seen.insert(at.unwrap_or_else(|| panic!("no crop: {view:?}")));
    }
    // A view is missed by 1000 draws with probability 50 (49/50)^1000, one in ten million.
    assert_eq!(seen.len(), 50);
}

#[test]
fn a_view_depends_on_epoch_and_image_alone() {
    let images = PlantedImages::default().sample(1).expect("valid settings").images.train;
    let indices: Vec<_> = (0..images.len()).rev().collect();
    let epoch = |seed| presentation(crops(4, seed), 24);
    let views = normalised(&images, &indices, &epoch(1)).expect("valid");
    let single = normalised(&images, &[17], &epoch(1)).expect("valid");
    let volume = 3 * 24 * 24;
    let at = images.len() - 1 - 17;
    assert_eq!(views[at * volume..(at + 1) * volume], single);
    assert_ne!(normalised(&images, &indices, &epoch(2)).expect("valid"), views);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let again = pool.install(|| normalised(&images, &indices, &epoch(1)).expect("valid"));
        assert_eq!(again, views, "{threads} threads");
    }
}

#[test]
fn crops_of_a_padding_far_larger_than_the_image_are_black() {
    let images = counting(20);
    let indices: Vec<_> = (0..20).collect();
    for padding in [1000, usize::MAX] {
        let views =
            normalised(&images, &indices, &presentation(crops(padding, 1), 7)).expect("valid");
        assert!(views.iter().all(|pixel| *pixel == 0.0));
    }
    let still = normalised(&images, &[0], &presentation(Augmentation::None, 7)).expect("valid");
    let expected = moved(0, 0, false);
    assert!(still.iter().zip(expected).all(|(x, y)| (f64::from(*x) - f64::from(y)).abs() < 1e-4));
}

#[test]
fn normalised_images_have_mean_zero_and_deviation_one() {
    let images = PlantedImages::default().sample(1).expect("valid settings").images.train;
    let normalisation = Normalisation::of(&images).expect("images");
    let indices: Vec<_> = (0..images.len()).collect();
    let presentation = Presentation { augmentation: Augmentation::None, side: 16, normalisation };
    let numbers = normalised(&images, &indices, &presentation).expect("valid");
    for channel in 0..3 {
        let planes = numbers.chunks_exact(256).skip(channel).step_by(3);
        let values: Vec<_> = planes.flatten().map(|x| f64::from(*x)).collect();
        assert_eq!(values.len(), 256 * images.len());
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64;
        // Both are rounded to f32 before they are used.
        assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{mean} {square}");
    }
    // Growth comes before normalisation.
    let larger =
        normalised(&images, &[3], &Presentation { side: 24, ..presentation }).expect("valid");
    let pixels: Vec<_> = images.image(3).iter().map(|pixel| f32::from(*pixel) / 255.0).collect();
    let resized = resize(&pixels, [16, 16], [24, 24]).expect("valid sizes");
    for (at, (x, y)) in larger.iter().zip(resized).enumerate() {
        let channel = at / (24 * 24);
        assert_eq!(*x, (y - normalisation.mean[channel]) / normalisation.deviation[channel]);
    }
}

#[test]
fn misuse_is_refused() {
    let images = counting(2);
    let error = |indices: &[usize], side| {
        normalised(&images, indices, &presentation(Augmentation::None, side)).expect_err("misuse")
    };
    assert!(matches!(error(&[2], 7), DataError::NoSuchIndex { index: 2, len: 2 }));
    assert!(matches!(error(&[0], 0), DataError::OutOfRange { .. }));
    let none = Images::new(7, 7, vec![], vec![]).expect("no images");
    assert!(matches!(Normalisation::of(&none), Err(DataError::ZeroSize { .. })));
    assert!(matches!(Images::new(0, 7, vec![], vec![0]), Err(DataError::ZeroSize { .. })));
    let error = Images::new(usize::MAX, 7, vec![0], vec![0]).expect_err("no such image");
    assert!(matches!(error, DataError::PixelCount { found: 1, .. }), "{error}");
}
