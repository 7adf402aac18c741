//! The few colors a picture is made of: k-means over its pixels in L*a*b*, then near-equal
//! colors, such as the folds of one cloth, are merged.

use super::lab::Lab;
use super::{Picture, SIDE};

/// Colors looked for before merging. Products of this shop have one or two, in up to three
/// degrees of shade.
const CLUSTERS: usize = 6;
/// Rounds of k-means. The centers stand still long before.
const ROUNDS: usize = 12;
/// Colors nearer than this are one color in different light (CIE76).
const SAME_COLOR_DISTANCE: f64 = 17.0;
/// Pixels with less alpha than this are background.
const OPAQUE_ALPHA: u8 = 128;

/// The colors of a picture and where they are.
#[derive(Clone, Debug)]
pub struct Palette {
    /// The colors with their share of the opaque pixels, most common first.
    pub colors: Vec<(Lab, f64)>,
    /// For each pixel the index of its color, or none for background.
    pub labels: Vec<Option<usize>>,
}

/// Finds the palette of a picture. It is empty when the picture is all background.
#[must_use]
pub fn find_palette(picture: &Picture) -> Palette {
    let points: Vec<Option<Lab>> = picture
        .pixels()
        .iter()
        .map(|&[r, g, b, alpha]| (alpha >= OPAQUE_ALPHA).then(|| Lab::from_srgb([r, g, b])))
        .collect();
    let mut centers = spread_centers(&points);
    for _ in 0..ROUNDS {
        centers = move_centers(&points, &centers);
    }
    let labels: Vec<Option<usize>> = points
        .iter()
        .map(|point| point.and_then(|point| nearest(&centers, point)))
        .collect();
    merge_near_colors(&centers, &labels)
}

/// Farthest-point start: the first opaque pixel, then always the pixel farthest from all centers.
fn spread_centers(points: &[Option<Lab>]) -> Vec<Lab> {
    let opaque: Vec<Lab> = points.iter().flatten().copied().collect();
    let mut centers: Vec<Lab> = opaque.first().copied().into_iter().collect();
    let mut distances = vec![f64::INFINITY; opaque.len()];
    while let Some(&latest) = centers.last() {
        if centers.len() == CLUSTERS {
            break;
        }
        for (distance, point) in distances.iter_mut().zip(&opaque) {
            *distance = distance.min(point.squared_distance(latest));
        }
        let farthest = distances
            .iter()
            .zip(&opaque)
            .max_by(|a, b| a.0.total_cmp(b.0));
        match farthest {
            Some((&distance, &point)) if distance > 0.0 => centers.push(point),
            Some(_) | None => break,
        }
    }
    centers
}

fn move_centers(points: &[Option<Lab>], centers: &[Lab]) -> Vec<Lab> {
    let mut moved: Vec<(Lab, f64)> = centers.iter().map(|&center| (center, 0.0)).collect();
    for &point in points.iter().flatten() {
        if let Some((mean, count)) = nearest(centers, point).and_then(|at| moved.get_mut(at)) {
            *mean = if *count == 0.0 {
                point
            } else {
                mean.blend(*count, point, 1.0)
            };
            *count += 1.0;
        }
    }
    moved.into_iter().map(|(mean, _count)| mean).collect()
}

fn nearest(centers: &[Lab], point: Lab) -> Option<usize> {
    let distance = |center: &Lab| center.squared_distance(point);
    let order = |a: &(usize, &Lab), b: &(usize, &Lab)| distance(a.1).total_cmp(&distance(b.1));
    centers
        .iter()
        .enumerate()
        .min_by(order)
        .map(|(index, _)| index)
}

/// Joins colors nearer than [`SAME_COLOR_DISTANCE`], the nearest pair first, and sorts by share.
fn merge_near_colors(centers: &[Lab], labels: &[Option<usize>]) -> Palette {
    let opaque = labels.iter().flatten().count();
    let mut groups: Vec<(Lab, f64, Vec<usize>)> = centers
        .iter()
        .enumerate()
        .map(|(index, &center)| {
            let count = labels
                .iter()
                .flatten()
                .filter(|&&label| label == index)
                .count();
            (center, count as f64 / opaque as f64, vec![index])
        })
        .filter(|(_, share, _)| *share > 0.0)
        .collect();
    while let Some((first, second)) = nearest_pair(&groups) {
        let (color, share, members) = groups.remove(second);
        if let Some(into) = groups.get_mut(first) {
            into.0 = into.0.blend(into.1, color, share);
            into.1 += share;
            into.2.extend(members);
        }
    }
    groups.sort_by(|a, b| b.1.total_cmp(&a.1));
    let group_of = |label: usize| groups.iter().position(|group| group.2.contains(&label));
    let labels = labels
        .iter()
        .map(|label| label.and_then(group_of))
        .collect();
    Palette {
        colors: groups
            .iter()
            .map(|&(color, share, _)| (color, share))
            .collect(),
        labels,
    }
}

/// The nearest two groups, the lower index first, if they are near enough to be one color.
fn nearest_pair(groups: &[(Lab, f64, Vec<usize>)]) -> Option<(usize, usize)> {
    let pairs = (0..groups.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    pairs
        .map(|(a, b)| (groups[a].0.squared_distance(groups[b].0), a, b))
        .filter(|(distance, _, _)| *distance < SAME_COLOR_DISTANCE.powi(2))
        .min_by(|x, y| x.0.total_cmp(&y.0))
        .map(|(_, a, b)| (a, b))
}

impl Palette {
    /// The label of the pixel at column x and row y, none for background and outside.
    #[must_use]
    pub fn label_at(&self, x: usize, y: usize) -> Option<usize> {
        if x < SIDE {
            self.labels.get(y * SIDE + x).copied().flatten()
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_of_one_cloth_are_one_color() {
        let picture = Picture::paint(|x, _| match x / 4 {
            0 => [0, 0, 0, 0],
            1..4 => [196, 30, 42, 255],
            4..6 => [184, 28, 40, 255],
            _ => [248, 248, 244, 255],
        });
        let palette = find_palette(&picture);
        let shares: Vec<i64> = palette
            .colors
            .iter()
            .map(|(_, share)| (share * 700.0).round() as i64)
            .collect();
        assert_eq!(shares, [500, 200]);
        assert_eq!(palette.label_at(0, 0), None);
        assert_eq!(palette.label_at(17, 3), Some(0));
    }

    #[test]
    fn an_empty_picture_has_no_colors() {
        let palette = find_palette(&Picture::paint(|_, _| [9, 9, 9, 0]));
        assert!(palette.colors.is_empty() && palette.labels.iter().all(Option::is_none));
    }
}
