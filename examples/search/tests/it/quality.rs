//! The claims that the example makes about its rankings, on the labelled queries.

use crate::data::data;
use adjutant_example_search::catalogue::{Attributes, read_attributes, read_products};
use adjutant_example_search::judge::{LabelledQuery, grade, read_queries};
use adjutant_example_search::rank::{Engine, Hit, Sight, Version};
use adjutant_example_search::table::read_text;
use adjutant_example_search::text::Synonyms;

struct Quality {
    /// Share of queries whose first answer is acceptable (grade 2 or 3).
    compliance: f64,
    /// Mean nDCG at 10 with the grade as gain, as trec_eval computes it.
    ndcg: f64,
}

pub(crate) fn engine(version: Version, sight: Sight) -> Engine {
    let products = read_products(&data()).expect("the products");
    let synonyms = read_text(&data().join("synonyms.txt")).expect("the synonyms");
    Engine::new(version, sight, products, Synonyms::read(&synonyms)).expect("an engine")
}

fn discounted(grades: impl Iterator<Item = u8>) -> f64 {
    let gain = |(index, grade): (usize, u8)| f64::from(grade) / (index as f64 + 2.0).log2();
    grades.take(10).enumerate().map(gain).sum()
}

fn quality(version: Version, sight: Sight) -> Quality {
    let engine = engine(version, sight);
    let labels = read_attributes(&data()).expect("the labels");
    let queries = read_queries(&data()).expect("the queries");
    let grade_of = |query: &LabelledQuery, hit: &Hit| {
        let found = |labels: &&Attributes| labels.id == hit.id;
        grade(query, labels.iter().find(found).expect("a known product"))
    };
    let (mut compliant, mut ndcg) = (0.0, 0.0);
    for query in &queries {
        let hits = engine.search(&query.text, 10).expect("an answer");
        let grades: Vec<u8> = hits.iter().map(|hit| grade_of(query, hit)).collect();
        let mut ideal: Vec<u8> = labels.iter().map(|product| grade(query, product)).collect();
        ideal.sort_by(|a, b| b.cmp(a));
        compliant += f64::from(u8::from(grades.first() >= Some(&2)));
        ndcg += discounted(grades.into_iter()) / discounted(ideal.into_iter());
    }
    let count = queries.len() as f64;
    Quality {
        compliance: compliant / count,
        ndcg: ndcg / count,
    }
}

#[test]
fn the_candidate_answers_better_than_the_baseline() {
    let baseline = quality(Version::Baseline, Sight::Pictures);
    let candidate = quality(Version::Candidate, Sight::Pictures);
    assert!(
        candidate.ndcg > baseline.ndcg + 0.1,
        "{} {}",
        candidate.ndcg,
        baseline.ndcg
    );
    let (better, worse) = (candidate.compliance, baseline.compliance);
    assert!(better > worse * 1.2 && worse > 0.2, "{better} {worse}");
}

#[test]
fn taking_the_pictures_away_costs_the_candidate_a_twentieth_of_its_quality() {
    let whole = quality(Version::Candidate, Sight::Pictures);
    let blind = quality(Version::Candidate, Sight::TextOnly);
    assert!(
        blind.ndcg < whole.ndcg * 0.95,
        "{} {}",
        blind.ndcg,
        whole.ndcg
    );
}

#[test]
fn the_slow_version_gives_the_candidates_answers() {
    let candidate = engine(Version::Candidate, Sight::Pictures);
    let slow = engine(Version::Slow, Sight::Pictures);
    for query in read_queries(&data())
        .expect("the queries")
        .iter()
        .step_by(10)
    {
        let expected = candidate.search(&query.text, 20).expect("an answer");
        assert_eq!(
            slow.search(&query.text, 20).expect("an answer"),
            expected,
            "{}",
            query.text
        );
    }
}
