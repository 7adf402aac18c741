//! Two responses to one request: every path where they disagree, and how.

use crate::array;
use crate::number::{self, Numbers};
use crate::path::{PathId, Paths};
use crate::record::{Record, Value};
use crate::rules::ShadowRules;
use crate::tape::{self, Node, Shape};
use crate::text::{is_misencoded, likeness};

/// How two responses disagree at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ShadowKind {
    /// The candidate lacks what the baseline has.
    Missing,
    /// The value is of another type.
    Type,
    /// The same value is written in another way, or was read in a wrong encoding.
    Encoding,
    /// The number went through a type that holds fewer digits.
    Precision,
    /// The status differs.
    Status,
    /// The candidate has what the baseline lacks. Not a disagreement of what was answered before.
    Added,
    /// The array is longer or shorter.
    Length,
    /// The same elements stand in another order.
    Order,
    /// The number differs by more than its tolerance.
    Number,
    /// The text differs.
    Text,
    /// One is true and the other false.
    Truth,
}

impl ShadowKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Missing,
        Self::Type,
        Self::Encoding,
        Self::Precision,
        Self::Status,
        Self::Added,
        Self::Length,
        Self::Order,
        Self::Number,
        Self::Text,
        Self::Truth,
    ];

    /// Whether a single one fails the comparison, however rare: readers of the baseline break.
    pub fn is_structural_loss(self) -> bool {
        match self {
            Self::Missing | Self::Type | Self::Encoding | Self::Precision | Self::Status => true,
            Self::Added | Self::Length | Self::Order | Self::Number | Self::Text | Self::Truth => {
                false
            }
        }
    }

    /// Whether it counts into the rate of disagreement.
    pub fn is_disagreement(self) -> bool {
        self != Self::Added
    }
}

impl std::fmt::Display for ShadowKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Type => "another type",
            Self::Encoding => "another encoding",
            Self::Precision => "precision lost",
            Self::Status => "another status",
            Self::Added => "added",
            Self::Length => "another length",
            Self::Order => "another order",
            Self::Number => "another number",
            Self::Text => "another text",
            Self::Truth => "another truth",
        })
    }
}

/// One disagreement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Difference {
    pub(crate) path: PathId,
    pub(crate) kind: ShadowKind,
    /// Of numbers the relative difference, of texts one minus their likeness.
    pub(crate) size: Option<f64>,
}

/// What a comparison of two responses needs, and what it finds.
pub(crate) struct Walk<'a> {
    pub(crate) rules: &'a ShadowRules,
    pub(crate) paths: &'a mut Paths,
    pub(crate) found: &'a mut Vec<Difference>,
    /// How often something was not compared because a rule says so.
    pub(crate) ignored: &'a mut u64,
}

impl Walk<'_> {
    /// Compares status, headers and body.
    pub(crate) fn responses(&mut self, baseline: &Record, candidate: &Record) {
        if baseline.status().raw() != candidate.status().raw() {
            self.paths.begin("status");
            self.find(ShadowKind::Status, None);
        }
        self.headers(baseline.headers(), candidate.headers());
        self.paths.begin("body");
        match (baseline.body(), candidate.body()) {
            (Some(one), Some(other)) => self.bodies(one, other),
            (one, other) => self.presence(one.is_some(), other.is_some()),
        }
    }

    pub(crate) fn find(&mut self, kind: ShadowKind, size: Option<f64>) {
        if self.is_ignored() {
            return;
        }
        let path = self.paths.id();
        self.found.push(Difference { path, kind, size });
    }

    fn is_ignored(&mut self) -> bool {
        let is_ignored = self.rules.ignored.contains(self.paths.here());
        *self.ignored += u64::from(is_ignored);
        is_ignored
    }

    pub(crate) fn presence(&mut self, baseline: bool, candidate: bool) {
        match (baseline, candidate) {
            (true, false) => self.find(ShadowKind::Missing, None),
            (false, true) => self.find(ShadowKind::Added, None),
            (true, true) | (false, false) => {}
        }
    }

    /// Names of headers have no case; how the body is encoded is more than a text.
    fn headers(&mut self, baseline: Option<Value<'_>>, candidate: Option<Value<'_>>) {
        if let (Some(one), Some(other)) = (baseline, candidate)
            && one.raw() == other.raw()
        {
            return;
        }
        let list = |headers: Option<Value<'_>>| {
            let mut list: Vec<(String, Option<usize>)> = Vec::new();
            for (place, (name, _)) in headers.into_iter().flat_map(Value::members).enumerate() {
                list.push((name.text().to_lowercase(), Some(place)));
            }
            list
        };
        let value = |headers: Option<Value<'_>>, place: usize| -> Option<String> {
            let (_, value) = headers?.members().nth(place)?;
            Some(match value.shape() {
                Shape::Text { .. } => value.text().into_owned(),
                Shape::Null
                | Shape::True
                | Shape::False
                | Shape::Number
                | Shape::Array
                | Shape::Object => String::from_utf8_lossy(value.raw()).into_owned(),
            })
        };
        let (ours, mut theirs) = (list(baseline), list(candidate));
        self.paths.begin("headers");
        if self.is_ignored() {
            return;
        }
        for (name, place) in ours {
            let partner = theirs
                .iter_mut()
                .find(|(other, place)| *other == name && place.is_some())
                .and_then(|(_, place)| place.take());
            let one = place.and_then(|place| value(baseline, place));
            let other = partner.and_then(|place| value(candidate, place));
            let back = self.paths.enter_key(&name);
            match (one, other) {
                (Some(one), Some(other)) if one == other => {}
                (Some(one), Some(other)) => self.header(&name, &one, &other),
                (one, other) => self.presence(one.is_some(), other.is_some()),
            }
            self.paths.leave(back);
        }
        for (name, _) in theirs.iter().filter(|(_, place)| place.is_some()) {
            let back = self.paths.enter_key(name);
            self.find(ShadowKind::Added, None);
            self.paths.leave(back);
        }
    }

    fn header(&mut self, name: &str, baseline: &str, candidate: &str) {
        if matches!(name, "content-type" | "content-encoding") {
            self.find(ShadowKind::Encoding, None);
        } else {
            self.texts_differ(baseline, candidate);
        }
    }

    /// A body that was recorded as a text may be JSON itself; then that is compared.
    fn bodies(&mut self, baseline: Value<'_>, candidate: Value<'_>) {
        let (Shape::Text { .. }, Shape::Text { .. }) = (baseline.shape(), candidate.shape()) else {
            return self.values(baseline, candidate);
        };
        let (one, other) = (baseline.text(), candidate.text());
        if one == other {
            return;
        }
        let read = |text: &str| {
            let mut nodes: Vec<Node> = Vec::new();
            let is_document = text.trim_start().starts_with(['{', '[']);
            (is_document && tape::read(text.as_bytes(), &mut nodes).is_ok()).then_some(nodes)
        };
        match (read(&one), read(&other)) {
            (Some(ours), Some(theirs)) => {
                let whole = |text, nodes| Value {
                    bytes: <str>::as_bytes(text),
                    nodes,
                    at: 0,
                };
                self.values(whole(&one, &ours), whole(&other, &theirs));
            }
            (Some(_), None) | (None, Some(_)) => self.find(ShadowKind::Type, None),
            (None, None) => self.values(baseline, candidate),
        }
    }

    pub(crate) fn values(&mut self, baseline: Value<'_>, candidate: Value<'_>) {
        let (one, other) = (baseline.shape(), candidate.shape());
        let are_texts = matches!((one, other), (Shape::Text { .. }, Shape::Text { .. }));
        if baseline.raw() == candidate.raw() && (one == other || are_texts) {
            return;
        }
        if self.is_ignored() {
            return;
        }
        match (one, other) {
            (Shape::Object, Shape::Object) => self.objects(baseline, candidate),
            (Shape::Array, Shape::Array) => array::compare(self, baseline, candidate),
            (Shape::Number, Shape::Number) => self.numbers(baseline, candidate),
            (Shape::Text { .. }, Shape::Text { .. }) => {
                let (one, other) = (baseline.text(), candidate.text());
                if one != other {
                    self.texts_differ(&one, &other);
                }
            }
            (Shape::True, Shape::False) | (Shape::False, Shape::True) => {
                self.find(ShadowKind::Truth, None);
            }
            (Shape::Null, Shape::Null)
            | (Shape::True, Shape::True)
            | (Shape::False, Shape::False) => {}
            (_, _) => {
                // "12" for 12: the same value in other clothes.
                let is_same = baseline.raw() == candidate.raw();
                self.find(
                    if is_same {
                        ShadowKind::Encoding
                    } else {
                        ShadowKind::Type
                    },
                    None,
                );
            }
        }
    }

    fn numbers(&mut self, baseline: Value<'_>, candidate: Value<'_>) {
        let tolerance = self.rules.tolerances.get(self.paths.here()).copied();
        match number::compare(&baseline.text(), &candidate.text(), tolerance) {
            Numbers::Agree => {}
            Numbers::WrittenOtherwise => self.find(ShadowKind::Encoding, None),
            Numbers::Poorer => self.find(ShadowKind::Precision, None),
            Numbers::Differ(gap) => {
                self.find(ShadowKind::Number, gap.is_finite().then_some(gap));
            }
        }
    }

    fn texts_differ(&mut self, baseline: &str, candidate: &str) {
        if is_misencoded(baseline, candidate) {
            return self.find(ShadowKind::Encoding, None);
        }
        let alike = likeness(baseline, candidate);
        let wanted = self.rules.texts.get(self.paths.here());
        if wanted.is_none_or(|wanted| alike < *wanted) {
            self.find(ShadowKind::Text, Some(1.0 - alike));
        }
    }

    /// Keys have no order; a key that is there twice is matched twice.
    fn objects(&mut self, baseline: Value<'_>, candidate: Value<'_>) {
        let mut members = candidate.members();
        let mut in_order = true;
        let mut later: Option<KeyIndex<'_>> = None;
        for (place, (key, value)) in baseline.members().enumerate() {
            let name = key.text();
            let partner = if in_order {
                match members.next() {
                    Some((other, partner)) if other.raw() == key.raw() || other.text() == name => {
                        Some(partner)
                    }
                    Some(_) | None => {
                        in_order = false;
                        later
                            .get_or_insert_with(|| KeyIndex::of(candidate, place))
                            .take(&name)
                    }
                }
            } else {
                later.as_mut().and_then(|later| later.take(&name))
            };
            let differs = partner.is_none_or(|partner| {
                partner.raw() != value.raw() || partner.shape() != value.shape()
            });
            if differs {
                let back = self.paths.enter_key(&name);
                match partner {
                    Some(partner) => self.values(value, partner),
                    None => self.presence(true, false),
                }
                self.paths.leave(back);
            }
        }
        let rest: Vec<String> = match later {
            Some(later) => later.rest(),
            None => members.map(|(key, _)| key.text().into_owned()).collect(),
        };
        for name in rest {
            let back = self.paths.enter_key(&name);
            self.presence(false, true);
            self.paths.leave(back);
        }
    }
}

/// The members of an object that were not matched in order.
struct KeyIndex<'a> {
    members: std::collections::BTreeMap<String, std::collections::VecDeque<Value<'a>>>,
}

impl<'a> KeyIndex<'a> {
    fn of(object: Value<'a>, from: usize) -> Self {
        let mut members = std::collections::BTreeMap::new();
        for (key, value) in object.members().skip(from) {
            let same: &mut std::collections::VecDeque<_> =
                members.entry(key.text().into_owned()).or_default();
            same.push_back(value);
        }
        Self { members }
    }

    fn take(&mut self, name: &str) -> Option<Value<'a>> {
        self.members.get_mut(name)?.pop_front()
    }

    fn rest(self) -> Vec<String> {
        let each = |(name, values): (String, std::collections::VecDeque<_>)| {
            std::iter::repeat_n(name, values.len())
        };
        self.members.into_iter().flat_map(each).collect()
    }
}
