//! The words for how a thing looks: twelve basic colors and four patterns.
//!
//! The labels of the catalogue, the features seen in a picture and the words of a query all meet
//! in these two enums.

/// A basic color, as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Color {
    /// Red, scarlet, crimson.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green, from sage to bottle.
    Green,
    /// Blue, from sky to navy.
    Blue,
    /// Purple, violet.
    Purple,
    /// Pink.
    Pink,
    /// Brown.
    Brown,
    /// Black.
    Black,
    /// White.
    White,
    /// Gray.
    Gray,
    /// Beige, sand.
    Beige,
}

impl Color {
    /// Every color, in a fixed order.
    pub const ALL: [Self; 12] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::Brown,
        Self::Black,
        Self::White,
        Self::Gray,
        Self::Beige,
    ];

    /// The label used in the data files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
            Self::Brown => "brown",
            Self::Black => "black",
            Self::White => "white",
            Self::Gray => "gray",
            Self::Beige => "beige",
        }
    }

    /// The color with this label.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|color| color.label() == label)
    }

    /// The words, lower case, by which a shopper asks for this color.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Red => &["red", "scarlet", "crimson", "ruby", "burgundy"],
            Self::Orange => &["orange", "tangerine"],
            Self::Yellow => &["yellow", "mustard", "lemon"],
            Self::Green => &["green", "olive", "sage", "emerald"],
            Self::Blue => &["blue", "navy", "azure", "indigo"],
            Self::Purple => &["purple", "violet", "mauve", "lilac"],
            Self::Pink => &["pink", "rose", "blush"],
            Self::Brown => &["brown", "chestnut", "chocolate"],
            Self::Black => &["black"],
            Self::White => &["white"],
            Self::Gray => &["gray", "grey", "charcoal"],
            Self::Beige => &["beige", "sand", "cream", "ecru"],
        }
    }

    /// Typical shades in sRGB: pictures are drawn with them and seen colors are named after the
    /// nearest one.
    #[must_use]
    pub fn shades(self) -> &'static [[u8; 3]] {
        match self {
            Self::Red => &[[196, 30, 42], [170, 24, 34], [218, 46, 44]],
            Self::Orange => &[[238, 126, 28], [226, 108, 20]],
            Self::Yellow => &[[246, 208, 52], [236, 190, 40], [250, 222, 92]],
            Self::Green => &[[46, 128, 66], [98, 148, 92], [22, 92, 58]],
            Self::Blue => &[[38, 82, 164], [24, 44, 96], [86, 142, 206]],
            Self::Purple => &[[112, 58, 146], [142, 96, 176]],
            Self::Pink => &[[240, 152, 178], [232, 122, 158]],
            Self::Brown => &[[112, 70, 38], [134, 90, 54]],
            Self::Black => &[[28, 28, 30], [40, 38, 40]],
            Self::White => &[[248, 248, 244], [240, 240, 238]],
            Self::Gray => &[[134, 136, 140], [166, 168, 170]],
            Self::Beige => &[[222, 202, 166], [208, 186, 148]],
        }
    }
}

/// How color is laid out on a surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// One color.
    Plain,
    /// Parallel bands.
    Striped,
    /// Squares, or bands that cross.
    Checked,
    /// Separate spots on a ground.
    Dotted,
}

impl Pattern {
    /// Every pattern, in a fixed order.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Striped, Self::Checked, Self::Dotted];

    /// The label used in the data files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Striped => "striped",
            Self::Checked => "checked",
            Self::Dotted => "dotted",
        }
    }

    /// The pattern with this label.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|pattern| pattern.label() == label)
    }

    /// The words, lower case, by which a shopper asks for this pattern.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["plain", "solid", "unpatterned"],
            Self::Striped => &[
                "striped",
                "stripy",
                "stripe",
                "stripes",
                "pinstripe",
                "banded",
            ],
            Self::Checked => &[
                "checked",
                "check",
                "checks",
                "checkered",
                "plaid",
                "tartan",
                "gingham",
            ],
            Self::Dotted => &[
                "dotted", "dot", "dots", "polka", "spotted", "spotty", "spots",
            ],
        }
    }
}

/// What a query's word asks of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookWord {
    /// A color.
    Color(Color),
    /// A pattern.
    Pattern(Pattern),
}

/// Reads a lower-case word as a wish about the look, if it is one.
#[must_use]
pub fn read_look_word(word: &str) -> Option<LookWord> {
    let color = Color::ALL
        .into_iter()
        .find(|color| color.words().contains(&word));
    let pattern = Pattern::ALL
        .into_iter()
        .find(|pattern| pattern.words().contains(&word));
    color
        .map(LookWord::Color)
        .or(pattern.map(LookWord::Pattern))
}
