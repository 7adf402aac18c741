//! Files that real tools wrote: none is flagged, and what is not known in them is kept as a
//! snapshot.

use adjutant_supply::ScanVerdict;

use crate::hostile::{outline, scan_folder};

#[test]
fn no_ordinary_model_file_is_flagged_as_executable() {
    let reports = scan_folder("ordinary");
    assert!(reports.len() >= 20, "{}", reports.len());
    let flagged: Vec<&str> = reports
        .iter()
        .filter(|(_, report)| report.verdict == ScanVerdict::Executable)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(flagged, Vec::<&str>::new());
    insta::assert_snapshot!(outline(&reports));
}
