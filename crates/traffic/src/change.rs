//! A change of what is desired, as a person says it: this arm, that weight. What is not said stays.

use std::collections::BTreeMap;

use crate::desired::{
    DesiredTraffic, InvalidDesired, MirrorRule, Patience, StickyRule, TrafficArm, WEIGHT_WHOLE,
};

/// What shall be different.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrafficChange {
    /// Arms with their addresses: new ones, or new addresses.
    pub upstreams: BTreeMap<String, Vec<String>>,
    /// Arms with their builds.
    pub versions: BTreeMap<String, String>,
    /// Arms with their weights. One arm that is not named gets the rest.
    pub weights: BTreeMap<String, u32>,
    /// Arms that go.
    pub removed: Vec<String>,
    /// Stickiness, or its end.
    pub sticky: PartChange<StickyRule>,
    /// Mirroring, or its end.
    pub mirror: PartChange<MirrorRule>,
}

/// What shall become of a part.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum PartChange<T> {
    /// Nothing.
    #[default]
    Keep,
    /// It ends.
    End,
    /// It becomes this.
    To(T),
}

impl<T> PartChange<T> {
    fn apply(self, place: &mut Option<T>) {
        match self {
            PartChange::Keep => {}
            PartChange::End => *place = None,
            PartChange::To(new) => *place = Some(new),
        }
    }
}

impl TrafficChange {
    /// The next state after `current`.
    ///
    /// # Errors
    /// When it would not hold together.
    pub fn of(self, current: Option<DesiredTraffic>) -> Result<DesiredTraffic, InvalidDesired> {
        let mut next = current.unwrap_or(DesiredTraffic {
            generation: 0,
            arms: Vec::new(),
            sticky: None,
            mirror: None,
            patience: Patience::default(),
        });
        next.generation += 1;
        next.arms.retain(|arm| !self.removed.contains(&arm.name));
        for (name, upstreams) in self.upstreams {
            match next.arms.iter_mut().find(|arm| arm.name == name) {
                Some(arm) => arm.upstreams = upstreams,
                None => next.arms.push(TrafficArm {
                    name,
                    version: String::new(),
                    upstreams,
                    protocol: Default::default(),
                    // The first arm has everything until weights are given.
                    weight: if next.arms.is_empty() {
                        WEIGHT_WHOLE
                    } else {
                        0
                    },
                }),
            }
        }
        for (name, version) in self.versions {
            arm(&mut next.arms, &name)?.version = version;
        }
        weigh(&mut next.arms, self.weights)?;
        self.sticky.apply(&mut next.sticky);
        self.mirror.apply(&mut next.mirror);
        next.check()?;
        Ok(next)
    }
}

fn weigh(arms: &mut [TrafficArm], weights: BTreeMap<String, u32>) -> Result<(), InvalidDesired> {
    if weights.is_empty() {
        return Ok(());
    }
    let given: u32 = weights
        .values()
        .fold(0, |sum, weight| sum.saturating_add(*weight));
    let mut rest: Vec<&mut TrafficArm> = Vec::new();
    for name in weights.keys() {
        arm(arms, name)?;
    }
    for arm in arms {
        match weights.get(&arm.name) {
            Some(weight) => arm.weight = *weight,
            None => rest.push(arm),
        }
    }
    if let [only] = rest.as_mut_slice() {
        only.weight = WEIGHT_WHOLE.saturating_sub(given);
    }
    Ok(())
}

fn arm<'a>(arms: &'a mut [TrafficArm], name: &str) -> Result<&'a mut TrafficArm, InvalidDesired> {
    let found = arms.iter_mut().find(|arm| arm.name == name);
    found.ok_or_else(|| InvalidDesired {
        pointer: "/arms".to_owned(),
        problem: format!("there is no arm {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> DesiredTraffic {
        let change = TrafficChange {
            upstreams: [
                ("baseline".to_owned(), vec!["127.0.0.1:1".to_owned()]),
                ("candidate".to_owned(), vec!["127.0.0.1:2".to_owned()]),
            ]
            .into(),
            ..TrafficChange::default()
        };
        change.of(None).unwrap()
    }

    fn weights(weights: &[(&str, u32)]) -> TrafficChange {
        let weights = weights
            .iter()
            .map(|(name, weight)| ((*name).to_owned(), *weight));
        TrafficChange {
            weights: weights.collect(),
            ..TrafficChange::default()
        }
    }

    #[test]
    fn the_first_arm_has_everything() {
        let first = first();
        let weights: Vec<_> = first
            .arms
            .iter()
            .map(|arm| (arm.name.as_str(), arm.weight))
            .collect();
        assert_eq!(weights, [("baseline", 10_000), ("candidate", 0)]);
        assert_eq!(first.generation, 1);
    }

    #[test]
    fn the_other_arm_gets_the_rest() {
        let next = weights(&[("candidate", 1_000)]).of(Some(first())).unwrap();
        assert_eq!(next.arm("baseline").unwrap().weight, 9_000);
        assert_eq!(next.generation, 2);
    }

    #[test]
    fn what_does_not_hold_is_refused() {
        for (change, problem) in [
            (weights(&[("other", 1)]), "/arms: there is no arm other"),
            (
                weights(&[("baseline", 1), ("candidate", 2)]),
                "/arms: the weights add up to 3, not to 10000",
            ),
            (
                weights(&[("candidate", 20_000)]),
                "/arms: the weights add up to 20000, not to 10000",
            ),
        ] {
            assert_eq!(change.of(Some(first())).unwrap_err().to_string(), problem);
        }
    }
}
