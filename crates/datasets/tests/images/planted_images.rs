//! Planted images: one patch each, where it is said to be.

use std::collections::{BTreeMap, BTreeSet};

use mirrorhead_datasets::{DataError, Images, PatchPlace, PlantedImages};

/// The pixels of a patch, plane by plane.
fn patch(images: &Images, i: usize, place: PatchPlace, side: usize) -> Vec<u8> {
    let width = images.width();
    let rows = (0..3).flat_map(|plane| {
        (0..side).map(move |row| (plane * images.height() + place.top + row) * width + place.left)
    });
    rows.flat_map(|start| images.image(i)[start..start + side].to_vec()).collect()
}

#[test]
fn the_patch_says_the_class_and_the_rest_is_noise() {
    let settings = PlantedImages { n_classes: 10, n_train: 500, ..PlantedImages::default() };
    let planted = settings.sample(1).expect("valid settings");
    let images = &planted.images.train;
    let mut patterns = BTreeMap::new();
    let mut places = BTreeSet::new();
    for (i, place) in planted.train.iter().enumerate() {
        let pattern = patch(images, i, *place, 4);
        assert!(pattern.iter().all(|pixel| [0, 255].contains(pixel)));
        let extreme = images.image(i).iter().filter(|pixel| !(64..192).contains(*pixel)).count();
        assert_eq!(extreme, 3 * 4 * 4);
        assert_eq!(patterns.entry(images.label(i)).or_insert(pattern.clone()), &pattern);
        places.insert((place.top, place.left));
    }
    assert_eq!(patterns.values().collect::<BTreeSet<_>>().len(), 10);
    assert_eq!(places.len(), 16);
    // The patterns are those of other seeds.
    let other = settings.sample(2).expect("valid settings");
    for (i, place) in other.test.iter().enumerate() {
        let label = other.images.test.label(i);
        assert_eq!(patch(&other.images.test, i, *place, 4), patterns[&label]);
    }
}

#[test]
fn the_seed_decides_and_the_parts_are_apart() {
    let settings = PlantedImages::default();
    let planted = settings.sample(1).expect("valid settings");
    assert_eq!(planted, settings.sample(1).expect("valid settings"));
    assert_ne!(planted, settings.sample(2).expect("valid settings"));
    let more = PlantedImages { n_train: 201, ..settings }.sample(1).expect("valid settings");
    assert_eq!(more.images.test, planted.images.test);
    assert_ne!(planted.images.train.image(0), planted.images.test.image(0));
}

#[test]
fn settings_out_of_range_are_refused() {
    let valid = PlantedImages::default();
    for settings in [
        PlantedImages { side: 0, ..valid },
        PlantedImages { patch: 0, ..valid },
        PlantedImages { n_classes: 0, ..valid },
    ] {
        assert!(matches!(settings.sample(1), Err(DataError::ZeroSize { .. })), "{settings:?}");
    }
    for settings in [
        PlantedImages { side: 18, ..valid },
        PlantedImages { side: 2, ..valid },
        PlantedImages { side: usize::MAX, ..valid },
        PlantedImages { n_classes: 11, ..valid },
    ] {
        assert!(matches!(settings.sample(1), Err(DataError::OutOfRange { .. })), "{settings:?}");
    }
    let none = PlantedImages { n_train: 0, n_test: 0, ..valid }.sample(1).expect("no images");
    assert!(none.images.train.is_empty());
}
