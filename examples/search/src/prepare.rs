//! Draws the pictures and writes the judgements from the labels, or checks that what is there is
//! what would be drawn and written.

use crate::arguments::PrepareSettings;
use crate::say;
use adjutant_example_search::catalogue::{picture_path, read_attributes};
use adjutant_example_search::judge::{read_queries, write_qrels};
use adjutant_example_search::picture::Picture;
use adjutant_example_search::picture::draw::draw;
use anyhow::{Context, Result, ensure};
use std::fs;

pub(crate) fn run(settings: &PrepareSettings) -> Result<()> {
    let data = &settings.data;
    let labels = read_attributes(data)?;
    let judgements = write_qrels(&read_queries(data)?, &labels);
    let qrels = data.join("judgements.qrels");
    if settings.check {
        let found = fs::read_to_string(&qrels).context("cannot read the judgements")?;
        ensure!(
            found == judgements,
            "{} is not what the rule gives",
            qrels.display()
        );
    } else {
        fs::create_dir_all(data.join("pictures")).context("cannot make the pictures' folder")?;
        fs::write(&qrels, judgements).context("cannot write the judgements")?;
    }
    for product in &labels {
        let path = picture_path(data, &product.id);
        let drawn = draw(product);
        if settings.check {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            // Pixels, not bytes: another version of the PNG writer may compress otherwise.
            let found = Picture::decode(&bytes).with_context(|| path.display().to_string())?;
            ensure!(
                found == drawn,
                "{} is not what the labels give",
                path.display()
            );
        } else {
            fs::write(&path, drawn.encode()?)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    let done = if settings.check { "checked" } else { "written" };
    say(&format!(
        "{} pictures and the judgements {done}",
        labels.len()
    ));
    Ok(())
}
