//! The features are seen in the pixels alone; here they meet the labels the pictures were drawn
//! from.

use crate::data::data;
use adjutant_example_search::catalogue::{
    Attributes, picture_path, read_attributes, read_products,
};
use adjutant_example_search::picture::Picture;
use adjutant_example_search::picture::draw::draw;
use adjutant_example_search::picture::features::Features;
use adjutant_example_search::rank::{Engine, Sight, Version};
use adjutant_example_search::text::Synonyms;
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
fn a_candidate_does_not_start_with_a_broken_picture_and_names_it() {
    let mut products = read_products(&data()).expect("the products");
    products[3].picture.truncate(200);
    let engine = |version, sight| {
        Engine::new(version, sight, products.clone(), Synonyms::default()).map(|_engine| ())
    };
    let problem = engine(Version::Candidate, Sight::Pictures).expect_err("a refusal");
    assert_eq!(problem.to_string(), "cannot look at the picture of p004");
    engine(Version::Candidate, Sight::TextOnly).expect("it does not look");
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
