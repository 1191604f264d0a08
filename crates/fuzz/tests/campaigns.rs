//! A short campaign against every target, the same for everybody, and what longer ones found.

use mirrorhead_fuzz::{Campaign, TARGETS};

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
