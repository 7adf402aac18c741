//! Which measurements a policy means.

use adjutant_domain::Labels;

/// Which measurements are meant, by label: every named label must match one of its globs.
/// `*` stands for any text, `?` for one character; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// Label and its globs.
    pub globs: Vec<(String, Vec<String>)>,
}

impl Selector {
    /// Whether the labels match. A label that is not there does not match.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.globs.iter().all(|(label, globs)| {
            labels
                .get(label)
                .is_some_and(|value| globs.iter().any(|glob| glob_matches(glob, value)))
        })
    }
}

/// Whether `text` matches `glob` wholly. Takes at most `glob x text` steps.
fn glob_matches(glob: &str, text: &str) -> bool {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (glob, text) = (letters(glob), letters(text));
    let (mut at_glob, mut at_text) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at_text < text.len() {
        match glob.get(at_glob) {
            Some('*') => {
                star = Some((at_glob, at_text));
                at_glob += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[at_text] => {
                at_glob += 1;
                at_text += 1;
            }
            Some(_) | None => match star {
                Some((star_glob, star_text)) => {
                    star = Some((star_glob, star_text + 1));
                    at_glob = star_glob + 1;
                    at_text = star_text + 1;
                }
                None => return false,
            },
        }
    }
    glob[at_glob..].iter().all(|&c| c == '*')
}
