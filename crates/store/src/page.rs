//! Which records of a list are asked for.

use adjutant_domain::Subject;

use crate::value::Value;

/// A page of the records about subjects, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct SubjectPage<'a> {
    /// Only those about this subject.
    pub subject: Option<&'a Subject>,
    /// The number of the record before the page: 0 before the first.
    pub after: i64,
    /// The most records that it holds.
    pub most: u32,
}

impl<'a> SubjectPage<'a> {
    /// All records.
    pub fn whole(subject: Option<&'a Subject>) -> Self {
        Self {
            subject,
            after: 0,
            most: u32::MAX,
        }
    }

    /// The record of this number alone.
    pub fn of_one(id: i64) -> Self {
        Self {
            subject: None,
            after: id.saturating_sub(1),
            most: 1,
        }
    }

    /// What a query of the table that is called `table` ends with.
    pub(crate) fn condition(&self, table: &str) -> (String, Vec<Value>) {
        let mut parameters = vec![self.after.into()];
        let mut about = String::new();
        if let Some(subject) = self.subject {
            about = format!("AND {table}.subject = $2 ");
            parameters.push(subject.as_str().into());
        }
        parameters.push(i64::from(self.most).into());
        let most = parameters.len();
        let text = format!("WHERE {table}.id > $1 {about}ORDER BY {table}.id LIMIT ${most}");
        (text, parameters)
    }
}
