//! The features are seen in the pixels alone; here they meet the labels the pictures were drawn
//! from.

use crate::data::data;
use adjutant_example_search::catalogue::{Attributes, picture_path, read_attributes};
use adjutant_example_search::picture::Picture;
use adjutant_example_search::picture::draw::draw;
use adjutant_example_search::picture::features::Features;
use std::collections::BTreeSet;

fn look_at_all() -> Vec<(Attributes, Features)> {
    let labels = read_attributes(&data()).expect("the labels");
    let see = |labels: Attributes| {
        let png = std::fs::read(picture_path(&data(), &labels.id)).expect("a picture");
        let features = Features::see(&png).expect("features");
        (labels, features)
    };
    labels.into_iter().map(see).collect()
}

#[test]
fn every_picture_is_the_one_its_labels_give() {
    for labels in read_attributes(&data()).expect("the labels") {
        let png = std::fs::read(picture_path(&data(), &labels.id)).expect("a picture");
        assert_eq!(
            Picture::decode(&png).expect("a PNG"),
            draw(&labels),
            "{}",
            labels.id
        );
    }
}

#[test]
fn colors_seen_in_pictures_are_the_labelled_ones() {
    for (labels, features) in look_at_all() {
        let labelled: BTreeSet<_> = labels.colors.iter().copied().collect();
        let seen: BTreeSet<_> = features
            .colors
            .iter()
            .filter(|color| color.1 >= 0.05)
            .map(|color| color.0)
            .collect();
        assert_eq!(seen, labelled, "{}: {features:?}", labels.id);
    }
}

#[test]
fn patterns_seen_in_pictures_are_the_labelled_ones() {
    for (labels, features) in look_at_all() {
        assert_eq!(
            features.pattern.pattern, labels.pattern,
            "{}: {features:?}",
            labels.id
        );
        assert!(
            (0.5..=1.0).contains(&features.pattern.confidence),
            "{}: {features:?}",
            labels.id
        );
    }
}
