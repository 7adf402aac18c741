//! The answer of `adjutant shadow compare --format json`: how much more often recorded answers
//! disagree than the baseline with itself, what they lack, and what was not compared.

use adjutant_domain::{Absence, Data, Interval, Locator, Measurement, OwnMeasure, Scalar, Unit};

use super::{count, figure, says};
use crate::FormatError;
use crate::json::{self, Node};

const REMEDY: &str = "Give the file as `adjutant shadow compare --format json` wrote it.";
const FORMAT: &str = "adjutant-shadow-1";
/// Rounding of the two shares whose difference the excess is.
const ROUNDING: f64 = 1e-9;

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    says(head, FORMAT)
}

/// Reads `shadow_regression` with its interval, `shadow_losses`, `shadow_not_compared`, and what
/// the mirrored calls took where they say it.
///
/// # Errors
/// When it is no such answer, or it contradicts itself.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let format = root.need("format")?;
    if format.text()? != FORMAT {
        return Err(format.wrong(format!("this is not {FORMAT}"), REMEDY));
    }
    let losses = losses(&root)?;
    let mut not_compared = root.need("untold")?.count()?;
    for unpaired in ["unanswered", "unasked", "unmatched_again"] {
        let found = root.need(unpaired)?.need("count")?.count()?;
        not_compared = not_compared.saturating_add(found);
    }
    let outcome = root.need("outcome")?;
    if outcome.text()? == "PASS" && losses + not_compared > 0 {
        return Err(outcome.wrong("this contradicts what was lost or not compared", REMEDY));
    }
    let mut found = vec![
        regression(&root)?,
        count(OwnMeasure::ShadowLosses, &[], "/paths", losses)?,
        count(OwnMeasure::ShadowNotCompared, &[], "", not_compared)?,
    ];
    let account = root.need("mirrored_account")?;
    for (key, measure, unit) in [
        ("tokens", OwnMeasure::MirroredTokens, Unit::Tokens),
        ("cost", OwnMeasure::MirroredCost, Unit::One),
    ] {
        let Some(account) = account.get(key) else {
            continue;
        };
        let sum = account.need("sum")?;
        let (figure, n) = (figure(measure, unit, &[])?, account.need("n")?.count()?);
        found.push(figure.scalar(sum.locator(), "sum", sum.not_negative()?, Some(n)));
    }
    Ok(found)
}

/// At how many paths something that readers rely on is gone or of another kind.
fn losses(root: &Node<'_>) -> Result<u64, FormatError> {
    let mut losses = 0;
    for path in root.need("paths")?.items()? {
        let mut is_lost = false;
        for kind in path.need("kinds")?.items()? {
            let structural = kind.need("structural_loss")?;
            let is_structural = structural.value.as_bool();
            let is_structural =
                is_structural.ok_or_else(|| structural.wrong("this is no truth", REMEDY))?;
            is_lost |= is_structural && kind.need("pairs")?.count()? > 0;
        }
        losses += u64::from(is_lost);
    }
    Ok(losses)
}

/// The share of pairs that disagree anywhere, minus the noise floor.
fn regression(root: &Node<'_>) -> Result<Measurement, FormatError> {
    let whole = root.need("whole")?;
    let figure = figure(OwnMeasure::ShadowRegression, Unit::Ratio, &[])?;
    let place = Locator::Pointer("/whole/excess".to_owned());
    let counted = |key: &str| whole.need(key)?.count();
    let (pairs, noise_pairs) = (counted("pairs")?, counted("noise_pairs")?);
    let share = |key: &str, of: u64| -> Result<f64, FormatError> {
        let events = counted(key)?;
        if events > of {
            return Err(whole.wrong(format!("{events} of {of} pairs disagree"), REMEDY));
        }
        Ok(if of == 0 {
            0.0
        } else {
            events as f64 / of as f64
        })
    };
    let rise = share("disagreements", pairs)? - share("noise_disagreements", noise_pairs)?;
    let Some(excess) = whole.get("excess") else {
        if pairs > 0 {
            return Err(whole.wrong("there are pairs and no excess", REMEDY));
        }
        return Ok(figure.of(place, Data::Absent(Absence::EmptyResult)));
    };
    let value = excess.number()?;
    if (value - rise).abs() > ROUNDING {
        let problem = format!("the counts of pairs give {rise}");
        return Err(excess.wrong(problem, REMEDY));
    }
    let scalar = Scalar {
        statistic: "mean".to_owned(),
        value,
        interval: interval(root, &whole)?,
        n: Some(pairs),
    };
    Ok(figure.of(place, Data::Scalar(scalar)))
}

fn interval(root: &Node<'_>, whole: &Node<'_>) -> Result<Option<(Interval, f64)>, FormatError> {
    let Some(ends) = whole.get("interval") else {
        return Ok(None);
    };
    let confidence = root.need("confidence")?;
    let level = confidence.number()?;
    if !(level > 0.0 && level < 1.0) {
        return Err(confidence.wrong("this is no confidence between 0 and 1", REMEDY));
    }
    let numbers: Vec<f64> = ends
        .items()?
        .map(|end| end.number())
        .collect::<Result<_, _>>()?;
    let ordered = match numbers[..] {
        [low, high] => Interval::new(low, high).ok(),
        _ => None,
    };
    let interval = ordered.ok_or_else(|| ends.wrong("this is no interval", REMEDY))?;
    Ok(Some((interval, level)))
}

#[cfg(test)]
mod tests {
    use super::super::told::told;
    use super::*;

    /// `adjutant shadow compare` of two recordings of the bundled example's service, with a second
    /// recording of its baseline; `tokens` and `cost` were written into the lines by hand.
    const ANSWER: &str = include_str!("../../tests/fixtures/adjutant/shadow_compare.json");

    #[test]
    fn the_regression_comes_with_its_interval_and_with_what_was_lost_or_not_compared() {
        assert!(recognises(ANSWER.as_bytes(), "answer"));
        insta::assert_snapshot!(told(&read(ANSWER.as_bytes()).unwrap()).join("\n"));
    }

    #[test]
    fn without_a_pair_there_is_no_regression() {
        let mut answer: serde_json::Value = serde_json::from_str(ANSWER).unwrap();
        for key in [
            "pairs",
            "noise_pairs",
            "disagreements",
            "noise_disagreements",
        ] {
            answer["whole"][key] = 0.into();
        }
        answer["whole"]["excess"] = serde_json::Value::Null;
        let found = read(answer.to_string().as_bytes()).unwrap();
        assert_eq!(found[0].data, Data::Absent(Absence::EmptyResult));
    }

    #[test]
    fn an_answer_that_contradicts_itself_is_refused_with_the_place() {
        for (pointer, value, words) in [
            ("/format", "\"adjutant-shadow-0\"", "not adjutant-shadow-1"),
            ("/outcome", "\"PASS\"", "/outcome"),
            ("/whole/excess", "0.5", "/whole/excess"),
            ("/whole/excess", "null", "there are pairs and no excess"),
            ("/whole/interval", "[0.5, 0.1]", "/whole/interval"),
            ("/whole/interval", "[0.5]", "/whole/interval"),
            ("/whole/disagreements", "1000000", "/whole"),
            ("/confidence", "95", "/confidence"),
            ("/paths/0/kinds/0/structural_loss", "1", "structural_loss"),
        ] {
            let mut answer: serde_json::Value = serde_json::from_str(ANSWER).unwrap();
            *answer.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
            let error = read(answer.to_string().as_bytes()).unwrap_err();
            assert!(error.to_string().contains(words), "{pointer}: {error}");
        }
    }
}
