//! The data hold together: labels for every product, an answer for every query.

use adjutant_example_search::catalogue::{read_attributes, read_products};
use adjutant_example_search::judge::{grade, read_queries, write_qrels};
use adjutant_example_search::text::words;
use std::collections::BTreeSet;
use std::path::PathBuf;

pub(crate) fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data")
}

#[test]
fn every_product_is_labelled_once_and_described_in_a_paragraph() {
    let products = read_products(&data()).expect("the products");
    let labels = read_attributes(&data()).expect("the labels");
    assert!(products.len() >= 200);
    let ids = |of: Vec<&str>| of.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let product_ids = ids(products.iter().map(|product| product.id.as_str()).collect());
    assert_eq!(
        product_ids,
        ids(labels.iter().map(|labels| labels.id.as_str()).collect())
    );
    assert_eq!(
        product_ids.iter().collect::<BTreeSet<_>>().len(),
        products.len()
    );
    for product in &products {
        let length = words(&product.description).len();
        assert!(
            (15..=60).contains(&length),
            "{}: {length} words",
            product.title
        );
        assert!(
            product.price_cents > 0 && !product.material.is_empty(),
            "{}",
            product.title
        );
    }
}

#[test]
fn every_query_has_few_best_answers_among_many_products() {
    let labels = read_attributes(&data()).expect("the labels");
    let queries = read_queries(&data()).expect("the queries");
    assert!(queries.len() >= 150);
    let texts: BTreeSet<&str> = queries.iter().map(|query| query.text.as_str()).collect();
    assert_eq!(texts.len(), queries.len(), "a query is asked twice");
    for query in &queries {
        let best = labels
            .iter()
            .filter(|product| grade(query, product) == 3)
            .count();
        assert!(
            (1..=6).contains(&best),
            "{}: {best} best answers",
            query.text
        );
    }
}

#[test]
fn the_judgements_are_what_the_rule_gives() {
    let labels = read_attributes(&data()).expect("the labels");
    let queries = read_queries(&data()).expect("the queries");
    let written = std::fs::read_to_string(data().join("judgements.qrels")).expect("the qrels");
    assert_eq!(written, write_qrels(&queries, &labels));
}
