//! A short campaign against every target, the same for everybody, and what longer ones found.

use mirrorhead_fuzz::{Campaign, TARGETS, try_one};

#[test]
fn nothing_breaks_any_target() {
    for target in TARGETS {
        let mut campaign = Campaign::new(target, 7);
        let slow = ["svm", "soft", "schatten"].contains(&target.name);
        let tries = if slow { 60 } else { 400 };
        for _ in 0..tries {
            if let Err(found) = campaign.step() {
                panic!("{}: {} on {:?}", target.name, found.what, found.input);
            }
        }
        assert!(campaign.ways() > 2, "{}: every input was taken in the same way", target.name);
    }
}

#[test]
fn a_campaign_is_the_same_for_the_same_seed() {
    let ways = |seed| {
        let mut campaign = Campaign::new(&TARGETS[0], seed);
        for _ in 0..300 {
            campaign.step().expect("no input breaks it");
        }
        campaign.ways()
    };
    assert_eq!(ways(3), ways(3));
}

/// What longer campaigns found.
#[test]
fn what_once_broke_a_target_is_taken() {
    let found: [(&str, &[u8]); 1] = [(
        "soft", // A NaN with a sign went past the last whole number in the power's bits.
        &[
            0x37, 0x0d, 0x34, 0x34, 0x17, 0x3c, 0x61, 0x86, 0xab, 0xd0, 0xf5, 0x1e, 0x3f, 0x64,
            0x89, 0xae, 0xd3, 0xf8, 0xe5, 0x42, 0x67, 0x8c, 0xb1, 0xd6, 0xfb, 0x30, 0xc8, 0xc0,
            0xfa, 0x05, 0x31, 0x38, 0x34, 0x34, 0x40, 0x37, 0x34, 0x34, 0x30, 0x37, 0x31, 0x33,
            0x37, 0x30,
        ],
    )];
    for (name, input) in found {
        let target = TARGETS.iter().find(|target| target.name == name).expect("one of them");
        let tried = try_one(target, input);
        assert!(tried.is_ok(), "{name}: {tried:?}");
    }
}
