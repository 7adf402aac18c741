//! Whole decisions of the built-in gates.

use adjutant_domain::Verdict;

use crate::made::*;

#[test]
fn a_better_candidate_of_the_same_speed_may_be_released() {
    let decision = decide(&built_in("release"), &good_release());
    insta::assert_snapshot!(shown(&decision));
    assert_eq!(decision.verdict, Verdict::Go);
}
