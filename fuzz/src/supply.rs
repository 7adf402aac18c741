//! Model files, tokenizers, lockfiles and records of vulnerabilities: no bytes make a reader panic,
//! and every answer holds together.

use adjutant_supply::{
    ChangeWeight, Lockfile, OsvDatabase, ScanVerdict, align, audit, diff_models, diff_tokenizers,
    inspect_model, read_lockfile, read_tokenizer, scan_model,
};

/// A verdict is that of the worst finding.
pub fn check_scan(name: &str, bytes: &[u8]) {
    let report = scan_model(name, &bytes);
    let worst = report.findings.iter().map(|finding| finding.verdict).max();
    assert_eq!(report.verdict, worst.unwrap_or(ScanVerdict::Plain));
    assert!(report.findings.iter().all(|finding| finding.times > 0));
}

/// A header holds no change against itself.
pub fn check_header(name: &str, bytes: &[u8]) {
    match inspect_model(name, &bytes) {
        Ok(header) => assert_eq!(diff_models(&header, &header), []),
        Err(error) => assert!(!error.problem.is_empty()),
    }
}

/// A tokenizer holds no change against itself.
pub fn check_tokenizer(bytes: &[u8]) {
    for name in ["tokenizer.json", "vocab.txt", "merges.txt"] {
        if let Ok(tokenizer) = read_tokenizer(name, bytes) {
            assert_eq!(diff_tokenizers(&tokenizer, &tokenizer), []);
        }
    }
}

/// A lockfile holds no change against itself that weighs anything.
pub fn check_lockfile(name: &str, bytes: &[u8]) {
    if let Ok(lockfile) = read_lockfile(name, bytes) {
        let findings = align(&lockfile, &lockfile);
        let heavy = |weight: ChangeWeight| weight != ChangeWeight::Safe;
        assert!(!findings.iter().any(|finding| heavy(finding.weight)));
    }
}

/// A record is read or refused, and what was read can be asked.
pub fn check_osv(bytes: &[u8]) {
    let mut database = OsvDatabase::default();
    if database.add("record.json", bytes).is_ok() {
        let lockfile: Result<Lockfile, _> = read_lockfile("requirements.txt", b"a==1.0\n");
        if let Ok(lockfile) = lockfile {
            audit(&lockfile, &database);
        }
    }
}
